//! A step that did not get through: what is left of it, what is recorded of it, and what people are told.

use std::time::Instant;

use planner::plan::{HistoryEntry, Step, TransactionMode};

use crate::exit::{Exit, Failure};
use crate::history::Ran;
use crate::journal::{EntryState, StepError};
use crate::run::{Runner, elapsed, finish};
use crate::target::DbErrorKind;

impl Runner<'_> {
    /// Leaves the database as a person expects to find it, and says what happened.
    pub(super) async fn failed(&mut self, step: &Step, started: Instant, error: StepError) -> Failure {
        self.target.rollback().await;
        let error = match error {
            StepError::Stop(failure) => return failure,
            StepError::Db(error) => error,
        };
        if error.kind == DbErrorKind::ConnectionLost {
            return Failure::new(
                Exit::Stopped,
                format!("Step {} stopped: the connection to the database was lost ({error}).", step.id),
                "Nothing is known about the statement under way. Run again: what is done is found in the journal and the catalog.",
            );
        }
        if step.transaction == TransactionMode::Transactional {
            let failure = Failure::failed(
                format!("Step {} failed and was rolled back: {error}.", step.id),
                "Nothing of this step is left in the database. Mend the migration and run again.",
            )
            .of(&error);
            return self.after_step_failure(failure).await;
        }
        let recorded = self.record_failure(step, started).await;
        let failure = Failure::failed(
            format!("Step {} failed part-way: {error}.{recorded}", step.id),
            "What ran before the failing statement stays. Mend the cause, then run again: it goes on from the failing statement; \
             `flightplan rollback --failed` takes back what is done.",
        )
        .of(&error);
        self.after_step_failure(failure).await
    }

    /// Flyway writes a row with `success = false` for what it cannot take back, and so do we; the journal notes which row
    /// that is, so that a failure of Flyway's own is not taken for ours.
    async fn record_failure(&mut self, step: &Step, started: Instant) -> String {
        let Some(entry) = &step.history.as_ref().and_then(as_failed) else { return String::new() };
        let ran = Ran { duration_ms: elapsed(started), success: false };
        let written = async {
            self.target.begin().await?;
            self.journal.fence(self.target).await?;
            self.history.forget_failure(self.target, entry).await?;
            self.history.write(self.target, entry, ran).await?;
            let seen = self.history.failure(self.target, &step.migration.0).await?;
            self.journal.put(self.target, &finish::entry(step, EntryState::Failed, seen)).await?;
            self.target.commit().await?;
            Ok::<(), StepError>(())
        };
        match written.await {
            Ok(()) => String::new(),
            Err(_) => {
                self.target.rollback().await;
                " The failure could not be recorded in the history either.".to_owned()
            }
        }
    }
}

/// The row of a failure. A failed DELETE row says nothing to anybody: Flyway takes it for done and goes on over a database
/// that is half taken back. A failed row of the version itself stops Flyway and us until `undo` gets through, or `repair`.
///
/// `None`: what was half applied has its row already.
fn as_failed(entry: &HistoryEntry) -> Option<HistoryEntry> {
    match entry.clone() {
        HistoryEntry::Flyway { version, description, kind, script, checksum } if kind == "DELETE" => {
            Some(HistoryEntry::Flyway { version, description, kind: "SQL".to_owned(), script, checksum })
        }
        HistoryEntry::Forget { .. } => None,
        other => Some(other),
    }
}
