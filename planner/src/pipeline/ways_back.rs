//! The ways back of a report's migrations, worked out where somebody asks for them.

use std::collections::BTreeMap;

use super::{Depth, Report, of_source, walk};
use crate::migration::{Migration, MigrationId};
use crate::plan::simulate::{Simulation, Walk, simulate};
use crate::plan::{self, Batch};
use crate::project::Request;
use crate::rule::directive;
use crate::statement::Statement;
use crate::statement::operation::Operation;
use crate::statement::reading::Alone;
use crate::undo::{self, Derived};

/// The derived way back of each migration of the environment's source, whether or not its author wrote one.
#[must_use]
pub fn ways_back(report: &Report, request: &Request) -> BTreeMap<MigrationId, Derived> {
    let own = of_source(&report.migrations, report.settings.source);
    let simulation = everything(&own, report, request);
    let way = |migration: &&Migration| {
        let simulated = simulation.migrations.get(&migration.id)?;
        let unread = migration.up.opaque.iter().map(|part| Derived::opaque(part.reason.clone()));
        let parts: Vec<Derived> = simulated.statements.iter().map(|statement| statement.undo.clone()).chain(unread).collect();
        Some((migration.id.clone(), undo::join(&parts)))
    };
    own.iter().filter_map(way).collect()
}

/// Every migration judged, those that the target has too.
fn everything(own: &[&Migration], report: &Report, request: &Request) -> Simulation {
    let settings = &report.settings;
    let applied = plan::build::applied(own, settings, request);
    let pending = plan::build::course(own, settings, request).pending;
    simulate(&Alone, &walk(own, &pending, &applied, Depth::Everything), settings, request)
}

/// Which statements of the derived ways back run in batches: places in [`Derived::statements`], and how they are cut.
#[must_use]
pub fn batches_back(report: &Report, request: &Request) -> BTreeMap<MigrationId, Vec<(usize, Batch)>> {
    let keeps = |statement: &Statement| matches!(directive::batch(statement), Ok(Some(asked)) if asked.keep);
    let mut own = of_source(&report.migrations, report.settings.source);
    if !own.iter().flat_map(|migration| &migration.up.statements).any(keeps) {
        return BTreeMap::new();
    }
    let mut simulation = everything(&own, report, request);
    own.retain(|migration| migration.up.statements.iter().any(keeps));
    let batches = |migration: &&Migration| {
        let simulated = simulation.migrations.remove(&migration.id)?;
        let mut behind = 0;
        let mut found = Vec::new();
        for statement in simulated.statements.into_iter().rev() {
            found.extend(statement.restore.map(|batch| (behind, *batch)));
            behind += statement.undo.statements.len();
        }
        Some((migration.id.clone(), found))
    };
    own.iter().filter_map(batches).collect()
}

/// Which statements of the authors' ways back run in batches, by the rules of a way forth: places in the script, and how they
/// are cut. The ways are gone in the order given, from the schema that the applied migrations make.
#[must_use]
pub fn batches_given(report: &Report, request: &Request, order: &[&Migration]) -> BTreeMap<MigrationId, Vec<(usize, Batch)>> {
    let changes_rows = |statement: &Statement| {
        matches!(statement.operations.as_slice(), [Operation::Update(_) | Operation::Delete(_) | Operation::Insert(_)])
    };
    let back = |migration: &&Migration| {
        let script = migration.undo.clone()?;
        Some(Migration { id: migration.id.back(), up: script, undo: None, ..(*migration).clone() })
    };
    let ways: Vec<Migration> = order.iter().filter_map(back).collect();
    if !ways.iter().flat_map(|way| &way.up.statements).any(changes_rows) {
        return BTreeMap::new();
    }
    let own = of_source(&report.migrations, report.settings.source);
    let applied = plan::build::applied(&own, &report.settings, request);
    let done = own.iter().copied().filter(|migration| applied.contains(&migration.id)).collect();
    let walk = Walk { done, rest: ways.iter().collect(), ..Walk::default() };
    let mut simulation = simulate(&Alone, &walk, &report.settings, request);
    let batches = |migration: &&Migration| {
        let simulated = simulation.migrations.remove(&migration.id.back())?;
        let places = simulated.statements.into_iter().enumerate();
        Some((migration.id.clone(), places.filter_map(|(at, statement)| Some((at, *statement.batch?))).collect()))
    };
    order.iter().filter_map(batches).collect()
}
