//! The way back: the author's U file or `downgrade()`, as a plan of its own for the same executor.
//!
//! Flyway's history gets a DELETE row, which its Community edition reads (a UNDO_SQL row it does not); the version is
//! pending again afterwards.

use std::collections::BTreeSet;

use planner::Report;
use planner::effect::Effect;
use planner::migration::{Migration, MigrationId, Script, SourceKind};
use planner::plan::digest::digest_of;
use planner::plan::{HistoryEntry, Plan, PlannedStatement, Step, TransactionMode};
use planner::project::Request;
use planner::source::alembic::version_rows;
use planner::source::flyway::state::{self, State};
use planner::source::flyway::version::Version;
use planner::statement::Statement;
use planner::statement::operation::{Operation, ReindexKind};

use crate::exit::{Failure, Outcome};

/// How far back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Back {
    /// The newest applied version only.
    Newest,
    /// Flyway: down to this version, itself included (`facts/flyway.md` §6). Alembic: down to this revision, which stays.
    To(String),
}

/// The plan that takes back.
///
/// # Errors
/// Nothing is applied; something in the way has no way back, or one that cannot be known.
pub fn plan(report: &Report, request: &Request, back: &Back) -> Outcome<Plan> {
    let migrations = match report.settings.source {
        SourceKind::Flyway => flyway(report, request, back),
        SourceKind::Alembic => alembic(report, request, back)?,
    };
    if migrations.is_empty() {
        return Err(Failure::usage("There is nothing to take back.", "See `flightplan info` for what is applied."));
    }
    let revisions: Vec<&Migration> = report.migrations.iter().filter(|it| it.source == SourceKind::Alembic).collect();
    let mut rows = request.applied.alembic.clone();
    let mut steps = Vec::new();
    for migration in migrations {
        let script = way_back(migration)?;
        let history = history(migration, &revisions, &mut rows);
        let number = u32::try_from(steps.len() + 1).unwrap_or(u32::MAX);
        steps.push(step(report, migration, script, history, number));
    }
    let to = match report.settings.source {
        SourceKind::Alembic => rows.into_iter().collect::<Vec<_>>().join(", "),
        SourceKind::Flyway => version_left(report, request, &steps),
    };
    let mut plan = Plan { steps, to, findings: Vec::new(), ..report.plan.clone() };
    plan.digest = digest_of(&(&plan.steps, &plan.target));
    Ok(plan)
}

/// Applied versions, newest first, as far as asked.
fn flyway<'a>(report: &'a Report, request: &Request, back: &Back) -> Vec<&'a Migration> {
    let files: Vec<&Migration> = report.migrations.iter().filter(|it| it.source == SourceKind::Flyway).collect();
    let mut rows = state::info(&files, &report.settings, request);
    rows.retain(|row| row.rank.is_some() && matches!(row.state, State::Success | State::OutOfOrder) && !row.version.is_empty());
    rows.sort_by_key(|row| std::cmp::Reverse(row.rank));
    let find = |id: &Option<MigrationId>| files.iter().copied().find(|file| Some(&file.id) == id.as_ref());
    match back {
        Back::Newest => rows.iter().find_map(|row| find(&row.migration)).into_iter().collect(),
        // "Walks rows backwards until version < target".
        Back::To(version) => {
            let Some(target) = Version::parse(version) else { return Vec::new() };
            let above = |text: &str| Version::parse(text).is_some_and(|version| version >= target);
            rows.iter().take_while(|row| above(&row.version)).filter_map(|row| find(&row.migration)).collect()
        }
    }
}

/// The highest version that is still applied afterwards; empty where none is.
fn version_left(report: &Report, request: &Request, steps: &[Step]) -> String {
    let files: Vec<&Migration> = report.migrations.iter().filter(|it| it.source == SourceKind::Flyway).collect();
    let mut rows = state::info(&files, &report.settings, request);
    rows.retain(|row| row.rank.is_some() && !matches!(row.state, State::Undone | State::Deleted | State::Failed));
    rows.retain(|row| !steps.iter().any(|step| Some(&step.migration) == row.migration.as_ref()));
    let versions = rows.iter().filter_map(|row| Version::parse(&row.version));
    versions.max().map(|version| version.display().to_owned()).unwrap_or_default()
}

fn alembic<'a>(report: &'a Report, request: &Request, back: &Back) -> Outcome<Vec<&'a Migration>> {
    let revisions: Vec<&Migration> = report.migrations.iter().filter(|it| it.source == SourceKind::Alembic).collect();
    let target = match back {
        Back::Newest => "-1",
        Back::To(revision) => revision.as_str(),
    };
    let path = version_rows::downgrade_path(&revisions, &request.applied.alembic, target);
    let path = path.map_err(|finding| Failure::usage(finding.message, finding.workaround))?;
    Ok(path.iter().filter_map(|id| revisions.iter().copied().find(|revision| revision.id == *id)).collect())
}

/// The author's script, if it can be run.
fn way_back(migration: &Migration) -> Outcome<&Script> {
    let Some(script) = &migration.undo else {
        return Err(Failure::usage(
            format!("{} has no way back: its author wrote none. Nothing was changed.", migration.id),
            match migration.source {
                SourceKind::Flyway => format!("Write a U file beside {}, or go forward with a new migration.", migration.path),
                SourceKind::Alembic => format!("Write downgrade() in {}, or go forward with a new revision.", migration.path),
            },
        ));
    };
    if let Some(part) = script.opaque.first() {
        return Err(Failure::usage(
            format!("{}:{}: the way back of {} cannot be known: {}", part.span.file, part.span.line, migration.id, part.reason),
            "Nothing was changed. Make it plain SQL operations, or take it back with the tool it was written for.",
        ));
    }
    Ok(script)
}

fn history(migration: &Migration, revisions: &[&Migration], rows: &mut BTreeSet<String>) -> HistoryEntry {
    match migration.source {
        SourceKind::Flyway => HistoryEntry::Flyway {
            version: migration.version.clone(),
            description: migration.description.clone(),
            kind: "DELETE".to_owned(),
            script: migration.script.clone(),
            checksum: migration.checksum,
        },
        SourceKind::Alembic => {
            let (delete, insert) = version_rows::apply_downgrade(revisions, &migration.id, rows);
            HistoryEntry::Alembic { delete, insert }
        }
    }
}

fn step(report: &Report, migration: &Migration, script: &Script, history: HistoryEntry, number: u32) -> Step {
    let alone = script.execute_in_transaction == Some(false) || script.statements.iter().any(needs_no_transaction);
    let statements = script.statements.iter().enumerate().map(|(at, statement)| planned(migration, at, statement));
    Step {
        id: format!("undo {}", migration.id),
        number,
        migration: migration.id.clone(),
        source: migration.source,
        description: format!("Take back {}", migration.description),
        phase: planner::phase::Phase::Contract,
        transaction: if alone { TransactionMode::Autocommit } else { TransactionMode::Transactional },
        lock_timeout_ms: if alone { 0 } else { report.settings.lock_timeout_ms },
        statement_timeout_ms: report.settings.statement_timeout_ms,
        statements: statements.collect(),
        undo: planner::plan::Undo::default(),
        gate: None,
        history: Some(history),
    }
}

fn planned(migration: &Migration, at: usize, statement: &Statement) -> PlannedStatement {
    PlannedStatement {
        id: format!("undo {}:{}", migration.id, at + 1),
        sql: statement.sql.clone(),
        file: statement.span.file.clone(),
        line: statement.span.line,
        summary: format!("Take back {}", migration.description),
        effect: Effect { transactional: !needs_no_transaction(statement), ..Effect::default() },
        batch: None,
        copy_data: statement.copy_data.clone(),
    }
}

/// What PostgreSQL and SQLite refuse, or ignore, inside a transaction (`facts/flyway.md` §4).
fn needs_no_transaction(statement: &Statement) -> bool {
    statement.autocommit
        || statement.operations.iter().any(|operation| match operation {
            Operation::CreateIndex(create) => create.concurrently,
            Operation::DropIndex { concurrently, .. } | Operation::DetachPartition { concurrently, .. } => *concurrently,
            Operation::Reindex { kind, concurrently, .. } => {
                *concurrently || !matches!(kind, ReindexKind::Index | ReindexKind::Table)
            }
            Operation::Maintain { verb, .. } => !matches!(verb, planner::statement::operation::MaintainVerb::Analyze),
            Operation::SetParameter { name, .. } => name.eq_ignore_ascii_case("foreign_keys"),
            Operation::Transaction { .. } => true,
            _ => false,
        })
}
