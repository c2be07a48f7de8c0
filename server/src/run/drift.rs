//! A change somebody else makes to the schema while a run is stopped part-way.
//!
//! What is committed is noted with the schema it leaves, in the same transaction, wherever a later run could go on in the
//! middle: after each step of an approved plan, after each part of a migration that has several, after each statement of
//! a migration outside a transaction. The next run compares before it goes on. A plan that starts at a migration's
//! beginning is made from the live schema and needs no such note.

use planner::catalog::compare::{Difference, DifferenceKind, compare};
use planner::catalog::schema::Schema;
use planner::plan::Plan;
use planner::plan::digest::fingerprint;
use planner::statement::words::words;

use crate::exit::{Exit, Failure, Outcome};
use crate::journal::{Entry, EntryState, Journal};
use crate::run::Runner;
use crate::target::DbError;
use crate::target::Target;

/// A schema as text that every product's journal can hold.
const LONGEST: usize = 60_000;

/// Most differences that are told.
const TOLD: usize = 8;

/// Notes the schema as this transaction leaves it.
///
/// # Errors
/// The server's refusal.
pub(crate) async fn note(runner: &mut Runner<'_>, migration: &str) -> Result<(), DbError> {
    let schema = runner.target.schema(&runner.bookkeeping).await?;
    let text = serde_json::to_string(&schema).ok().filter(|text| text.len() <= LONGEST);
    let entry = Entry {
        step: String::new(),
        statement: Journal::SCHEMA.to_owned(),
        migration: migration.to_owned(),
        state: EntryState::Recorded,
        hash: fingerprint(&schema),
        cursor: text,
        rows: 0,
        batches: 0,
    };
    runner.journal.put(runner.target, &entry).await
}

/// Refuses to go on from the middle on a schema that is not the one the stopped run left. `true`: this run goes on. What
/// `words` name of the way forth was under way when it stopped.
///
/// # Errors
/// [`Exit::Stale`], saying what differs; the server's refusal.
pub async fn refuse(
    target: &mut Target,
    journal: &Journal,
    live: &Schema,
    plan: &Plan,
    approved: Option<&Plan>,
    words: Vec<String>,
) -> Outcome<bool> {
    if plan.steps.is_empty() || !journal.exists(target).await? {
        return Ok(false);
    }
    let begun = match approved {
        Some(approved) => journal.last_digest(target).await?.as_deref() == Some(&approved.digest),
        None => false,
    };
    let unfinished = journal.unfinished(target).await?;
    let mark = journal.schema_mark(target).await?;
    let mark = mark.filter(|mark| begun || unfinished.iter().any(|entry| entry.migration == mark.migration));
    let planned = approved.filter(|_| begun).and_then(|approved| approved.target.fingerprint.clone());
    let expected = mark.as_ref().map(|mark| mark.hash.clone()).or(planned);
    if expected.as_ref().is_none_or(|expected| *expected == fingerprint(live)) {
        return Ok(mark.is_some());
    }
    let left: Option<Schema> = mark.and_then(|mark| serde_json::from_str(&mark.cursor?).ok());
    let differences = left.map(|left| compare(&left, live)).unwrap_or_default();
    let under_way = [words, under_way(plan, &unfinished)].concat();
    let foreign: Vec<&Difference> = differences.iter().filter(|difference| !excused(difference, &under_way)).collect();
    // What a statement did that was under way when the run ended is for the probe to judge.
    if !under_way.is_empty() && foreign.is_empty() && !differences.is_empty() {
        return Ok(true);
    }
    Err(changed(&foreign))
}

/// The words of the statements whose outcome is not known.
fn under_way(plan: &Plan, unfinished: &[Entry]) -> Vec<String> {
    let open = |id: &str| {
        let unknown = |entry: &&Entry| matches!(entry.state, EntryState::Intent | EntryState::Failed);
        unfinished.iter().filter(unknown).any(|entry| entry.statement == id)
    };
    let statements = plan.steps.iter().flat_map(|step| &step.statements);
    statements.filter(|statement| open(&statement.id)).flat_map(|statement| words(&statement.sql)).collect()
}

/// Whether a statement that was under way names the object.
fn excused(difference: &Difference, words: &[String]) -> bool {
    let last = difference.object.rsplit(['.', ' ']).next().unwrap_or_default().to_lowercase();
    words.contains(&last)
}

fn changed(foreign: &[&Difference]) -> Failure {
    let line = |difference: &&Difference| match difference.kind {
        DifferenceKind::Added => format!("  {} was added", difference.object),
        DifferenceKind::Missing => format!("  {} is gone", difference.object),
        DifferenceKind::Different => format!("  {} was {}, and is {}", difference.object, difference.first, difference.second),
    };
    let mut lines: Vec<String> = foreign.iter().take(TOLD).map(line).collect();
    if foreign.len() > TOLD {
        lines.push(format!("  and {} more", foreign.len() - TOLD));
    }
    let what = if lines.is_empty() { String::new() } else { format!(":\n{}", lines.join("\n")) };
    Failure::new(
        Exit::Stale,
        format!("Somebody changed the schema since the last run stopped part-way; this run would go on from there{what}"),
        "Nothing was changed. Take that change back, then run again; or finish the migration by hand and plan anew.",
    )
}
