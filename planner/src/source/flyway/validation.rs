//! What Flyway's `validate` says, word for word, with its error codes.
//!
//! Source: `MigrationInfoImpl.validate` of 9.16.2. The findings of [`super::verdict`] say the same in our words.

use serde::{Deserialize, Serialize};

use super::history::{History, Line, checksum_matches, is_synthetic, is_undo, shortened};
use super::state::State;
use crate::migration::{MigrationId, MigrationKind};

/// A migration that has failed validation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invalid {
    /// The migration in the project, where its file is there.
    pub migration: Option<MigrationId>,
    /// Display version; empty for repeatables.
    pub version: String,
    /// Description.
    pub description: String,
    /// Flyway's code: `CHECKSUM_MISMATCH` …
    pub code: String,
    /// Flyway's sentences, lines separated by `\n`.
    pub message: String,
}

/// What `validate` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validation {
    /// Migrations looked at: files and rows.
    pub count: usize,
    /// Those that failed, in the order of `info`.
    pub invalid: Vec<Invalid>,
}

/// Validates. `pending` is whether pending migrations may pass, as they do before `migrate`.
pub(super) fn validate(history: &History<'_>, pending: bool) -> Validation {
    let shown = || history.lines.iter().filter(|line| !line.hidden);
    let pending = pending || passes_pending(history);
    Validation { count: shown().count(), invalid: shown().filter_map(|line| judge(history, line, pending)).collect() }
}

/// `*:pending` lets outdated repeatables pass as well.
fn passes_pending(history: &History<'_>) -> bool {
    [true, false].iter().all(|versioned| history.patterns.matches(*versioned, State::Pending))
}

/// What is wrong with one line.
pub(super) fn judge(history: &History<'_>, line: &Line<'_>, pending: bool) -> Option<Invalid> {
    let state = line.state;
    let passes = matches!(state, State::Undone | State::AboveTarget | State::Deleted)
        || history.patterns.matches(line.version.is_some(), state)
        || (state == State::FailedFuture && history.patterns.matches(line.version.is_some(), State::Future));
    if passes {
        return None;
    }
    let (code, message) = failed(line).or_else(|| unresolved(line)).or_else(|| unapplied(line, pending)).or_else(|| {
        let above = |version| history.baseline.as_ref().is_none_or(|baseline| version > baseline);
        if line.version.as_ref().is_none_or(above) { mismatch(line) } else { None }
    })?;
    Some(Invalid {
        migration: line.migration.map(|migration| migration.id.clone()),
        version: version(line),
        description: description(line).to_owned(),
        code: code.to_owned(),
        message,
    })
}

fn version(line: &Line<'_>) -> String {
    let applied = line.row.and_then(|row| row.version.clone());
    applied.or_else(|| line.migration.and_then(|migration| migration.version.clone())).unwrap_or_default()
}

fn description<'l>(line: &'l Line<'_>) -> &'l str {
    match (line.row, line.migration) {
        (Some(row), _) => &row.description,
        (None, Some(migration)) => &migration.description,
        (None, None) => "",
    }
}

/// The version, or the description of a repeatable.
fn name(line: &Line<'_>) -> String {
    if line.version.is_some() { version(line) } else { description(line).to_owned() }
}

type Answer = Option<(&'static str, String)>;

fn failed(line: &Line<'_>) -> Answer {
    if !matches!(line.state, State::Failed | State::FailedMissing | State::FailedFuture) {
        return None;
    }
    let cure = "Please remove any half-completed changes then run repair to fix the schema history.";
    Some(match line.version {
        None => ("FAILED_REPEATABLE_MIGRATION", format!("Detected failed repeatable migration: {}.\n{cure}", name(line))),
        Some(_) => (
            "FAILED_VERSIONED_MIGRATION",
            format!("Detected failed migration to version {} ({}).\n{cure}", name(line), description(line)),
        ),
    })
}

fn unresolved(line: &Line<'_>) -> Answer {
    let row = line.row.filter(|row| !is_synthetic(&row.kind) && !is_undo(&row.kind))?;
    if line.migration.is_some() || line.state == State::Superseded {
        return None;
    }
    let code = match row.version {
        Some(_) => "APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED",
        None => "APPLIED_REPEATABLE_MIGRATION_NOT_RESOLVED",
    };
    let cure = "If you removed this migration intentionally, run repair to mark the migration as deleted.";
    Some((code, format!("Detected applied migration not resolved locally: {}.\n{cure}", name(line))))
}

fn unapplied(line: &Line<'_>, pending: bool) -> Answer {
    let (code, what) = match line.version {
        Some(_) => ("RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED", "Detected resolved migration"),
        None => ("RESOLVED_REPEATABLE_MIGRATION_NOT_APPLIED", "Detected resolved repeatable migration"),
    };
    let say = |cure: &str| Some((code, format!("{what} not applied to database: {}.\n{cure}", name(line))));
    match line.state {
        State::Ignored => {
            let migration = line.migration?;
            if migration.kind == MigrationKind::Baseline || migration.up.should_execute == Some(false) {
                return None;
            }
            let pattern = "To ignore this migration, set -ignoreMigrationPatterns='*:ignored'.";
            match line.version {
                Some(_) => say(&format!("{pattern} To allow executing this migration, set -outOfOrder=true.")),
                None => say(pattern),
            }
        }
        State::Pending if !pending => say("To fix this error, either run migrate, or set -ignoreMigrationPatterns='*:pending'."),
        State::Outdated if !pending => Some((
            "OUTDATED_REPEATABLE_MIGRATION",
            format!(
                "Detected outdated resolved repeatable migration that should be re-applied to database: {}.\nRun migrate to \
                 execute this migration.",
                description(line)
            ),
        )),
        _ => None,
    }
}

fn mismatch(line: &Line<'_>) -> Answer {
    let (row, migration) = (line.row?, line.migration?);
    if row.kind == "DELETE" || is_undo(&row.kind) {
        return None;
    }
    let identifier = row.version.as_ref().map_or_else(|| row.script.clone(), |version| format!("version {version}"));
    let say = |what: &str, applied: &str, resolved: &str| {
        format!(
            "Migration {what} mismatch for migration {identifier}\n-> Applied to database : {applied}\n-> Resolved locally    : \
             {resolved}\nEither revert the changes to the migration, or run repair to update the schema history."
        )
    };
    let kind = line.file_kind();
    if kind != row.kind {
        return Some(("TYPE_MISMATCH", say("type", &row.kind, &kind)));
    }
    if migration.version.is_some() && !checksum_matches(migration, row.checksum) {
        let number = |checksum: Option<i32>| checksum.map_or_else(|| "null".to_owned(), |checksum| checksum.to_string());
        return Some(("CHECKSUM_MISMATCH", say("checksum", &number(row.checksum), &number(migration.checksum))));
    }
    let resolved = shortened(&migration.description);
    let none = resolved.is_empty() && row.description == "<< no description >>";
    (row.description != resolved && !none).then(|| ("DESCRIPTION_MISMATCH", say("description", &row.description, &resolved)))
}
