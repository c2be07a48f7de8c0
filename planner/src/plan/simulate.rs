//! Walks the migrations of one source and judges each statement against the schema before it.
//!
//! The catalog is changed in place, so that a thousand migrations cost a thousand changes and no copies. Order: what
//! the target already has, then what is pending, then the rest, which is how the live schema comes about.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Batch;
use super::cut::{self, Candidate};
use super::estimate::{Changed, matching, work_ms};
use super::restore::WayBack;
use crate::catalog::Catalog;
use crate::catalog::apply::{apply, apply_all};
use crate::effect::Effect;
use crate::effect::statement::{Predicted, predicted};
use crate::finding::Finding;
use crate::migration::{Migration, MigrationId, SourceKind};
use crate::phase::{self, NewObjects, Phase};
use crate::project::Request;
use crate::project::settings::Settings;
use crate::rule::context::size;
use crate::rule::judge::Verdicts;
use crate::rule::{MigrationContext, StatementContext};
use crate::statement::Statement;
use crate::statement::operation::Operation;
use crate::statement::reading::{Machine, collect};
use crate::undo::{self, Derived, Known, Made};

/// What the walk found out.
#[derive(Clone, Debug, Default)]
pub struct Simulation {
    /// Each migration.
    pub migrations: FxHashMap<MigrationId, Simulated>,
    /// The schema after the last one.
    pub last: Catalog,
    /// Findings of the rules.
    pub findings: Vec<Arc<Finding>>,
}

/// What the walk found out about one migration.
#[derive(Clone, Debug, Default)]
pub struct Simulated {
    /// Its phase.
    pub phase: Phase,
    /// Each statement.
    pub statements: Vec<SimulatedStatement>,
}

/// What the walk found out about one statement.
#[derive(Clone, Debug, Default)]
pub struct SimulatedStatement {
    /// What it does.
    pub effect: Arc<Effect>,
    /// Its derived way back.
    pub undo: Derived,
    /// How it is cut, where it restores old values: then it is one statement.
    pub restore: Option<Box<Batch>>,
    /// Its batches, where it is cut.
    pub batch: Option<Box<Batch>>,
    /// Milliseconds it works, low and high; absent: a size it depends on is not known.
    pub work_ms: Option<(u64, u64)>,
}

/// The way through the migrations by which a live schema comes about. Every migration is judged once.
#[derive(Clone, Debug, Default)]
pub struct Walk<'a> {
    /// What the target has.
    pub done: Vec<&'a Migration>,
    /// Repeatables the target has that will run again: they change the schema between `done` and `rest`.
    pub again: Vec<&'a Migration>,
    /// What is pending, then what neither ran nor will run.
    pub rest: Vec<&'a Migration>,
    /// Judge what the target has, too: otherwise it only brings the schema about.
    pub judge_done: bool,
}

/// Migrations that are walked before they are judged on every core: the schema before each is held meanwhile.
const WINDOW: usize = 256;

/// Statements of a migration behind which the schema is held for those who judge, so that they need not change it again; a
/// long migration would hold too many.
const NOTED: usize = 4;

/// A schema on the way, and how its objects came about.
#[derive(Clone, Debug, Default)]
struct Stand {
    catalog: Catalog,
    made: Made,
}

impl Stand {
    /// As Flyway does, the executor puts the search path, `foreign_key_checks` and `sql_mode` back before each migration.
    fn begin(self: &mut Arc<Self>, migration: &Migration, path: &[String]) {
        let moved = self.catalog.search_path != path || self.catalog.foreign_keys_off || self.catalog.lenient;
        if migration.source == SourceKind::Flyway && moved {
            let own = Arc::make_mut(self);
            own.catalog.search_path = path.to_vec();
            own.catalog.foreign_keys_off = false;
            own.catalog.lenient = false;
        }
    }

    /// Goes over a migration without judging it.
    fn pass(self: &mut Arc<Self>, migration: &Migration, path: &[String]) {
        migration.up.statements.iter().for_each(|statement| drop(self.change(statement, path)));
    }

    /// Goes over a statement; why it cannot run, where that is certain. After something opaque a missing object may be there
    /// after all. What the schema allows this version of the server may refuse.
    fn change(self: &mut Arc<Self>, statement: &Statement, path: &[String]) -> Option<String> {
        let Self { catalog, made } = Arc::make_mut(self);
        made.note(statement, catalog, path);
        let errors = apply_all(catalog, &statement.operations);
        errors.into_iter().find(|error| error.certain).map(|error| error.message)
    }
}

/// The stand behind a statement, and why that is refused.
type Behind = (Arc<Stand>, Option<String>);

/// The stand before a migration, and those behind its first statements.
type Passed = (Arc<Stand>, Vec<Behind>);

/// A migration judged, and what there is to say about it.
type Judged = (Simulated, Vec<Arc<Finding>>);

/// Goes the way and judges.
#[must_use]
pub fn simulate(machine: &dyn Machine, walk: &Walk<'_>, settings: &Settings, request: &Request) -> Simulation {
    let mut now = Arc::new(Stand { catalog: Catalog::at_start(settings), made: Made::default() });
    let path = now.catalog.search_path.clone();
    let mut simulation = Simulation::default();
    let (passed, judged) = if walk.judge_done { (&[][..], &walk.done[..]) } else { (&walk.done[..], &[][..]) };
    for migration in passed {
        now.begin(migration, &path);
        now.pass(migration, &path);
    }
    let way = Way { path: &path, settings, request };
    way.judge(machine, judged, &mut now, &mut simulation);
    if let Some(first) = walk.rest.first() {
        now.begin(first, &path);
        // What the older text of a repeatable made is not known exactly; the newer text stands for it.
        walk.again.iter().for_each(|migration| now.pass(migration, &path));
    }
    way.judge(machine, &walk.rest, &mut now, &mut simulation);
    simulation.last = Arc::unwrap_or_clone(now).catalog;
    simulation
}

/// What is the same for every migration on the way.
#[derive(Clone, Copy)]
struct Way<'a> {
    /// Search path at the start of each migration.
    path: &'a [String],
    settings: &'a Settings,
    request: &'a Request,
}

impl Way<'_> {
    /// Judges migrations in their order. Only the schema before each needs those before it, and changing a schema costs far
    /// less than judging the change: so a machine with several cores gets the schemas of a window first, and those of the
    /// next one while it judges.
    fn judge(self, machine: &dyn Machine, migrations: &[&Migration], now: &mut Arc<Stand>, simulation: &mut Simulation) {
        let mut windows = migrations.chunks(WINDOW);
        let mut next = windows.next().unwrap_or_default();
        if machine.is_alone() {
            let found = migrations.iter().map(|migration| self.judged(migration, now, &[]));
            return keep(migrations, found, simulation);
        }
        let mut starts = self.pass(next, now);
        let mut kept: (&[&Migration], Vec<Judged>) = (&[], Vec::new());
        while !next.is_empty() {
            let window = std::mem::replace(&mut next, windows.next().unwrap_or_default());
            let stands = std::mem::take(&mut starts);
            let judged = |at: usize| {
                let (start, behind) = stands.get(at)?;
                Some(self.judged(window.get(at)?, &mut start.clone(), behind))
            };
            let mut found = Vec::with_capacity(window.len());
            let mut judge = || found.extend(collect(machine, window.len(), judged).flatten());
            machine.both(&mut judge, &mut || {
                let (window, found) = std::mem::take(&mut kept);
                keep(window, found, simulation);
                starts = self.pass(next, now);
            });
            machine.discard(Box::new(stands));
            kept = (window, found);
        }
        keep(kept.0, kept.1, simulation);
    }

    /// The stands before and in each of some migrations.
    fn pass(self, migrations: &[&Migration], now: &mut Arc<Stand>) -> Vec<Passed> {
        migrations.iter().map(|migration| self.passed(migration, now)).collect()
    }

    /// The stand before a migration, and those behind its first statements.
    fn passed(self, migration: &Migration, now: &mut Arc<Stand>) -> Passed {
        let start = now.clone();
        now.begin(migration, self.path);
        let mut behind = Vec::new();
        for statement in &migration.up.statements {
            let refused = now.change(statement, self.path);
            if behind.len() < NOTED {
                behind.push((now.clone(), refused));
            }
        }
        (start, behind)
    }

    fn judged(self, migration: &Migration, now: &mut Arc<Stand>, behind: &[Behind]) -> Judged {
        now.begin(migration, self.path);
        judge(migration, now, behind, self)
    }
}

fn keep(migrations: &[&Migration], found: impl IntoIterator<Item = Judged>, simulation: &mut Simulation) {
    for (migration, (simulated, findings)) in migrations.iter().zip(found) {
        simulation.migrations.insert(migration.id.clone(), simulated);
        simulation.findings.extend(findings);
    }
}

/// `V3:2`: the name of a statement in plans and choices.
#[must_use]
pub fn statement_id(migration: &Migration, index: usize) -> String {
    format!("{}:{}", migration.id, index + 1)
}

/// `behind` are the stands behind the first statements, and why these are refused, where somebody went there before.
fn judge(migration: &Migration, now: &mut Arc<Stand>, behind: &[Behind], way: Way<'_>) -> Judged {
    let Way { path, settings, request } = way;
    let mut new = NewObjects::of(migration);
    // A copy costs the names only, and only a way back asks for it.
    let start = if migration.undo.is_some() { now.catalog.clone() } else { Catalog::default() };
    let mut verdicts = Verdicts::default();
    let count = migration.up.statements.len();
    let (mut phases, mut cuts) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut effects, mut others) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let alone = migration.up.statements.iter().filter(|statement| !only_timeouts(statement)).count() == 1;
    for (index, statement) in migration.up.statements.iter().enumerate() {
        let Stand { catalog: before, made } = now.as_ref();
        let Predicted { mut effect, work_ms: schema } = predicted(statement, before, &request.statistics, &new.tables);
        let id = statement_id(migration, index);
        let (cut, batch, kept) = cut::decide(&Candidate { id: &id, statement, alone, before, new: &new, settings, request });
        if let Some(kept) = &kept {
            effect.undo = kept.undo.reversibility;
        }
        let work_ms = work_ms(schema, changed(statement, before, request), settings.dialect);
        let context = StatementContext {
            migration,
            index,
            statement,
            before,
            effect: &effect,
            new: &new,
            cut: &cut,
            settings,
            statistics: &request.statistics,
        };
        verdicts.statement(&context);
        let mut undo = Vec::with_capacity(statement.operations.len());
        // Each action of an ALTER TABLE finds what those before it have left.
        let mut along = (statement.operations.len() > 1).then(|| before.clone());
        let behind_it = behind.get(index).filter(|(_, refused)| along.is_none() && refused.is_none());
        for operation in &statement.operations {
            phases.push(phase::of_operation(operation, before, &new));
            let known = Known {
                before: along.as_ref().unwrap_or(before),
                new: &new,
                made,
                path,
                sql: &statement.sql,
                behind: behind_it.map(|(stand, _)| &stand.catalog),
            };
            undo.push(undo::derive(operation, &known));
            new.note(operation, before);
            if let Some(along) = &mut along {
                drop(apply(along, operation));
            }
        }
        let refused = match behind.get(index) {
            Some((stand, refused)) => {
                now.clone_from(stand);
                refused.clone()
            }
            None => now.change(statement, path),
        };
        effect.error = refused.or(effect.error);
        cuts.push(cut);
        effects.push(effect);
        let (undo, restore) = match kept {
            Some(WayBack { undo, batch }) => (undo, Some(Box::new(batch))),
            None => (undo::join(&undo), None),
        };
        others.push((undo, restore, batch, work_ms));
    }
    let context = MigrationContext {
        migration,
        before: &start,
        after: &now.catalog,
        effects: &effects,
        cuts: &cuts,
        phases: &phases,
        new: &new,
        settings,
        statistics: &request.statistics,
    };
    verdicts.migration(&context);
    let statement = |(effect, (undo, restore, batch, work_ms))| {
        let effect = Arc::new(effect);
        SimulatedStatement { effect, undo, restore, batch, work_ms }
    };
    let statements = effects.into_iter().zip(others).map(statement).collect();
    let findings = verdicts.findings.into_iter().map(Arc::new).collect();
    (Simulated { phase: phase::of_migration(&phases), statements }, findings)
}

/// Rows a data change works on; `None` where it is none.
fn changed<'a>(statement: &Statement, before: &Catalog, request: &'a Request) -> Option<Changed<'a>> {
    statement.operations.iter().find_map(|operation| match operation {
        Operation::Insert(change) => Some(change.values.map_or(Changed::Unknown, |values| Changed::Rows(u64::from(values)))),
        Operation::Update(change) | Operation::Delete(change) => {
            let table = size(&change.table, before, &request.statistics);
            Some(table.map_or(Changed::Unknown, |table| Changed::Of(table, matching(change.predicate.as_deref(), table))))
        }
        _ => None,
    })
}

/// Whether a statement only sets timeouts, which every step brings along itself.
#[must_use]
pub fn only_timeouts(statement: &Statement) -> bool {
    !statement.operations.is_empty() && statement.operations.iter().all(|operation| timeout(operation).is_some())
}

/// The timeout an operation sets.
#[must_use]
pub fn timeout(operation: &Operation) -> Option<(&str, u64)> {
    match operation {
        Operation::SetParameter { name, value, .. } if matches!(name.as_str(), "lock_timeout" | "statement_timeout") => {
            milliseconds(value).map(|value| (name.as_str(), value))
        }
        _ => None,
    }
}

/// PostgreSQL's spelling of a duration: `'5s'`, `500`, `'2min'`.
fn milliseconds(value: &str) -> Option<u64> {
    let value = value.trim().trim_matches('\'').trim();
    let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let (digits, unit) = value.split_at_checked(end)?;
    let factor = match unit.trim() {
        "" | "ms" => 1,
        "s" => 1000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}
