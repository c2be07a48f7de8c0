//! A step outside a transaction: each statement stands for itself, with its outcome in the journal.
//!
//! A statement the server takes inside a transaction runs in one together with its journal row: its outcome is exact.
//! For the others an intent is written before and the outcome after; what happened between the two is found out by a
//! look at the catalog ([`super::probe`]).

use std::time::Instant;

use planner::plan::digest::sha256_hex;
use planner::plan::{PlannedStatement, Step};

use crate::exit::{Exit, Failure};
use crate::failpoint;
use crate::journal::{Entry, EntryState, StepError};
use crate::run::probe::{self, Finding};
use crate::run::{Runner, transactional};

/// How a statement is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Sets something of the session: sent on every attempt, never journalled.
    Session,
    /// In a transaction of its own, with its journal row.
    Exact,
    /// Alone, between intent and outcome.
    Alone,
}

/// Runs the step, or what is left of it.
///
/// # Errors
/// The first refusal; an outcome nobody can know; a statement that changed since it ran.
pub async fn run(runner: &mut Runner<'_>, step: &Step) -> Result<(), StepError> {
    let started = Instant::now();
    runner.target.prepare_step(step.lock_timeout_ms, step.statement_timeout_ms).await?;
    let own_transactions = step.statements.iter().any(|statement| is_transaction_control(&statement.sql));
    for statement in &step.statements {
        let manner = manner(statement, own_transactions);
        if manner == Manner::Session {
            transactional::send(runner, statement).await?;
            continue;
        }
        if !is_left(runner, step, statement).await? {
            continue;
        }
        match manner {
            Manner::Exact => exact(runner, step, statement).await?,
            Manner::Alone | Manner::Session => alone(runner, step, statement).await?,
        }
    }
    failpoint::reach("finish.before");
    runner.target.begin().await?;
    runner.journal.fence(runner.target).await?;
    runner.finish(step, started).await?;
    failpoint::reach("commit.before");
    runner.target.commit().await?;
    failpoint::reach("commit.after");
    Ok(())
}

fn manner(statement: &PlannedStatement, own_transactions: bool) -> Manner {
    let word = first_word(&statement.sql);
    let sets = matches!(word.as_str(), "SET" | "RESET" | "PRAGMA");
    let exact = statement.effect.transactional && statement.effect.opaque.is_none();
    match (sets, own_transactions, exact) {
        (true, _, _) => Manner::Session,
        (false, false, true) => Manner::Exact,
        _ => Manner::Alone,
    }
}

/// Whether the author opens and closes transactions.
fn is_transaction_control(sql: &str) -> bool {
    let word = first_word(sql);
    matches!(word.as_str(), "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" | "ABORT")
}

/// First word of a statement in capitals, behind comments and blanks.
fn first_word(sql: &str) -> String {
    let mut rest = sql.trim_start();
    loop {
        let skipped = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else {
            break;
        };
        rest = skipped.trim_start();
    }
    rest.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_uppercase()
}

fn entry(step: &Step, statement: &PlannedStatement, state: EntryState) -> Entry {
    Entry {
        step: step.id.clone(),
        statement: statement.id.clone(),
        migration: step.migration.0.clone(),
        state,
        hash: sha256_hex(statement.sql.as_bytes()),
        cursor: None,
        rows: 0,
        batches: 0,
    }
}

/// Whether the statement still has to run, by the journal and, where it does not know, by the catalog.
async fn is_left(runner: &mut Runner<'_>, step: &Step, statement: &PlannedStatement) -> Result<bool, StepError> {
    let Some(found) = runner.journal.entry(runner.target, &step.id, &statement.id).await? else { return Ok(true) };
    let hash = sha256_hex(statement.sql.as_bytes());
    match found.state {
        EntryState::Done if found.hash == hash => Ok(false),
        EntryState::Done => Err(StepError::Stop(changed(step, statement))),
        EntryState::Intent | EntryState::Failed | EntryState::Batch => resolve(runner, step, statement, found.state).await,
        EntryState::Recorded => Ok(true),
    }
}

/// Asks the catalog what became of a statement.
async fn resolve(
    runner: &mut Runner<'_>,
    step: &Step,
    statement: &PlannedStatement,
    state: EntryState,
) -> Result<bool, StepError> {
    match probe::look(runner.target, &statement.sql).await? {
        Finding::Applied => {
            runner.journal.put(runner.target, &entry(step, statement, EntryState::Done)).await?;
            Ok(false)
        }
        Finding::Absent => Ok(true),
        Finding::Invalid { drop } => {
            runner.target.execute(&drop).await?;
            Ok(true)
        }
        // The server said no: it did not happen.
        Finding::Unknown { .. } if state == EntryState::Failed => Ok(true),
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

fn changed(step: &Step, statement: &PlannedStatement) -> Failure {
    Failure::new(
        Exit::Stale,
        format!(
            "{}:{}: step {} ran in part, and this statement, which is done, is not the one that ran.",
            statement.file, statement.line, step.id
        ),
        "Put the file back to what it was, let the step finish, and make the change a new migration.",
    )
}

/// A transaction around statement and outcome.
async fn exact(runner: &mut Runner<'_>, step: &Step, statement: &PlannedStatement) -> Result<(), StepError> {
    runner.target.begin().await?;
    runner.journal.fence(runner.target).await?;
    failpoint::reach("statement.before");
    transactional::send(runner, statement).await?;
    failpoint::reach("statement.after");
    runner.journal.put(runner.target, &entry(step, statement, EntryState::Done)).await?;
    failpoint::reach("outcome.before");
    runner.target.commit().await?;
    failpoint::reach("outcome.after");
    Ok(())
}

/// Intent, statement, outcome.
async fn alone(runner: &mut Runner<'_>, step: &Step, statement: &PlannedStatement) -> Result<(), StepError> {
    failpoint::reach("intent.before");
    runner.journal.fence(runner.target).await?;
    runner.journal.put(runner.target, &entry(step, statement, EntryState::Intent)).await?;
    failpoint::reach("statement.before");
    let sent = transactional::send(runner, statement).await;
    failpoint::reach("statement.after");
    match sent {
        Ok(()) => {}
        Err(error) => {
            // Closes what the author opened; where nothing is open it does nothing.
            runner.target.rollback().await;
            runner.journal.put(runner.target, &entry(step, statement, EntryState::Failed)).await?;
            return Err(error.into());
        }
    }
    runner.journal.put(runner.target, &entry(step, statement, EntryState::Done)).await?;
    failpoint::reach("outcome.after");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_stands_behind_comments() {
        assert_eq!(first_word("-- a\n/* b */ set x = 1"), "SET");
        assert_eq!(first_word("/* open"), "");
        assert_eq!(first_word("commit;"), "COMMIT");
    }
}
