//! What `validate` and `migrate` say of the lines of the history, with Flyway's error codes as rule ids.

use super::history::{History, Line, checksum_matches, is_synthetic, is_undo, shortened};
use super::state::State;
use crate::finding::{Finding, Severity};
use crate::migration::MigrationKind;
use crate::span::Span;

/// Everything `validate` refuses, in the order of the lines. Rows of the future pass (`*:future` is Flyway's
/// default pattern), pending migrations do not.
pub(super) fn validate(history: &History<'_>) -> Vec<Finding> {
    let mut findings = history.problems.clone();
    findings.extend(history.lines.iter().filter(|line| !ignored(history, line)).filter_map(|line| verdict(history, line)));
    findings
}

/// `ignoreMigrationPatterns` says so.
fn ignored(history: &History<'_>, line: &Line<'_>) -> bool {
    history.patterns.matches(line.version.is_some(), line.state)
}

/// What `migrate` refuses before it runs anything, and what it tells.
pub(super) fn before_migrate(history: &History<'_>) -> Vec<Finding> {
    let mut findings = history.problems.clone();
    let failed = |line: &&Line<'_>| matches!(line.state, State::Failed | State::FailedMissing | State::FailedFuture);
    let failures = history.lines.iter().filter(failed).count();
    for line in &history.lines {
        match line.state {
            State::Pending => findings.extend(type_mismatch(history, line)),
            State::Outdated => {}
            State::Missing | State::Ignored if ignored(history, line) => {}
            State::Ignored => findings.extend(verdict(history, line).map(passed_over)),
            State::FailedFuture => {
                let finding = failed_row(line);
                findings.push(if failures == 1 { told(finding) } else { finding });
            }
            State::Future => findings.push(ahead(line)),
            _ => findings.extend(verdict(history, line)),
        }
    }
    findings
}

fn verdict(history: &History<'_>, line: &Line<'_>) -> Option<Finding> {
    match line.state {
        State::Undone | State::AboveTarget | State::Deleted | State::Future | State::FailedFuture => None,
        State::BelowBaseline | State::BaselineIgnored | State::Baseline | State::Superseded | State::Available => None,
        State::Failed | State::FailedMissing => Some(failed_row(line)),
        State::Missing => Some(missing(line)),
        State::Ignored | State::Pending => type_mismatch(history, line).or_else(|| not_applied(line)),
        State::Outdated => Some(finding(
            "outdated-repeatable-migration",
            line,
            format!("{} has changed since it was applied.", name(line)),
            "Run migrate: it applies the repeatable migration again.",
        )),
        State::Success | State::OutOfOrder => mismatch(history, line),
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
    Finding { severity: Severity::Warning, blocking: false, effect: "Flyway tells and goes on.".to_owned(), ..finding }
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

/// A late version when migrating: it is passed over, which people must know.
fn passed_over(found: Finding) -> Finding {
    if found.rule == "type-mismatch" {
        return found;
    }
    Finding {
        severity: Severity::Warning,
        blocking: false,
        effect: "This run passes it over; Flyway's own migrate refuses to run beside it.".to_owned(),
        ..found
    }
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

/// A file that is not what was applied. Nothing at or below the baseline is compared.
fn mismatch(history: &History<'_>, line: &Line<'_>) -> Option<Finding> {
    let (row, migration, version) = (line.row?, line.migration?, line.version.as_ref()?);
    if is_synthetic(&row.kind) || is_undo(&row.kind) || history.baseline.as_ref().is_some_and(|baseline| version <= baseline) {
        return None;
    }
    if !checksum_matches(migration, row.checksum) {
        let number = |checksum: Option<i32>| checksum.map_or("none".to_owned(), |checksum| checksum.to_string());
        return Some(finding(
            "checksum-mismatch",
            line,
            format!(
                "{} was changed after it was applied: its checksum was {} and is {}.",
                name(line),
                number(row.checksum),
                number(migration.checksum)
            ),
            "Restore the file as it was applied and put the change into a new version; repair takes the file as it is now.",
        ));
    }
    let description = shortened(&migration.description);
    let none = description.is_empty() && row.description == "<< no description >>";
    if row.description != description && !none {
        return Some(finding(
            "description-mismatch",
            line,
            format!("{} was applied as {:?}, and its file says {description:?}.", name(line), row.description),
            "Rename the file back, or run repair, which takes the new description.",
        ));
    }
    None
}
