//! A step outside a transaction: each statement stands for itself, with its outcome in the journal.
//!
//! A statement the server takes inside a transaction runs in one together with its journal row: its outcome is exact.
//! For the others an intent is written before and the outcome after; what happened between the two is found out by a
//! look at the catalog ([`super::probe`], [`super::witness`]). A run that goes on begins behind the last statement that
//! is done, with the session as that statement left it ([`super::session`]).

use std::collections::BTreeMap;
use std::time::Instant;

use planner::plan::canonical::sha256_hex;
use planner::plan::{PlannedStatement, Step};

use crate::exit::{Exit, Failure};
use crate::failpoint;
use crate::journal::{Entry, EntryState, StepError};
use crate::run::manner::{Manner, Manners};
use crate::run::probe::{self, Finding};
use crate::run::{Runner, drift, session, transactional, witness};
use crate::target::Target;

/// Runs the step, or what is left of it.
///
/// # Errors
/// The first refusal; an outcome nobody can know; a statement that changed since it ran.
pub async fn run(runner: &mut Runner<'_>, step: &Step) -> Result<(), StepError> {
    let started = Instant::now();
    runner.target.prepare_step(step.lock_timeout_ms, step.statement_timeout_ms).await?;
    let mut progress = Progress::of(runner, step).await?;
    let mut manners = Manners::of(runner.target.dialect());
    for statement in &step.statements {
        match manners.next(statement) {
            Manner::Session => transactional::send(runner, statement).await?,
            Manner::Lock => lock(runner, statement).await?,
            _ if progress.is_done(runner, step, statement).await? => {}
            Manner::Exact => exact(runner, step, statement, progress.keeps).await?,
            Manner::Within => within(runner, step, statement, progress.keeps).await?,
            Manner::Alone => alone(runner, step, statement, progress.keeps).await?,
        }
    }
    failpoint::reach("finish.before");
    runner.target.release_tables().await?;
    runner.target.begin().await?;
    runner.journal.fence(runner.target).await?;
    runner.finish(step, started).await?;
    failpoint::reach("commit.before");
    runner.target.commit().await?;
    failpoint::reach("commit.after");
    Ok(())
}

/// How far earlier attempts came.
struct Progress {
    /// SHA-256 and session of the statements that are done.
    done: BTreeMap<String, Entry>,
    /// The last of them in the script.
    last: Option<String>,
    /// What the newest of those passed left in the session.
    kept: Option<String>,
    /// Whether sessions are kept.
    keeps: bool,
}

impl Progress {
    /// Reads the journal and settles every outcome that is not known.
    async fn of(runner: &mut Runner<'_>, step: &Step) -> Result<Self, StepError> {
        let keeps = session::keeps(runner.target, step);
        let mut done = BTreeMap::new();
        for found in runner.journal.step(runner.target, &step.id).await? {
            let statement = step.statements.iter().find(|statement| statement.id == found.statement);
            let settled = match found.state {
                EntryState::Done => Some(found),
                EntryState::Intent | EntryState::Failed | EntryState::Batch => settle(runner, step, statement, found).await?,
                EntryState::Recorded => None,
            };
            let Some(entry) = settled else { continue };
            if statement.is_none_or(|statement| sha256_hex(statement.sql.as_bytes()) != entry.hash) {
                return Err(StepError::Stop(changed(step, statement)));
            }
            done.insert(entry.statement.clone(), entry);
        }
        let (before, left): (Vec<_>, Vec<_>) = step.statements.iter().partition(|statement| done.contains_key(&statement.id));
        session::refuse_lost(&before, &left)?;
        let last = before.last().map(|statement| statement.id.clone());
        Ok(Self { done, last, kept: None, keeps })
    }

    /// Whether the statement is done; behind the last that is, the session is put back to what it was there.
    async fn is_done(&mut self, runner: &mut Runner<'_>, step: &Step, statement: &PlannedStatement) -> Result<bool, StepError> {
        let Some(entry) = self.done.get(&statement.id) else { return Ok(false) };
        // A schema change that was settled by the catalog left the session as it was.
        self.kept = entry.cursor.clone().or_else(|| self.kept.take());
        if let (true, Some(kept)) = (self.last.as_ref() == Some(&statement.id), &self.kept) {
            let left: Vec<_> = step.statements.iter().filter(|statement| !self.done.contains_key(&statement.id)).collect();
            session::restore(runner.target, kept, &left).await?;
        }
        Ok(true)
    }
}

fn entry(step: &Step, statement: &PlannedStatement, state: EntryState, cursor: Option<String>) -> Entry {
    Entry {
        step: step.id.clone(),
        statement: statement.id.clone(),
        migration: step.migration.0.clone(),
        state,
        hash: sha256_hex(statement.sql.as_bytes()),
        cursor,
        rows: 0,
        batches: 0,
    }
}

/// What became of a statement that an earlier attempt began: its entry if it is done, `None` if it has to run.
async fn settle(
    runner: &mut Runner<'_>,
    step: &Step,
    statement: Option<&PlannedStatement>,
    found: Entry,
) -> Result<Option<Entry>, StepError> {
    if matches!(runner.target, Target::MySql(_)) && found.state == EntryState::Failed {
        // The server said no, and a refused statement leaves nothing there.
        return Ok(None);
    }
    let done = Entry { state: EntryState::Done, cursor: None, ..found.clone() };
    if let Some(changed) = witness::changed(runner.target, found.cursor.as_deref()).await? {
        if !changed {
            return Ok(None);
        }
        runner.journal.put(runner.target, &done).await?;
        return Ok(Some(done));
    }
    let Some(statement) = statement else { return Err(StepError::Stop(changed(step, None))) };
    match probe::look(runner.target, &statement.sql).await? {
        Finding::Applied => {
            runner.journal.put(runner.target, &done).await?;
            Ok(Some(done))
        }
        Finding::Absent => Ok(None),
        Finding::Invalid { drop } => {
            runner.target.execute(&drop).await?;
            Ok(None)
        }
        // The server said no: it did not happen.
        Finding::Unknown { .. } if found.state == EntryState::Failed => Ok(None),
        Finding::Unknown { check } => Err(StepError::Stop(Failure::new(
            Exit::Stopped,
            format!(
                "{}:{}: an earlier run ended while this statement was under way, and the catalog cannot tell whether it got through:\n  {}",
                statement.file, statement.line, statement.sql
            ),
            check,
        ))),
    }
}

fn changed(step: &Step, statement: Option<&PlannedStatement>) -> Failure {
    let message = match statement {
        Some(statement) => format!(
            "{}:{}: step {} ran in part, and this statement, which is done, is not the one that ran.",
            statement.file, statement.line, step.id
        ),
        None => format!("Step {} ran in part, and a statement that is done is not in the file any more.", step.id),
    };
    Failure::new(
        Exit::Stale,
        message,
        "Put what is done back to what it was, let the step finish, and make the change a new migration.",
    )
}

/// A transaction around statement and outcome.
async fn exact(runner: &mut Runner<'_>, step: &Step, statement: &PlannedStatement, keeps: bool) -> Result<(), StepError> {
    runner.target.begin().await?;
    runner.journal.fence(runner.target).await?;
    failpoint::reach("statement.before");
    transactional::send(runner, statement).await?;
    failpoint::reach("statement.after");
    put_done(runner, step, statement, keeps).await?;
    failpoint::reach("outcome.before");
    runner.target.commit().await?;
    failpoint::reach("outcome.after");
    Ok(())
}

/// Statement and outcome in the transaction the author opened, and commits or not.
async fn within(runner: &mut Runner<'_>, step: &Step, statement: &PlannedStatement, keeps: bool) -> Result<(), StepError> {
    runner.journal.fence(runner.target).await?;
    failpoint::reach("statement.before");
    transactional::send(runner, statement).await?;
    failpoint::reach("statement.after");
    put_done(runner, step, statement, keeps).await?;
    failpoint::reach("outcome.after");
    Ok(())
}

/// Intent, statement, outcome.
async fn alone(runner: &mut Runner<'_>, step: &Step, statement: &PlannedStatement, keeps: bool) -> Result<(), StepError> {
    failpoint::reach("intent.before");
    runner.journal.fence(runner.target).await?;
    let seen = witness::before(runner.target, &statement.sql).await?;
    runner.journal.put(runner.target, &entry(step, statement, EntryState::Intent, seen)).await?;
    failpoint::reach("statement.before");
    let sent = transactional::send(runner, statement).await;
    failpoint::reach("statement.after");
    if let Err(error) = sent {
        // Closes what the author opened; where nothing is open it does nothing.
        runner.target.rollback().await;
        runner.journal.put(runner.target, &entry(step, statement, EntryState::Failed, None)).await?;
        return Err(error.into());
    }
    put_done(runner, step, statement, keeps).await?;
    failpoint::reach("outcome.after");
    Ok(())
}

async fn put_done(runner: &mut Runner<'_>, step: &Step, statement: &PlannedStatement, keeps: bool) -> Result<(), StepError> {
    let kept = if keeps { session::keep(runner.target).await? } else { None };
    // Reading a schema takes MySQL and MariaDB long, where every migration runs this way.
    if runner.careful || (step.statements.len() > 1 && !matches!(runner.target, Target::MySql(_))) {
        drift::note(runner, &step.migration.0).await?;
    }
    Ok(runner.journal.put(runner.target, &entry(step, statement, EntryState::Done, kept)).await?)
}

/// `LOCK TABLES` bars everything it does not name, so the journal is named too.
async fn lock(runner: &mut Runner<'_>, statement: &PlannedStatement) -> Result<(), StepError> {
    let tables = runner.journal.tables();
    let sent = runner.target.lock_tables(&statement.sql, &tables).await;
    sent.map_err(|error| transactional::located(error, statement).into())
}
