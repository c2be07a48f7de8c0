//! The end of a step: what the journal and the history say of it, in its last transaction.

use std::time::Instant;

use planner::plan::{Step, TransactionMode};

use crate::failpoint;
use crate::history::Ran;
use crate::journal::{Entry, EntryState, StepError};
use crate::run::{Runner, drift, elapsed, transactional};
use crate::target::{Bookkeeping, Closed, Opened};

impl Runner<'_> {
    /// The end of a step, inside its last transaction: journal and history.
    pub(crate) async fn finish(&mut self, step: &Step, started: Instant) -> Result<(), StepError> {
        failpoint::reach("journal.before");
        let ours = self.journal_statements(step);
        if let Some(history) = &step.history {
            if step.transaction == TransactionMode::Autocommit {
                self.history.forget_failure(self.target, history).await?;
            }
            self.history.write(self.target, history, Ran { duration_ms: elapsed(started), success: true }).await?;
            failpoint::reach("history.after");
        }
        for statement in ours {
            self.target.execute(&statement.sql()).await?;
        }
        failpoint::reach("journal.after");
        if self.careful || step.history.is_none() {
            drift::note(self, &step.migration.0).await?;
        }
        Ok(())
    }

    /// [`Self::finish`] and COMMIT, in one message where the product takes several statements in one, and the beginning
    /// of the `next` step with it.
    pub(crate) async fn close(
        &mut self,
        step: &Step,
        started: Instant,
        opened: &Opened,
        next: Option<&Step>,
    ) -> Result<Closed, StepError> {
        let ran = Ran { duration_ms: elapsed(started), success: true };
        let mut ours = self.journal_statements(step);
        if let Some(history) = &step.history {
            match self.history.write_statement(self.target, history, ran) {
                Some(statement) => ours.push(statement),
                // Written with a look at the rows, so in messages of its own, and inside the transaction or not at all.
                None if self.target.transaction_id().await? != opened.transaction => return Ok(Closed::ByItself),
                None => self.history.write(self.target, history, ran).await?,
            }
        }
        failpoint::reach("journal.before");
        if self.careful || step.history.is_none() {
            // It reads and writes in messages of its own: inside the transaction or not at all.
            if self.target.transaction_id().await? != opened.transaction {
                return Ok(Closed::ByItself);
            }
            drift::note(self, &step.migration.0).await?;
        }
        let next = next.map(|next| transactional::opening(self, next));
        Ok(self.target.close_step(opened, &ours, next.as_ref()).await?)
    }

    /// The statements of the journal at the end of a step.
    fn journal_statements(&mut self, step: &Step) -> Vec<Bookkeeping> {
        let state = if step.history.is_some() { EntryState::Recorded } else { EntryState::Done };
        let mut ours = vec![self.journal.put_statement(self.target, &entry(step, state, None))];
        if state == EntryState::Recorded {
            ours.extend(self.journal.record_statement(self.target, &step.migration.0));
        }
        ours
    }
}

/// The journal's row of a step as a whole.
pub(super) fn entry(step: &Step, state: EntryState, cursor: Option<String>) -> Entry {
    Entry {
        step: step.id.clone(),
        statement: String::new(),
        migration: step.migration.0.clone(),
        state,
        hash: String::new(),
        cursor,
        rows: 0,
        batches: 0,
    }
}
