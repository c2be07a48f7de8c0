//! What `validate` and `migrate` say of the lines of the history, with Flyway's error codes as rule ids.

use super::history::{History, Line, shortened};
use super::state::State;
use super::validation;
use crate::finding::{Finding, Severity};
use crate::migration::MigrationKind;
use crate::span::Span;

/// The rules of this file that make `validate` fail: Flyway's codes in kebab case.
pub(super) const RULES: [&str; 10] = [
    "failed-versioned-migration",
    "failed-repeatable-migration",
    "applied-versioned-migration-not-resolved",
    "applied-repeatable-migration-not-resolved",
    "resolved-versioned-migration-not-applied",
    "resolved-repeatable-migration-not-applied",
    "outdated-repeatable-migration",
    "type-mismatch",
    "checksum-mismatch",
    "description-mismatch",
];

/// Everything `validate` refuses, in the order of the lines.
pub(super) fn validate(history: &History<'_>) -> Vec<Finding> {
    let mut findings = history.problems.clone();
    findings.extend(shown(history).filter_map(|line| verdict(history, line, false)));
    findings
}

fn shown<'h, 'a>(history: &'h History<'a>) -> impl Iterator<Item = &'h Line<'a>> {
    history.lines.iter().filter(|line| !line.hidden)
}

/// What `migrate` refuses before it runs anything, and what it tells. `validates` is Flyway's `validateOnMigrate`;
/// failed rows refuse without it, too, but for a single one of the future where `*:future` passes.
pub(super) fn before_migrate(history: &History<'_>, validates: bool) -> Vec<Finding> {
    let mut findings = history.problems.clone();
    let failed = |line: &&Line<'_>| matches!(line.state, State::Failed | State::FailedMissing | State::FailedFuture);
    let failures = shown(history).filter(failed).count();
    for line in shown(history) {
        match line.state {
            State::Pending => findings.extend(type_mismatch(history, line)),
            State::FailedFuture if failures == 1 && passes(history, line, State::Future) => findings.push(told(failed_row(line))),
            State::Failed | State::FailedMissing | State::FailedFuture => findings.push(failed_row(line)),
            State::Future if !validates || passes(history, line, State::Future) => findings.push(ahead(line)),
            _ if validates => findings.extend(verdict(history, line, true)),
            State::Ignored | State::Success | State::OutOfOrder => {
                findings.extend(verdict(history, line, true).map(told));
            }
            _ => {}
        }
    }
    findings
}

fn passes(history: &History<'_>, line: &Line<'_>, state: State) -> bool {
    history.patterns.matches(line.version.is_some(), state)
}

/// What Flyway says of a line, in our words. `pending`: pending migrations may pass.
fn verdict(history: &History<'_>, line: &Line<'_>, pending: bool) -> Option<Finding> {
    let invalid = validation::judge(history, line, pending)?;
    match line.state {
        State::Failed | State::FailedMissing | State::FailedFuture => Some(failed_row(line)),
        State::Missing | State::Future => Some(missing(line)),
        State::Ignored | State::Pending => type_mismatch(history, line).or_else(|| not_applied(line)),
        State::Outdated if invalid.code == "OUTDATED_REPEATABLE_MIGRATION" => Some(finding(
            "outdated-repeatable-migration",
            line,
            format!("{} has changed since it was applied.", name(line)),
            "Run migrate: it applies the repeatable migration again.",
        )),
        _ => mismatch(line, &invalid.code),
    }
}

/// The migration as people call it.
fn name(line: &Line<'_>) -> String {
    let description = line.row.map(|row| &row.description).or(line.migration.map(|migration| &migration.description));
    match (&line.version, description) {
        (Some(version), Some(description)) if !description.is_empty() => format!("Version {version} ({description})"),
        (Some(version), _) => format!("Version {version}"),
        (None, Some(description)) => format!("The repeatable migration {description:?}"),
        (None, None) => "The migration".to_owned(),
    }
}

fn finding(rule: &str, line: &Line<'_>, message: String, cure: impl Into<String>) -> Finding {
    let span = line.migration.map(|migration| Span::file(&migration.path));
    let found = Finding::broken(rule, span, message, cure);
    match line.migration {
        Some(migration) => found.of(&migration.id),
        None => found,
    }
}

fn told(finding: Finding) -> Finding {
    Finding { severity: Severity::Warning, blocking: false, effect: "Flyway tells and goes on.".into(), ..finding }
}

fn failed_row(line: &Line<'_>) -> Finding {
    let rule = if line.version.is_some() { "failed-versioned-migration" } else { "failed-repeatable-migration" };
    let rank = line.row.map_or(0, |row| row.rank);
    finding(
        rule,
        line,
        format!("{} failed when it was applied (row {rank} of the history table).", name(line)),
        "Take back by hand what it had done, then run repair, which removes the failed row.",
    )
}

/// Migrations in Java or another language, whose source is not among the files.
fn is_code(line: &Line<'_>) -> bool {
    line.row.is_some_and(|row| !matches!(row.kind.as_str(), "SQL" | "SQL_BASELINE"))
}

fn missing(line: &Line<'_>) -> Finding {
    let rule = match line.version {
        Some(_) => "applied-versioned-migration-not-resolved",
        None => "applied-repeatable-migration-not-resolved",
    };
    let script = line.row.map_or("", |row| row.script.as_str());
    if is_code(line) {
        let kind = line.row.map_or("", |row| row.kind.as_str());
        let found = finding(
            rule,
            line,
            format!("{} was applied by code ({kind}, {script}), which is not among the project's files.", name(line)),
            "Nothing is to be done if the code is still there; what it did to the schema is unknown to the plan.",
        );
        return told(found);
    }
    finding(
        rule,
        line,
        format!("{} was applied from {script}, which is not in the project.", name(line)),
        "Bring the file back, or run repair, which marks the migration as deleted.",
    )
}

fn not_applied(line: &Line<'_>) -> Option<Finding> {
    let migration = line.migration?;
    if migration.up.should_execute == Some(false) {
        return None;
    }
    let (rule, cure) = match (line.state, migration.kind) {
        (State::Ignored, MigrationKind::Baseline) => return None,
        (State::Ignored, _) => (
            "resolved-versioned-migration-not-applied",
            "Give the file a version above the highest applied one, or allow it with out_of_order (Flyway: -outOfOrder=true).",
        ),
        (_, MigrationKind::Repeatable) => ("resolved-repeatable-migration-not-applied", "Run migrate."),
        _ => ("resolved-versioned-migration-not-applied", "Run migrate."),
    };
    let late = if line.state == State::Ignored { ", and a higher version is" } else { "" };
    Some(finding(rule, line, format!("{} is not applied to the database{late}.", name(line)), cure))
}

fn ahead(line: &Line<'_>) -> Finding {
    let broken = finding(
        "schema-newer-than-files",
        line,
        format!("{} is applied, and newer than every file of the project.", name(line)),
        "Check that these are the newest files: the database has seen a later release.",
    );
    told(broken)
}

/// A row of another type holds the file's version.
fn type_mismatch(history: &History<'_>, line: &Line<'_>) -> Option<Finding> {
    let other = history.code.get(line.version.as_ref()?)?;
    Some(finding(
        "type-mismatch",
        line,
        format!("{} was applied as {}, and the project has it as an SQL file.", name(line), other.kind),
        "Give the file another version, or run repair if it does the same.",
    ))
}

/// A file that is not what was applied.
fn mismatch(line: &Line<'_>, code: &str) -> Option<Finding> {
    let (row, migration) = (line.row?, line.migration?);
    let (message, cure) = match code {
        "TYPE_MISMATCH" => (
            format!("{} was applied as {}, and the project has it as an {} file.", name(line), row.kind, line.file_kind()),
            "Give the file another name, or run repair if it does the same.",
        ),
        "CHECKSUM_MISMATCH" => {
            let number = |checksum: Option<i32>| checksum.map_or("none".to_owned(), |checksum| checksum.to_string());
            let (was, is) = (number(row.checksum), number(migration.checksum));
            (
                format!("{} was changed after it was applied: its checksum was {was} and is {is}.", name(line)),
                "Restore the file as it was applied and put the change into a new version; repair takes the file as it is now.",
            )
        }
        _ => (
            format!(
                "{} was applied as {:?}, and its file says {:?}.",
                name(line),
                row.description,
                shortened(&migration.description)
            ),
            "Rename the file back, or run repair, which takes the new description.",
        ),
    };
    Some(finding(&code.to_ascii_lowercase().replace('_', "-"), line, message, cure))
}
