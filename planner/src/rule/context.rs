//! What a rule may look at.

use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::effect::Effect;
use crate::migration::Migration;
use crate::name::ObjectName;
use crate::phase::NewObjects;
use crate::project::Statistics;
use crate::project::settings::Settings;
use crate::statement::Statement;
use crate::statement::operation::Operation;

/// How the plan runs a data change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// It is no `UPDATE` or `DELETE`.
    #[default]
    NoDataChange,
    /// The table is new or small: one statement is right.
    Small,
    /// In batches.
    Batched,
    /// As one statement, because a reviewer or the author chose so.
    Chosen,
    /// As one statement although it may be large: why it cannot be cut.
    Whole(String),
}

/// One statement in its place.
#[derive(Clone, Copy, Debug)]
pub struct StatementContext<'a> {
    /// Its migration.
    pub migration: &'a Migration,
    /// Its index in the migration.
    pub index: usize,
    /// The statement.
    pub statement: &'a Statement,
    /// The schema before it.
    pub before: &'a Catalog,
    /// What it does.
    pub effect: &'a Effect,
    /// What its migration made before it.
    pub new: &'a NewObjects,
    /// How the plan runs it.
    pub cut: &'a Cut,
    /// The environment's settings.
    pub settings: &'a Settings,
    /// Table sizes, where known.
    pub statistics: &'a Statistics,
}

/// A migration in its place.
#[derive(Clone, Copy, Debug)]
pub struct MigrationContext<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// The schema after it.
    pub after: &'a Catalog,
    /// What each statement does.
    pub effects: &'a [Effect],
    /// How the plan runs each statement.
    pub cuts: &'a [Cut],
    /// What the migration made.
    pub new: &'a NewObjects,
    /// The environment's settings.
    pub settings: &'a Settings,
    /// Table sizes, where known.
    pub statistics: &'a Statistics,
}

impl StatementContext<'_> {
    /// Dialect of the target.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.settings.dialect
    }

    /// Whether nobody is kept waiting at a table: the migration made it, or it is known to be small or not there yet.
    #[must_use]
    pub fn is_quiet(&self, table: &ObjectName) -> bool {
        self.new.has_table(table, self.before) || is_small(table, self.before, self.statistics, self.settings)
    }
}

impl StatementContext<'_> {
    /// Whether nothing else is in its migration, settings aside.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        let setting = |statement: &&Statement| {
            statement.operations.iter().all(|operation| matches!(operation, Operation::SetParameter { .. }))
        };
        self.migration.up.statements.iter().filter(|statement| !setting(statement)).count() == 1
    }
}

impl MigrationContext<'_> {
    /// Operations with the index of their statement.
    pub fn operations(&self) -> impl Iterator<Item = (usize, &Operation)> {
        let statements = self.migration.up.statements.iter().enumerate();
        statements.flat_map(|(at, statement)| statement.operations.iter().map(move |operation| (at, operation)))
    }
}

/// Whether a table is known to be small: measured below the threshold, or absent from a measured database and so
/// made by the migrations in the plan.
#[must_use]
pub fn is_small(table: &ObjectName, catalog: &Catalog, statistics: &Statistics, settings: &Settings) -> bool {
    match rows(table, catalog, statistics) {
        Some(rows) => rows < settings.batch_from_rows,
        None => !statistics.0.is_empty(),
    }
}

/// Measured rows of a table.
#[must_use]
pub fn rows(table: &ObjectName, catalog: &Catalog, statistics: &Statistics) -> Option<u64> {
    size(table, catalog, statistics).map(|size| size.rows)
}

/// Measured size of a table.
#[must_use]
pub fn size(table: &ObjectName, catalog: &Catalog, statistics: &Statistics) -> Option<crate::project::TableStatistics> {
    statistics.0.get(&catalog.resolve(table).to_string()).copied()
}

/// A resolved name from the text effects carry.
#[must_use]
pub fn named(text: &str) -> ObjectName {
    match text.split_once('.') {
        Some((schema, name)) => ObjectName::qualified(schema, name),
        None => ObjectName::bare(text),
    }
}
