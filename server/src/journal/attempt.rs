//! Whether the last run said how it ended, and how often in a row one was cut off at the same place.
//!
//! One row of the journal a history table, with the place where the run began; it is emptied when the run has said how it
//! ended. A run that was killed, or lost its database, leaves it behind. The next one is at the same place where neither
//! a statement nor a batch was committed between the two; what ends runs there may do so again and take the server with it.
//!
//! A run that the next one follows within [`SHORT`] counts for nothing: it cannot have been long at anything, and whoever
//! kills runs in a row at random moments, to see that none does harm, is not held up.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use planner::migration::MigrationId;
use planner::plan::{Plan, Step};

use super::{Entry, EntryState, Journal};
use crate::exit::{Exit, Failure, Outcome};
use crate::target::{DbError, Target};

/// Runs that may be cut off at one place in a row.
pub const CRASHES: u64 = 2;

/// A run that was over within this time is not counted.
const SHORT: Duration = Duration::from_secs(2);

/// Name of the row.
const ATTEMPT: &str = "attempt";

/// A place where no run begins any more until a person has said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// The step.
    pub step: String,
    /// Its migration.
    pub migration: MigrationId,
}

impl Journal {
    /// How many runs in a row were cut off where a plan begins or goes on. Nothing is written.
    ///
    /// # Errors
    /// [`Exit::Stopped`] where there were [`CRASHES`]; the server's refusal.
    pub async fn crashes(&self, target: &mut Target, plan: &Plan) -> Outcome<u64> {
        let Some(first) = plan.steps.first() else { return Ok(0) };
        let progress = self.progress(target, &first.id).await?;
        let crashes = match self.cut_off(target).await? {
            Some(before) if before.step == first.id && before.progress == progress => before.counted(),
            // It got on in the step before it was cut off.
            Some(before) if before.step == first.id => 0,
            Some(before) => CutOff { crashes: 0, ..before }.counted(),
            None => 0,
        };
        if crashes >= CRASHES {
            return Err(quarantined(first));
        }
        Ok(crashes)
    }

    /// Notes that a run of a plan begins, or goes on. Runs under the lock, in the caller's transaction.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn begin_attempt(&mut self, target: &mut Target, plan: &Plan, crashes: u64) -> Result<(), DbError> {
        let (Some(first), Some(last)) = (plan.steps.first(), plan.steps.last()) else { return Ok(()) };
        let progress = self.progress(target, &first.id).await?;
        self.put(target, &row(first, last, &progress, crashes)).await
    }

    /// Notes that the run of this epoch has said how it ended. A run that was taken over changes nothing.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn end_attempt(&self, target: &mut Target) -> Result<(), DbError> {
        target.begin().await?;
        self.close_attempt(target, &format!(" AND epoch = {}", self.epoch)).await?;
        target.commit().await
    }

    /// Lets the next run begin where others were cut off. Runs under the lock, in the caller's transaction.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn release(&self, target: &mut Target) -> Result<(), DbError> {
        self.close_attempt(target, "").await
    }

    /// The place in quarantine, if there is one.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn quarantine(&self, target: &mut Target) -> Result<Option<Quarantine>, DbError> {
        if !self.exists(target).await? {
            return Ok(None);
        }
        let Some(before) = self.cut_off(target).await?.filter(|before| before.counted() >= CRASHES) else { return Ok(None) };
        let same = self.progress(target, &before.step).await? == before.progress;
        Ok(same.then_some(Quarantine { step: before.step, migration: MigrationId(before.migration) }))
    }

    async fn close_attempt(&self, target: &mut Target, condition: &str) -> Result<(), DbError> {
        let (table, cursor) = (target.quoted(&self.journal), target.quoted_bare("cursor"));
        let own = self.own(target);
        target.execute(&format!("UPDATE {table} SET {cursor} = NULL WHERE {own}{condition}")).await.map(drop)
    }

    fn own(&self, target: &Target) -> String {
        format!("history = {} AND step = '' AND statement = '{ATTEMPT}'", target.literal(&self.history))
    }

    /// The run before, where it did not say how it ended. One whose last step is recorded had nothing left to do.
    async fn cut_off(&self, target: &mut Target) -> Result<Option<CutOff>, DbError> {
        let found = self.all(target, &format!("step = '' AND statement = '{ATTEMPT}'")).await?;
        let Some(row) = found.into_iter().find(|row| row.cursor.is_some()) else { return Ok(None) };
        let cursor = row.cursor.unwrap_or_default();
        let mut lines = cursor.lines().map(str::to_owned);
        let mut next = || lines.next().unwrap_or_default();
        let (step, progress, last) = (next(), next(), next());
        let began = next().parse().unwrap_or_default();
        let table = target.quoted(&self.journal);
        let finished = format!(
            "SELECT 1 FROM {table} WHERE history = {} AND step = {} AND statement = '' AND state = 'recorded' \
             AND epoch = (SELECT epoch FROM {table} WHERE {})",
            target.literal(&self.history),
            target.literal(&last),
            self.own(target)
        );
        let over = !target.rows(&finished).await?.is_empty();
        Ok((!over).then_some(CutOff { step, progress, migration: row.migration, began, crashes: row.rows }))
    }

    /// What is committed of a step: statements and batches.
    async fn progress(&self, target: &mut Target, step: &str) -> Result<String, DbError> {
        let left = self.step(target, step).await?;
        let done = left.iter().filter(|entry| entry.state == EntryState::Done).count();
        let batches: u64 = left.iter().map(|entry| entry.batches).sum();
        Ok(format!("{done} {batches}"))
    }
}

/// A run that did not say how it ended.
struct CutOff {
    /// Where it began.
    step: String,
    progress: String,
    migration: String,
    /// Milliseconds since 1970; 0 is not known.
    began: u64,
    /// Runs cut off there before it.
    crashes: u64,
}

impl CutOff {
    /// Runs cut off there, this one included where it can have lasted.
    fn counted(&self) -> u64 {
        let lasted = u128::from(now().saturating_sub(self.began)) >= SHORT.as_millis();
        self.crashes + u64::from(lasted)
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn row(first: &Step, last: &Step, progress: &str, crashes: u64) -> Entry {
    Entry {
        step: String::new(),
        statement: ATTEMPT.to_owned(),
        migration: first.migration.0.clone(),
        // What is not recorded belongs to a migration that is not finished.
        state: EntryState::Recorded,
        hash: String::new(),
        cursor: Some(format!("{}\n{progress}\n{}\n{}", first.id, last.id, now())),
        rows: crashes,
        batches: 0,
    }
}

fn quarantined(step: &Step) -> Failure {
    let (id, migration) = (&step.id, &step.migration);
    Failure::new(
        Exit::Stopped,
        format!(
            "Step {id} is in quarantine: {CRASHES} runs in a row were cut off in it (killed, or their connection lost) \
             without getting any further. Nothing was changed."
        ),
        format!(
            "See what ended them (`flightplan doctor`, `flightplan runs show`, the server's log), then let it run again:\n  \
             flightplan resolve {migration} --as again --by NAME --reason \"…\""
        ),
    )
}
