//! Before anything runs: is this server in a state where the plan can get through, and without harm to others?
//!
//! Each subject is one file or a few lines here, and each finding says what to type next. Which of them stop a run and
//! which only warn is for `[preflight]` to say ([`settings`]). What this user may not see is not known, and so not told.

mod activity;
mod room;
mod session;
pub mod settings;

use planner::plan::Plan;
use planner::project::Statistics;
use serde::Serialize;

pub(crate) use room::{folder, free};

use crate::exit::{Exit, Failure, Outcome};
use crate::privilege;
use crate::target::{Target, TextRow};
use crate::url::TargetUrl;
use settings::{Answer, PreflightSettings};

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The session is one of the server's own, not one that a proxy lends for a transaction.
    Session,
    /// The server takes writes.
    Writable,
    /// This user may do what the plan does.
    Privileges,
    /// Connections are left for the application.
    Connections,
    /// The disk has room for what is written anew.
    Disk,
    /// Nobody is in a transaction that keeps others waiting behind the plan's locks.
    LongTransactions,
    /// Replicas follow.
    ReplicaLag,
    /// What is committed outlives a crash.
    Durability,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// What it is about.
    pub subject: Subject,
    /// It stops a run.
    pub stops: bool,
    /// What was found, as sentences.
    pub message: String,
    /// The command to type next.
    pub next: String,
}

impl Note {
    /// The note as a person reads it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} Next: {}", self.message, self.next)
    }
}

/// What a look needs to know of the plan.
pub struct Asked<'a> {
    /// Where the connection leads.
    pub url: &'a TargetUrl,
    /// What `[preflight]` says.
    pub settings: &'a PreflightSettings,
    /// What will run.
    pub plan: &'a Plan,
    /// Sizes of the tables.
    pub statistics: &'a Statistics,
    /// Quoted names of the tables of ours and the tool's.
    pub bookkeeping: &'a [planner::name::ObjectName],
}

/// Looks at everything that is not off.
pub async fn look(target: &mut Target, asked: &Asked<'_>) -> Vec<Note> {
    let mut found = Vec::new();
    let wanted = |subject| asked.settings.answer(subject) != Answer::Off;
    if wanted(Subject::Session) {
        found.extend(session::look(target, asked.url).await);
    }
    if wanted(Subject::Writable) {
        found.extend(activity::writable(target).await);
    }
    if wanted(Subject::Privileges) {
        found.extend(privileges(target, asked).await);
    }
    if wanted(Subject::Connections) {
        found.extend(activity::connections(target, asked.settings).await);
    }
    if wanted(Subject::Disk) {
        found.extend(room::look(target, asked).await);
    }
    if wanted(Subject::LongTransactions) {
        found.extend(activity::long_transactions(target, asked.settings).await);
    }
    if wanted(Subject::ReplicaLag) {
        found.extend(activity::replica_lag(target, asked.settings).await);
    }
    if wanted(Subject::Durability) {
        found.extend(activity::durability(target).await);
    }
    for note in &mut found {
        note.stops = asked.settings.answer(note.subject) == Answer::Stop;
    }
    found
}

/// Refuses to run where one of the notes stops it.
///
/// # Errors
/// [`Exit::Findings`] with all that stop it.
pub fn refuse(notes: &[Note]) -> Outcome<()> {
    let stops: Vec<&Note> = notes.iter().filter(|note| note.stops).collect();
    if stops.is_empty() {
        return Ok(());
    }
    let messages: Vec<&str> = stops.iter().map(|note| note.message.as_str()).collect();
    let cures: Vec<&str> = stops.iter().map(|note| note.next.as_str()).collect();
    Err(Failure::new(
        Exit::Findings,
        format!("Nothing was changed, because of what was found before the run: {}", messages.join(" ")),
        cures.join("\n  "),
    ))
}

async fn privileges(target: &mut Target, asked: &Asked<'_>) -> Option<Note> {
    if privilege::may_all(target).await.ok()? {
        return None;
    }
    let needs = privilege::needs(asked.plan, asked.bookkeeping);
    let missing = privilege::missing(target, &needs).await.ok()?;
    if missing.is_empty() {
        return None;
    }
    let first = missing.iter().take(5).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let more = missing.len().checked_sub(5).filter(|more| *more > 0).map(|more| format!(" and {more} more")).unwrap_or_default();
    Some(note(
        Subject::Privileges,
        format!("This user lacks what the plan needs: {first}{more}."),
        "flightplan privileges > grants.sql, and let the owner run it".to_owned(),
    ))
}

fn note(subject: Subject, message: String, next: String) -> Note {
    Note { subject, stops: false, message, next }
}

/// The values of the first row; a query that is refused tells nothing.
async fn row(target: &mut Target, sql: &str) -> Option<TextRow> {
    target.rows(sql).await.ok()?.into_iter().next()
}

/// A number in a row.
fn number(row: &TextRow, at: usize) -> Option<u64> {
    row.get(at)?.as_deref()?.split('.').next()?.parse().ok()
}

/// A text in a row.
fn text(row: &TextRow, at: usize) -> &str {
    row.get(at).and_then(Option::as_deref).unwrap_or_default()
}
