//! The way back: the author's U file or `downgrade()`, else the derived one, as a plan of its own for the same executor.
//!
//! Flyway's history gets a DELETE row, which its Community edition reads (a UNDO_SQL row it does not; `undoRecord` asks
//! for it where Teams reads along); the version is pending again afterwards.

pub mod since;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use planner::Report;
use planner::dialect::Dialect;
use planner::finding::{Finding, Severity};
use planner::migration::{Migration, MigrationId, Script, SourceKind};
use planner::plan::callback::{self, EACH_UNDO};
use planner::plan::canonical::digest_of;
use planner::plan::fallback;
use planner::plan::{HistoryEntry, Plan, Step};
use planner::project::Request;
use planner::project::settings::UndoRecord;
use planner::source::alembic::version_rows;
use planner::source::flyway::name::{self, FileName};
use planner::source::flyway::state::{self, State};
use planner::source::flyway::version::Version;
use planner::span::Span;
use planner::statement::Statement;
use planner::statement::parse::parse;
use planner::undo::Derived;

use super::half::Half;
use super::undo_step::{parts, step};
use crate::exit::{Failure, Outcome};

/// What the ids of steps of a way back begin with.
pub const STEP: &str = MigrationId::BACK;

/// How far back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Back {
    /// The newest applied version only.
    Newest,
    /// Flyway: down to this version, itself included (`facts/flyway.md` §6). Alembic: down to this revision, which stays.
    To(String),
    /// To the state before a run, which [`since`] found to take these back, newest first: these and nothing else.
    Before {
        /// Id of the run.
        run: String,
        /// What goes.
        these: Vec<MigrationId>,
        /// The one of them that is half applied.
        half: Option<Half>,
    },
}

impl Back {
    /// The migration of it that is half applied; report and request have to be as [`Half::take_for_whole`] makes them.
    #[must_use]
    pub fn half(&self) -> Option<&Half> {
        match self {
            Self::Before { half, .. } => half.as_ref(),
            Self::Newest | Self::To(_) => None,
        }
    }
}

/// The plan that takes back.
///
/// # Errors
/// Nothing is applied; something in the way has no way back, or one that cannot be known.
pub fn plan(report: &Report, request: &Request, back: &Back) -> Outcome<Plan> {
    let mut findings = Vec::new();
    let derived = derived(report, request);
    let migrations = match (back, report.settings.source) {
        (Back::Before { run, these, .. }, _) => since::still(report, request, run, these)?,
        (_, SourceKind::Flyway) => {
            reachable(flyway(report, request, back), back, (&derived, report.settings.dialect), &mut findings)?
        }
        (_, SourceKind::Alembic) => alembic(report, request, back)?,
    };
    if migrations.is_empty() && report.settings.source == SourceKind::Alembic {
        return Err(Failure::usage("There is nothing to take back.", "See `flightplan info` for what is applied."));
    }
    let mut batches = planner::pipeline::batches_back(report, request);
    batches.retain(|id, _| migrations.iter().any(|migration| migration.id == *id && migration.undo.is_none()));
    batches.extend(planner::pipeline::batches_given(report, request, &migrations));
    let callbacks = callback::of_undo(&report.callbacks);
    let revisions: Vec<&Migration> = report.migrations.iter().filter(|it| it.source == SourceKind::Alembic).collect();
    let mut rows = request.applied.alembic.clone();
    let mut steps = Vec::new();
    for migration in migrations {
        let script = way(migration, &derived, report.settings.dialect)?;
        let script = script.as_ref();
        findings.extend(changes_nothing(migration, script));
        let number = u32::try_from(steps.len() + 1).unwrap_or(u32::MAX);
        let mut own = if by_python(migration, script, request) {
            findings.push(fallback::finding(migration, script));
            vec![python_step(report, migration, script, &revisions, &rows)?]
        } else {
            readable(migration, script)?;
            let batches = batches.get(&migration.id).map(Vec::as_slice).unwrap_or_default();
            parts(step(report, migration, script), batches)
        };
        for (part, number) in own.iter_mut().zip(number..) {
            part.number = number;
        }
        if let Some(last) = own.last_mut() {
            let entry = history(report, migration, script, &revisions, &mut rows);
            let half = back.half().is_some_and(|half| half.migration == migration.id);
            last.history = Some(if half { Half::history(migration) } else { entry });
        }
        EACH_UNDO.fill(&mut own, &callbacks);
        steps.extend(own);
    }
    let (group, more) = grouped(report, &mut steps)?;
    findings.extend(more);
    let to = match report.settings.source {
        SourceKind::Alembic => rows.into_iter().collect::<Vec<_>>().join(", "),
        SourceKind::Flyway => version_left(report, request, &steps),
    };
    let mut plan = Plan {
        steps,
        group,
        callbacks,
        to,
        findings: findings.into_iter().map(Arc::new).collect(),
        rollout: None,
        ..report.plan.clone()
    };
    plan.digest = digest_of(&(&plan.steps, &plan.target, plan.group, &plan.callbacks));
    Ok(plan)
}

fn grouped(report: &Report, steps: &mut [Step]) -> Outcome<(bool, Vec<Finding>)> {
    if report.settings.source != SourceKind::Flyway {
        return Ok((false, Vec::new()));
    }
    let (group, findings) = planner::plan::group::group(steps, &report.settings);
    let misplaced = callback::misplaced(steps);
    match findings.iter().chain(&misplaced).find(|finding| finding.blocking) {
        Some(broken) => Err(Failure::usage(broken.message.clone(), broken.workaround.clone())),
        None => Ok((group, findings)),
    }
}

/// Applied versions, newest first.
fn versions<'a>(report: &'a Report, request: &Request) -> impl Iterator<Item = Applied<'a>> {
    let files: Vec<&Migration> = report.migrations.iter().filter(|it| it.source == SourceKind::Flyway).collect();
    let by_id: BTreeMap<&MigrationId, &Migration> = files.iter().map(|file| (&file.id, *file)).collect();
    let mut rows = state::info(&files, &report.settings, request);
    let applied = |state| matches!(state, State::Success | State::OutOfOrder | State::Missing | State::Future);
    rows.retain(|row| row.rank.is_some() && applied(row.state) && row.category == "Versioned");
    rows.sort_by_key(|row| std::cmp::Reverse(row.rank));
    rows.into_iter()
        .map(move |row| Applied { migration: row.migration.as_ref().and_then(|id| by_id.get(id).copied()), version: row.version })
}

/// Applied versions, newest first, as far as asked.
fn flyway<'a>(report: &'a Report, request: &Request, back: &Back) -> Vec<Applied<'a>> {
    let found = versions(report, request);
    match back {
        Back::Newest | Back::Before { .. } => found.take(1).collect(),
        // "Walks rows backwards until version < target".
        Back::To(version) => {
            let Some(target) = Version::parse(version) else { return Vec::new() };
            let above = |row: &Applied<'_>| Version::parse(&row.version).is_some_and(|version| version >= target);
            found.take_while(above).collect()
        }
    }
}

/// An applied version, with its file where there is one.
struct Applied<'a> {
    version: String,
    migration: Option<&'a Migration>,
}

impl<'a> Applied<'a> {
    /// Its file.
    fn file(&self) -> Outcome<&'a Migration> {
        self.migration.ok_or_else(|| {
            Failure::usage(
                format!("Version {} has no way back: its file is not in the project. Nothing was changed.", self.version),
                "Bring its V and U files back.",
            )
        })
    }
}

/// As many as have a way back. One without ends the walk, and is told; nothing below it can be taken back before it.
fn reachable<'a>(
    applied: Vec<Applied<'a>>,
    back: &Back,
    (derived, dialect): (&BTreeMap<MigrationId, Derived>, Dialect),
    findings: &mut Vec<Finding>,
) -> Outcome<Vec<&'a Migration>> {
    let mut migrations = Vec::new();
    for row in applied {
        let script = row.file().and_then(|migration| {
            way(migration, derived, dialect).and_then(|script| readable(migration, &script)).map(|()| migration)
        });
        match script {
            Ok(migration) => migrations.push(migration),
            Err(failure) if migrations.is_empty() || *back == Back::Newest => return Err(failure),
            Err(failure) => {
                let message = format!("Undo stops before version {}, which has no way back that can be run.", row.version);
                let effect = "What was applied before it stays.".into();
                let broken = Finding::broken("undo-stops", None, message, failure.cure);
                findings.push(Finding { severity: Severity::Warning, blocking: false, effect, ..broken });
                break;
            }
        }
    }
    Ok(migrations)
}

/// The highest version that is still applied afterwards; empty where none is.
fn version_left(report: &Report, request: &Request, steps: &[Step]) -> String {
    let files: Vec<&Migration> = report.migrations.iter().filter(|it| it.source == SourceKind::Flyway).collect();
    let mut rows = state::info(&files, &report.settings, request);
    rows.retain(|row| row.rank.is_some() && row.category != "Undo");
    rows.retain(|row| !matches!(row.state, State::Undone | State::Deleted | State::Failed));
    rows.retain(|row| !steps.iter().any(|step| Some(&step.migration) == row.migration.as_ref()));
    let versions = rows.iter().filter_map(|row| Version::parse(&row.version));
    versions.max().map(|version| version.display().to_owned()).unwrap_or_default()
}

fn alembic<'a>(report: &'a Report, request: &Request, back: &Back) -> Outcome<Vec<&'a Migration>> {
    let revisions: Vec<&Migration> = report.migrations.iter().filter(|it| it.source == SourceKind::Alembic).collect();
    let target = match back {
        Back::Newest | Back::Before { .. } => "-1",
        Back::To(revision) => revision.as_str(),
    };
    let path = version_rows::downgrade_path(&revisions, &request.applied.alembic, target);
    let path = path.map_err(|finding| Failure::usage(finding.message, finding.workaround))?;
    Ok(path.iter().filter_map(|id| revisions.iter().copied().find(|revision| revision.id == *id)).collect())
}

/// The derived ways back, where a migration of the source has none of its author's.
#[must_use]
pub fn derived(report: &Report, request: &Request) -> BTreeMap<MigrationId, Derived> {
    let lacks = |migration: &Migration| migration.source == report.settings.source && migration.undo.is_none();
    if report.migrations.iter().any(lacks) { planner::pipeline::ways_back(report, request) } else { BTreeMap::new() }
}

/// The author's script, else the derived one.
fn way<'a>(migration: &'a Migration, derived: &BTreeMap<MigrationId, Derived>, dialect: Dialect) -> Outcome<Cow<'a, Script>> {
    if let Some(script) = &migration.undo {
        return Ok(Cow::Borrowed(script));
    }
    match derived.get(&migration.id) {
        Some(way) if way.possible() => Ok(Cow::Owned(Script {
            path: migration.path.clone(),
            script: migration.script.clone(),
            statements: way.statements.iter().map(|sql| statement(migration, sql, dialect)).collect(),
            ..Script::default()
        })),
        way => Err(Failure::usage(
            format!(
                "{} has no way back: its author wrote none, and none can be derived. {} Nothing was changed.",
                migration.id,
                way.map(|way| way.notes.join(" ")).unwrap_or_default()
            ),
            match migration.source {
                SourceKind::Flyway => format!("Write a U file beside {}, or go forward with a new migration.", migration.path),
                SourceKind::Alembic => format!("Write downgrade() in {}, or go forward with a new revision.", migration.path),
            },
        )),
    }
}

/// A derived statement, which stands in no file.
fn statement(migration: &Migration, sql: &str, dialect: Dialect) -> Statement {
    let (operations, _) = parse(sql, dialect);
    let span = Span { file: migration.path.clone(), ..Span::default() };
    Statement { sql: sql.to_owned(), operations, span, ..Statement::default() }
}

/// Refuses a script that cannot be run as if it were whole.
fn readable(migration: &Migration, script: &Script) -> Outcome<()> {
    let Some(part) = script.opaque.first() else { return Ok(()) };
    let cure = match migration.source {
        SourceKind::Flyway => "Make it plain SQL operations, or take it back with the tool it was written for.",
        SourceKind::Alembic => {
            "Write it as operations the planner can read, or let the project's own Alembic take it back: --allow-python."
        }
    };
    let reason = part.reason.trim_end_matches('.');
    Err(Failure::usage(
        format!(
            "{}:{}: the way back of {} cannot be known: {reason}. Nothing was changed.",
            part.span.file, part.span.line, migration.id
        ),
        cure,
    ))
}

/// Whether the project's own Alembic takes the revision back.
fn by_python(migration: &Migration, script: &Script, request: &Request) -> bool {
    migration.source == SourceKind::Alembic && request.alembic.allow_python && !script.opaque.is_empty()
}

/// The step in which Alembic takes back this one revision.
fn python_step(
    report: &Report,
    migration: &Migration,
    script: &Script,
    revisions: &[&Migration],
    rows: &BTreeSet<String>,
) -> Outcome<Step> {
    let Some(target) = target_of_one(migration, revisions, rows) else {
        return Err(Failure::usage(
            format!("No target of `alembic downgrade` takes back {} and nothing else. Nothing was changed.", migration.id),
            format!(
                "Take back the revisions beside it first, or write downgrade() in {} so that it can be read.",
                migration.path
            ),
        ));
    };
    let call = fallback::Call { command: "downgrade", target, phase: planner::phase::Phase::Contract };
    let step = fallback::step_of(migration, script, call, &report.settings);
    Ok(Step { id: migration.id.back().0, ..step })
}

/// What to tell Alembic so that this revision goes and no other: a parent leaves its other children standing only where
/// the branch is named too. Alembic's own rules, asked of our copy of them, decide.
fn target_of_one(migration: &Migration, revisions: &[&Migration], rows: &BTreeSet<String>) -> Option<String> {
    let id = &migration.id;
    let parents = migration.parents.iter().flat_map(|parent| [parent.to_string(), format!("{id}@{parent}")]);
    let bases = ["base".to_owned(), format!("{id}@base")].into_iter().filter(|_| migration.parents.is_empty());
    let only_it = |target: &String| {
        version_rows::downgrade_path(revisions, rows, target).is_ok_and(|path| matches!(path.as_slice(), [only] if only == id))
    };
    parents.chain(bases).find(only_it)
}

/// An empty `downgrade()`: Alembic runs it without a word, and the schema stays as the revision made it.
fn changes_nothing(migration: &Migration, script: &Script) -> Option<Finding> {
    let empty = migration.source == SourceKind::Alembic && script.statements.is_empty();
    if !empty || (migration.up.statements.is_empty() && migration.up.opaque.is_empty()) {
        return None;
    }
    let message = format!("downgrade() of {} is empty: it takes back the version and leaves the schema as it is.", migration.id);
    let cure = format!("Write the way back in {}.", migration.path);
    let effect = "The next upgrade runs upgrade() again, on a schema that has its changes already.".into();
    let broken = Finding::broken("undo-changes-nothing", None, message, cure).of(&migration.id);
    Some(Finding { severity: Severity::Warning, blocking: false, effect, ..broken })
}

fn history(
    report: &Report,
    migration: &Migration,
    script: &Script,
    revisions: &[&Migration],
    rows: &mut BTreeSet<String>,
) -> HistoryEntry {
    match migration.source {
        SourceKind::Flyway if report.settings.flyway.undo_record == UndoRecord::UndoSql => HistoryEntry::Flyway {
            version: migration.version.clone(),
            description: undo_description(report, migration, script),
            kind: "UNDO_SQL".to_owned(),
            script: script.script.clone(),
            checksum: script.checksum,
        },
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

/// The U file's own description.
fn undo_description(report: &Report, migration: &Migration, script: &Script) -> String {
    let file = script.path.rsplit('/').next().unwrap_or(&script.path);
    match name::parse(file, &report.settings.flyway) {
        FileName::Undo(_, description) => description,
        _ => migration.description.clone(),
    }
}
