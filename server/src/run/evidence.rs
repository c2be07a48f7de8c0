//! What the live catalog shows of each statement of a migration: for a person who has to say whether it ran.
//!
//! The planner simulates the schema before and after a statement. An object that the statement changes is looked at in
//! the live schema: like the one after it, the statement is found; like the one before it, it is absent. A statement
//! that leaves nothing in the schema (data, `VACUUM`, `CALL`) has no trace there; then only the journal can tell.

use planner::catalog::Catalog;
use planner::catalog::compare::{Difference, compare};
use planner::catalog::replay;
use planner::catalog::schema::{Schema, schema};
use planner::migration::Migration;
use planner::plan::{PlannedStatement, Step};

use crate::journal::{EntryState, Journal};
use crate::run::probe::{self, Finding};
use crate::target::{DbError, Target};

/// What the catalog shows of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// All that it makes is there.
    Found,
    /// Nothing of it is there.
    Absent,
    /// Some of it is there, or something else.
    Partly,
    /// It leaves nothing that could be looked at.
    NoTrace,
    /// It only sets something for its session.
    Session,
}

impl Trace {
    /// The word for people and tools.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Absent => "absent",
            Self::Partly => "partly",
            Self::NoTrace => "no trace",
            Self::Session => "session",
        }
    }
}

/// What is known of one statement.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Its step.
    pub step: String,
    /// The statement.
    pub statement: PlannedStatement,
    /// What the catalog shows.
    pub trace: Trace,
    /// What the journal says; absent: nothing.
    pub journal: Option<EntryState>,
}

impl Evidence {
    /// Whether it can be taken for done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self.trace {
            Trace::Found | Trace::Session => true,
            Trace::NoTrace => self.journal == Some(EntryState::Done),
            Trace::Absent | Trace::Partly => false,
        }
    }

    /// Whether it can be taken for not done.
    #[must_use]
    pub fn is_undone(&self) -> bool {
        match self.trace {
            Trace::Absent | Trace::Session => true,
            Trace::NoTrace => matches!(self.journal, None | Some(EntryState::Failed)),
            Trace::Found | Trace::Partly => false,
        }
    }
}

/// Looks at every statement of a migration. `before` is the schema that the applied migrations make.
///
/// # Errors
/// The server's refusal.
pub async fn gather(
    target: &mut Target,
    journal: &Journal,
    migration: &Migration,
    steps: &[&Step],
    before: &Catalog,
    live: &Schema,
) -> Result<Vec<Evidence>, DbError> {
    let kept = journal.exists(target).await?;
    let schemas = schemas(before, migration);
    let mut all = Vec::new();
    for step in steps {
        for statement in &step.statements {
            let at = statement.id.rsplit_once(':').and_then(|(_, number)| number.parse::<usize>().ok()).unwrap_or(0);
            let pair = at.checked_sub(1).and_then(|at| Some((schemas.get(at)?, schemas.get(at + 1)?)));
            let mut trace = pair.map_or(Trace::NoTrace, |(old, new)| judge(old, new, live));
            if is_session(&statement.sql) {
                trace = Trace::Session;
            } else if trace == Trace::NoTrace {
                trace = match probe::look(target, &statement.sql).await? {
                    Finding::Applied => Trace::Found,
                    Finding::Absent => Trace::Absent,
                    Finding::Invalid { .. } => Trace::Partly,
                    Finding::Unknown { .. } => Trace::NoTrace,
                };
            }
            let entry = if kept { journal.entry(target, &step.id, &statement.id).await? } else { None };
            all.push(Evidence {
                step: step.id.clone(),
                statement: statement.clone(),
                trace,
                journal: entry.map(|entry| entry.state),
            });
        }
    }
    Ok(all)
}

/// The schema before each statement, and after the last.
fn schemas(before: &Catalog, migration: &Migration) -> Vec<Schema> {
    let mut all = Vec::new();
    let last = replay::walk(before, &migration.up.statements, |_, catalog, _| all.push(schema(catalog)));
    all.push(schema(&last));
    all
}

fn judge(old: &Schema, new: &Schema, live: &Schema) -> Trace {
    let objects: Vec<String> = compare(old, new).into_iter().map(|one| one.object).collect();
    if objects.is_empty() {
        return Trace::NoTrace;
    }
    let off = |all: Vec<Difference>| all.iter().filter(|one| one.certain && objects.contains(&one.object)).count();
    match (off(compare(new, live)), off(compare(old, live))) {
        (0, _) => Trace::Found,
        (_, 0) => Trace::Absent,
        _ => Trace::Partly,
    }
}

fn is_session(sql: &str) -> bool {
    let word: String = sql.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    matches!(word.to_ascii_uppercase().as_str(), "SET" | "RESET" | "PRAGMA")
}
