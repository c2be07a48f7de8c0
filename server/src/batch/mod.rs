//! A data change in batches: a transaction a batch, and the cursor in the same transaction.
//!
//! Kill it anywhere: the batches that are committed have their cursor committed with them, the one under way is rolled
//! back by the server, and the next run goes on behind the last key.

use std::time::{Duration, Instant};

use planner::plan::digest::sha256_hex;
use planner::plan::{Batch, PlannedStatement, Step};
use planner::protocol::BatchProgress;

use crate::exit::{Exit, Failure};
use crate::failpoint;
use crate::journal::{Entry, EntryState, StepError};
use crate::run::{Runner, elapsed, retry, stopped, transactional};
use crate::target::{DbError, DbErrorKind};

/// Runs the step, or what is left of it.
///
/// # Errors
/// The first refusal that is not worth another try; a stop.
pub async fn run(runner: &mut Runner<'_>, step: &Step) -> Result<(), StepError> {
    let started = Instant::now();
    runner.target.prepare_step(step.lock_timeout_ms, step.statement_timeout_ms).await?;
    let Some((statement, batch)) = step.statements.iter().find_map(|it| it.batch.as_ref().map(|batch| (it, batch))) else {
        // A plan of ours never says so; then one transaction is right.
        return transactional::run(runner, step, None).await;
    };
    let mut walk = Walk::resume(runner, step, statement, batch).await?;
    let mut attempt = 1;
    loop {
        let began = Instant::now();
        match walk.next(runner, step, started).await {
            Ok(Position::End) => return Ok(()),
            Ok(Position::More) => attempt = 1,
            Err(StepError::Db(error)) if error.kind == DbErrorKind::Transient && attempt < retry::ATTEMPTS => {
                runner.target.rollback().await;
                walk.rewind();
                retry::wait(runner, step, attempt, &error).await.map_err(StepError::Stop)?;
                attempt += 1;
                continue;
            }
            Err(error) => return Err(error),
        }
        let progress = walk.progress(elapsed(began));
        runner.recorder.batch(progress).await;
        if runner.stop.asked() {
            return Err(StepError::Stop(stopped(&format!("after batch {} of step {}", walk.entry.batches, step.id))));
        }
        runner.stop.sleep(Duration::from_millis(batch.pause_ms.into())).await;
    }
}

enum Position {
    More,
    End,
}

/// The walk along the key.
struct Walk<'a> {
    statement: &'a PlannedStatement,
    batch: &'a Batch,
    /// Last committed key.
    cursor: Option<Vec<String>>,
    /// The journal row as it will be written next.
    entry: Entry,
    /// The journal row as it was committed last.
    committed: Entry,
}

impl<'a> Walk<'a> {
    async fn resume(
        runner: &mut Runner<'_>,
        step: &Step,
        statement: &'a PlannedStatement,
        batch: &'a Batch,
    ) -> Result<Self, StepError> {
        // The cursor belongs to the change, not to the size of its batches.
        let hash = sha256_hex(statement.sql.as_bytes());
        let fresh = Entry {
            step: step.id.clone(),
            statement: statement.id.clone(),
            migration: step.migration.0.clone(),
            state: EntryState::Batch,
            hash: hash.clone(),
            cursor: None,
            rows: 0,
            batches: 0,
        };
        let entry = match runner.journal.entry(runner.target, &step.id, &statement.id).await? {
            Some(found) if found.state == EntryState::Batch && found.hash == hash => found,
            Some(found) if found.state == EntryState::Batch => return Err(StepError::Stop(changed(statement))),
            _ => fresh,
        };
        let cursor = match &entry.cursor {
            Some(text) => Some(serde_json::from_str(text).map_err(|error| {
                DbError::other(format!("the stored cursor {text} of {} cannot be read: {error}", statement.id))
            })?),
            None => None,
        };
        Ok(Self { statement, batch, cursor, committed: entry.clone(), entry })
    }

    /// One batch, or the end.
    async fn next(&mut self, runner: &mut Runner<'_>, step: &Step, started: Instant) -> Result<Position, StepError> {
        runner.target.begin().await?;
        runner.journal.fence(runner.target).await?;
        let Some(bound) = self.bound(runner).await.map_err(|error| transactional::located(error, self.statement))? else {
            return self.last(runner, step, started).await;
        };
        let of = |key: &[String]| self.batch.parameters(key, runner.target.dialect());
        let (sql, parameters) = match &self.cursor {
            Some(cursor) => (&self.batch.batch_sql, [of(cursor), of(&bound)].concat()),
            None => (&self.batch.first_batch_sql, of(&bound)),
        };
        failpoint::reach("batch.before");
        let sent = runner.target.execute_with(sql, &parameters).await;
        self.entry.rows += sent.map_err(|error| transactional::located(error, self.statement))?;
        failpoint::reach("batch.after");
        self.entry.batches += 1;
        self.entry.cursor = Some(serde_json::to_string(&bound).map_err(|error| DbError::other(error.to_string()))?);
        runner.journal.put(runner.target, &self.entry).await?;
        failpoint::reach("batch.commit.before");
        runner.target.commit().await?;
        failpoint::reach("batch.commit.after");
        self.cursor = Some(bound);
        self.committed = self.entry.clone();
        Ok(Position::More)
    }

    /// Everything behind the cursor, journal and history: the last transaction.
    async fn last(&mut self, runner: &mut Runner<'_>, step: &Step, started: Instant) -> Result<Position, StepError> {
        let sent = match &self.cursor {
            Some(cursor) => {
                let parameters = self.batch.parameters(cursor, runner.target.dialect());
                runner.target.execute_with(&self.batch.last_sql, &parameters).await
            }
            None => runner.target.execute_with(&self.batch.only_sql, &[]).await,
        };
        self.entry.rows += sent.map_err(|error| transactional::located(error, self.statement))?;
        self.entry.batches += 1;
        self.entry.state = EntryState::Done;
        runner.journal.put(runner.target, &self.entry).await?;
        runner.finish(step, started).await?;
        failpoint::reach("commit.before");
        runner.target.commit().await?;
        failpoint::reach("commit.after");
        Ok(Position::End)
    }

    /// The last key of the next batch; `None`: fewer rows than a batch are left.
    async fn bound(&self, runner: &mut Runner<'_>) -> Result<Option<Vec<String>>, DbError> {
        let (sql, cursor) = match &self.cursor {
            Some(cursor) => (&self.batch.bound_sql, self.batch.parameters(cursor, runner.target.dialect())),
            None => (&self.batch.first_bound_sql, Vec::new()),
        };
        let count = self.batch.bound_parameter(runner.target.dialect());
        let Some(row) = runner.target.row_with(sql, &cursor, count).await? else { return Ok(None) };
        let key: Option<Vec<String>> = row.into_iter().collect();
        key.map(Some).ok_or_else(|| DbError::other(format!("the key of {} is NULL in some row", self.batch.table)))
    }

    /// Forgets the batch that was rolled back.
    fn rewind(&mut self) {
        self.entry = self.committed.clone();
    }

    fn progress(&self, last_ms: u64) -> BatchProgress {
        let left = self.batch.batches.map(|batches| batches.saturating_sub(self.entry.batches));
        let each = last_ms.saturating_add(self.batch.pause_ms.into());
        BatchProgress {
            statement: self.statement.id.clone(),
            batch: self.entry.batches,
            batches: self.batch.batches,
            rows: self.entry.rows,
            last_ms,
            eta_ms: left.map(|left| (left.saturating_mul(each) / 10 * 8, left.saturating_mul(each) / 10 * 15)),
        }
    }
}

fn changed(statement: &PlannedStatement) -> Failure {
    Failure::new(
        Exit::Stale,
        format!(
            "{}:{}: some batches of this statement are done, and it is not the one that ran.",
            statement.file, statement.line
        ),
        "Put the file back to what it was, let the step finish, and make the change a new migration.",
    )
}
