//! What is wrong with a database now, and the command to type next: who blocks whom, room, connections, rows that break
//! constraints, indexes that hold nothing, runs that do not get on.
//!
//! Nothing is changed, and no question waits for long.

mod constraints;
mod indexes;
mod locks;
mod runs;
mod space;

use planner::Report;
use planner::catalog::schema::Schema;
use serde::Serialize;

use crate::history::History;
use crate::preflight::{self, Subject, settings::PreflightSettings};
use crate::store::Store;
use crate::target::{DbError, Target};
use crate::url::TargetUrl;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something does not work, or will not.
    Error,
    /// Worth knowing.
    Warning,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// What it is about: `locks`, `space`, `server`, `constraints`, `indexes`, `runs`.
    pub about: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found, as sentences.
    pub message: String,
    /// Some of the rows, where it is about rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<String>,
    /// The command to type next.
    pub next: String,
}

impl Complaint {
    fn error(about: &'static str, message: String, next: String) -> Self {
        Self { about, severity: Severity::Error, message, rows: Vec::new(), next }
    }

    fn warning(about: &'static str, message: String, next: String) -> Self {
        Self { severity: Severity::Warning, ..Self::error(about, message, next) }
    }
}

/// What is examined.
pub struct Patient<'a> {
    /// The connection.
    pub target: &'a mut Target,
    /// Where it leads.
    pub url: &'a TargetUrl,
    /// Its history.
    pub history: &'a History,
    /// Its schema.
    pub schema: &'a Schema,
    /// What is pending there.
    pub report: &'a Report,
    /// Limits.
    pub settings: &'a PreflightSettings,
    /// The runs that are known.
    pub store: Option<&'a Store>,
}

/// What was found, and what could not be asked.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Examination {
    /// What is wrong.
    pub complaints: Vec<Complaint>,
    /// Questions this user may not ask, with the server's words.
    pub not_asked: Vec<String>,
}

/// Asks everything.
pub async fn examine(patient: &mut Patient<'_>) -> Examination {
    let mut examination = Examination::default();
    let mut take = |about: &str, found: Result<Vec<Complaint>, DbError>| match found {
        Ok(found) => examination.complaints.extend(found),
        Err(error) => examination.not_asked.push(format!("{about}: {error}")),
    };
    take("locks", locks::look(patient).await);
    take("runs", runs::look(patient).await);
    take("server", server(patient).await);
    take("space", space::look(patient).await);
    take("indexes", indexes::look(patient).await);
    take("constraints", constraints::look(patient).await);
    examination
}

/// What is looked at before a run, too.
async fn server(patient: &mut Patient<'_>) -> Result<Vec<Complaint>, DbError> {
    let asked = preflight::Asked {
        url: patient.url,
        settings: patient.settings,
        plan: &patient.report.plan,
        statistics: &planner::project::Statistics::default(),
        bookkeeping: &[],
    };
    let notes = preflight::look(patient.target, &asked).await;
    // What a plan needs is said by `privileges` and by its run.
    let notes = notes.into_iter().filter(|note| !matches!(note.subject, Subject::Privileges | Subject::Disk));
    Ok(notes
        .map(|note| match note.stops {
            true => Complaint::error("server", note.message, note.next),
            false => Complaint::warning("server", note.message, note.next),
        })
        .collect())
}

/// A column of a row.
fn cell(row: &[Option<String>], at: usize) -> &str {
    row.get(at).and_then(Option::as_deref).unwrap_or_default()
}
