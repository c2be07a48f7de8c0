//! Pending migrations to steps.

use std::collections::{BTreeMap, BTreeSet};

use litemap::LiteMap;
use rustc_hash::FxHashMap;

use super::callback::EACH_MIGRATE;
use super::fallback;
use super::simulate::{Simulated, SimulatedStatement, Simulation, statement_id, timeout};
use super::split::{self, Part};
use super::{Gate, HistoryEntry, PlannedCallback, PlannedStatement, Step, TransactionMode, Undo, UndoOrigin};
use crate::finding::Finding;
use crate::graph::order::ancestors;
use crate::migration::{Migration, MigrationId, MigrationKind, SourceKind};
use crate::places::Places;
use crate::project::Request;
use crate::project::settings::Settings;
use crate::sort::Gather;
use crate::source::alembic::version_rows;
use crate::statement::Statement;
use crate::statement::reading::{Machine, collect};
use crate::undo;

/// What will run, and from where to where.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// Migrations in the order they run.
    pub pending: Vec<MigrationId>,
    /// Where the target is.
    pub from: String,
    /// Where it will be.
    pub to: String,
    /// Rows of `alembic_version` that go and come with each revision.
    pub rows: BTreeMap<MigrationId, (Vec<String>, Vec<String>)>,
    /// Why not all of it can run.
    pub findings: Vec<Finding>,
}

/// What is pending, by the tool's own rules. `migrations` are those of the environment's source.
#[must_use]
pub fn course(migrations: &[&Migration], settings: &Settings, request: &Request) -> Course {
    match settings.source {
        SourceKind::Flyway => flyway_course(migrations, settings, request),
        SourceKind::Alembic => alembic_course(migrations, request),
    }
}

fn flyway_course(migrations: &[&Migration], settings: &Settings, request: &Request) -> Course {
    let (pending, findings) = crate::source::flyway::state::pending(migrations, settings, request);
    let versions = |row: &crate::project::AppliedFlyway| row.version.clone().filter(|_| row.success);
    // A row of type DELETE or UNDO_SQL takes its version back; the highest that stays is where the target is.
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for (number, row) in request.applied.flyway.iter().enumerate() {
        let Some(version) = versions(row) else { continue };
        at.remove(&version);
        if !matches!(row.kind.as_str(), "DELETE" | "UNDO_SQL") {
            at.insert(version, number);
        }
    }
    let mut places: FxHashMap<&str, usize> = FxHashMap::default();
    for (place, migration) in migrations.iter().enumerate() {
        if let Some(version) = &migration.version {
            places.entry(version).or_insert(place);
        }
    }
    let place = |version: &String| places.get(version.as_str());
    let from = at.iter().max_by_key(|(version, number)| (place(version), **number)).map(|(version, _)| version.clone());
    let from = from.unwrap_or_default();
    let last = pending.iter().rev().find_map(|id| find(migrations, id).and_then(|migration| migration.version.clone()));
    let to = match last {
        Some(last) if place(&last) >= place(&from) => last,
        _ => from.clone(),
    };
    Course { pending, from, to, rows: BTreeMap::new(), findings }
}

fn alembic_course(migrations: &[&Migration], request: &Request) -> Course {
    let join = |rows: &BTreeSet<String>| rows.iter().cloned().collect::<Vec<_>>().join(", ");
    let mut rows = version_rows::Rows::new(migrations, &request.applied.alembic);
    let from = join(&rows.now);
    match version_rows::upgrade_path(migrations, &rows.now, request.up_to.as_deref()) {
        Ok(pending) => {
            let changes = pending.iter().map(|id| (id.clone(), rows.upgrade(id))).gather();
            Course { pending, to: join(&rows.now), from, rows: changes, findings: Vec::new() }
        }
        Err(finding) => Course { to: from.clone(), from, findings: vec![*finding], ..Course::default() },
    }
}

/// A migration by its id.
#[must_use]
pub fn find<'a>(migrations: &[&'a Migration], id: &MigrationId) -> Option<&'a Migration> {
    migrations.iter().copied().find(|migration| migration.id == *id)
}

/// What the steps are made of.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// The migrations of the environment's source.
    pub migrations: &'a [&'a Migration],
    /// What each statement does.
    pub simulation: &'a Simulation,
    /// The environment's settings.
    pub settings: &'a Settings,
    /// What the caller asks.
    pub request: &'a Request,
    /// Callbacks of the run.
    pub callbacks: &'a [PlannedCallback],
}

/// The steps of a course, and why some of it has none. A gate stands before the first step of its migration.
#[must_use]
pub fn steps(
    machine: &dyn Machine,
    course: &Course,
    material: &Material<'_>,
    gates: &LiteMap<MigrationId, Gate>,
) -> (Vec<Step>, Vec<Finding>) {
    let Material { migrations, simulation, settings, request, .. } = *material;
    let places = Places::of(migrations.iter().map(|migration| &migration.id));
    let built = collect(machine, course.pending.len(), |at| {
        let id = course.pending.get(at)?;
        Some(own_steps(migrations.get(places.get(id)?)?, simulation.migrations.get(id)?, material, course))
    });
    let mut steps: Vec<Step> = Vec::with_capacity(built.len());
    let mut findings = Vec::new();
    for (id, (own, more)) in course.pending.iter().zip(built).filter_map(|(id, built)| Some((id, built?))) {
        findings.extend(more);
        let mut gate = gates.get(id).filter(|_| runs_anything(settings));
        for mut step in own.into_iter().filter(|step| !request.applied.finished_steps.contains(&step.id)) {
            step.number = u32::try_from(steps.len() + 1).unwrap_or(u32::MAX);
            step.gate = gate.take().cloned();
            steps.push(step);
        }
    }
    (steps, findings)
}

/// The steps of one migration, without their numbers and gates, and why some of it has none.
fn own_steps(
    migration: &Migration,
    simulated: &Simulated,
    material: &Material<'_>,
    course: &Course,
) -> (Vec<Step>, Vec<Finding>) {
    let Material { settings, request, .. } = *material;
    if !runs_anything(settings) {
        (vec![recorded_only(migration, simulated, settings, course)], Vec::new())
    } else if request.alembic.allow_python && fallback::needed(migration) {
        let step = Step { history: Some(history(migration, course)), ..fallback::step(migration, simulated, settings) };
        (vec![step], vec![fallback::finding(migration, &migration.up)])
    } else {
        (of_migration(migration, simulated, material, course), opaque(migration))
    }
}

fn of_migration(migration: &Migration, simulated: &Simulated, material: &Material<'_>, course: &Course) -> Vec<Step> {
    let Material { settings, callbacks, request, .. } = *material;
    let parts = split::parts(migration, simulated, settings);
    let parts = EACH_MIGRATE.make_room(parts, callbacks, split::plain(migration, settings));
    let count = parts.len();
    let mut steps = Vec::with_capacity(count);
    for (at, part) in parts.iter().enumerate() {
        let last = at + 1 == count;
        let mut step = build_step(migration, simulated, part, settings);
        step.id = if count == 1 { migration.id.to_string() } else { format!("{}/{}", migration.id, at + 1) };
        step.undo = way_back(migration, simulated, part, count, last);
        if last && request.alembic.allow_python {
            step.undo = fallback::way_back(migration).unwrap_or(step.undo);
        }
        step.history = last.then(|| history(migration, course));
        steps.push(step);
    }
    EACH_MIGRATE.fill(&mut steps, callbacks);
    steps
}

/// `false`: `skipExecutingMigrations`.
const fn runs_anything(settings: &Settings) -> bool {
    !matches!(settings.source, SourceKind::Flyway) || !settings.flyway.skip_executing_migrations
}

/// `skipExecutingMigrations`: the history gets its row, the database nothing.
fn recorded_only(migration: &Migration, simulated: &Simulated, settings: &Settings, course: &Course) -> Step {
    let nothing = Part { mode: TransactionMode::Transactional, statements: Vec::new() };
    let mut step = build_step(migration, simulated, &nothing, settings);
    step.id = migration.id.to_string();
    step.description = format!("Record {} as applied without running it", migration.id);
    step.undo.note = "Nothing runs, so there is nothing to take back.".to_owned();
    step.history = Some(history(migration, course));
    step
}

fn opaque(migration: &Migration) -> Vec<Finding> {
    let cure = match migration.source {
        SourceKind::Alembic => {
            "Write it as operations the planner can read, or allow the project's own Alembic to run this revision: --allow-python."
        }
        SourceKind::Flyway => {
            "Write it as plain SQL or operations the planner can read, or run this migration with its own tool."
        }
    };
    migration
        .up
        .opaque
        .iter()
        .map(|part| {
            let message = format!("A part of {} cannot be read: {}.", migration.id, part.reason.trim_end_matches('.'));
            let mut finding = Finding::broken("opaque-migration", Some(part.span.clone()), message, cure).of(&migration.id);
            finding.effect = "The migration cannot be run as if it were whole.".into();
            finding
        })
        .collect()
}

fn build_step(migration: &Migration, simulated: &Simulated, part: &Part, settings: &Settings) -> Step {
    let mut lock_timeout_ms = settings.lock_timeout_ms;
    let mut statement_timeout_ms = settings.statement_timeout_ms;
    let mut statements = Vec::with_capacity(part.statements.len());
    for index in &part.statements {
        let (Some(statement), Some(judged)) = (migration.up.statements.get(*index), simulated.statements.get(*index)) else {
            continue;
        };
        // A batch is its own transaction, so a SET before it would be gone: the step carries the timeouts.
        if part.mode == TransactionMode::Batched && super::simulate::only_timeouts(statement) {
            for (name, value) in statement.operations.iter().filter_map(timeout) {
                *(if name == "lock_timeout" { &mut lock_timeout_ms } else { &mut statement_timeout_ms }) = value;
            }
            continue;
        }
        statements.push(planned(migration, *index, statement, judged, part.mode, settings));
    }
    Step {
        id: String::new(),
        number: 0,
        migration: migration.id.clone(),
        source: migration.source,
        description: describe(migration, &statements),
        phase: simulated.phase,
        transaction: part.mode,
        lock_timeout_ms,
        statement_timeout_ms,
        statements,
        undo: Undo::default(),
        gate: None,
        fallback: None,
        history: None,
    }
}

fn planned(
    migration: &Migration,
    index: usize,
    statement: &Statement,
    judged: &SimulatedStatement,
    mode: TransactionMode,
    settings: &Settings,
) -> PlannedStatement {
    PlannedStatement {
        id: statement_id(migration, index),
        sql: statement.sql.clone(),
        file: statement.span.file.clone(),
        line: crate::rule::edit::body_span(statement).line,
        summary: super::words::summary(statement, settings.dialect),
        effect: judged.effect.clone(),
        batch: judged.batch.clone().filter(|_| mode == TransactionMode::Batched),
        copy_data: statement.copy_data.clone(),
        callback: None,
    }
}

fn describe(migration: &Migration, statements: &[PlannedStatement]) -> String {
    match statements {
        [only] => only.summary.clone(),
        _ if migration.description.is_empty() => format!("{} statements of {}", statements.len(), migration.id),
        _ => migration.description.clone(),
    }
}

fn way_back(migration: &Migration, simulated: &Simulated, part: &Part, parts: usize, last: bool) -> Undo {
    let mut note = String::new();
    if let Some(script) = &migration.undo {
        let only_version = script.statements.is_empty() && !migration.up.statements.is_empty();
        if script.opaque.is_empty() && !only_version {
            return author_undo(migration, simulated, parts, last);
        }
        note = if only_version {
            "The author's downgrade() is empty: it only moves the version. ".to_owned()
        } else {
            "The author's way back has parts that cannot be read, so it is not used. ".to_owned()
        };
    }
    let derived: Vec<undo::Derived> = part
        .statements
        .iter()
        .filter_map(|index| simulated.statements.get(*index))
        .map(|statement| statement.undo.clone())
        .collect();
    let joined = undo::join(&derived);
    let origin = if joined.possible() { UndoOrigin::Derived } else { UndoOrigin::None };
    note.push_str(&joined.notes.join(" "));
    if note.is_empty() {
        note.push_str("Nothing is lost.");
    }
    Undo { origin, reversibility: joined.reversibility, statements: joined.statements, note, python: None }
}

fn author_undo(migration: &Migration, simulated: &Simulated, parts: usize, last: bool) -> Undo {
    let statements: Vec<String> = match (&migration.undo, last) {
        (Some(script), true) => script.statements.iter().map(|statement| statement.sql.clone()).collect(),
        _ => Vec::new(),
    };
    // What a statement destroyed its author cannot bring back either, so the cost is that of the way forth.
    let lossless =
        simulated.statements.iter().all(|statement| statement.undo.reversibility == crate::effect::Reversibility::Lossless);
    let reversibility = if lossless { crate::effect::Reversibility::Lossless } else { crate::effect::Reversibility::Lossy };
    let file = migration.undo.as_ref().map(|script| script.path.as_str()).unwrap_or_default();
    let mut notes = vec![if last {
        format!("Written by the author in {file}.")
    } else {
        format!("Taken back together with the last of the {parts} parts of {}.", migration.id)
    }];
    let derived = simulated.statements.iter().map(|statement| &statement.undo);
    if derived.clone().all(undo::Derived::possible) {
        notes.extend(derived.flat_map(|undo| undo.notes.iter().cloned()));
    } else {
        notes.push("Whether it brings back every value is its author's word: it cannot be derived.".to_owned());
    }
    notes.dedup();
    Undo { origin: UndoOrigin::Author, reversibility, statements, note: notes.join(" "), python: None }
}

fn history(migration: &Migration, course: &Course) -> HistoryEntry {
    match migration.source {
        SourceKind::Flyway => HistoryEntry::Flyway {
            version: migration.version.clone(),
            description: migration.description.clone(),
            kind: if migration.kind == MigrationKind::Baseline { "SQL_BASELINE" } else { "SQL" }.to_owned(),
            script: migration.script.clone(),
            checksum: migration.checksum,
        },
        SourceKind::Alembic => {
            let (delete, insert) = course.rows.get(&migration.id).cloned().unwrap_or_default();
            HistoryEntry::Alembic { delete, insert }
        }
    }
}

/// Migrations the target's schema holds.
#[must_use]
pub fn applied(migrations: &[&Migration], settings: &Settings, request: &Request) -> BTreeSet<MigrationId> {
    match settings.source {
        SourceKind::Flyway => {
            use crate::source::flyway::state::{State, in_state};
            let held = |state: State| {
                matches!(
                    state,
                    State::Success
                        | State::OutOfOrder
                        | State::Outdated
                        | State::Superseded
                        | State::BelowBaseline
                        | State::BaselineIgnored
                )
            };
            // Without rows only a baseline keeps others from running.
            let baseline = || migrations.iter().any(|migration| migration.kind == MigrationKind::Baseline);
            if request.applied.flyway.is_empty() && !baseline() {
                return BTreeSet::new();
            }
            in_state(migrations, settings, request, held)
        }
        SourceKind::Alembic => {
            let rows = request.applied.alembic.iter().map(|row| MigrationId(row.clone()));
            ancestors(migrations, rows.collect())
        }
    }
}
