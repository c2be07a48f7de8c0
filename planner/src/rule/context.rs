//! What a rule may look at.

use std::borrow::Cow;

use super::{Hit, Rule};
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::effect::{Effect, LockMode, postgres};
use crate::finding::Severity;
use crate::migration::Migration;
use crate::name::ObjectName;
use crate::phase::{NewObjects, Phase};
use crate::project::settings::Settings;
use crate::project::{Statistics, TableStatistics};
use crate::statement::Statement;
use crate::statement::operation::{ColumnDefinition, Operation};
use crate::statement::words::words;

/// How the plan runs a data change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// It is no `UPDATE` or `DELETE`.
    #[default]
    NoDataChange,
    /// The table is new or small: one statement is right.
    Small,
    /// In batches, with the index that would spare most of the way where it pays to make one.
    Batched(Option<Box<HelperIndex>>),
    /// As one statement, because a reviewer or the author chose so.
    Chosen,
    /// As one statement although it may be large: why it cannot be cut.
    Whole(String),
}

/// An index over just the rows that a change in batches is about, by the key it walks, and what it would spare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelperIndex {
    /// Builds it beside everybody's work.
    pub create_sql: String,
    /// Drops it likewise.
    pub drop_sql: String,
    /// Milliseconds of the walk over the whole table, low and high.
    pub without_ms: (u64, u64),
    /// Milliseconds of the walk over the index, its building included, low and high.
    pub with_ms: (u64, u64),
    /// Rows the change is about, at most.
    pub matching: u64,
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
    /// The schema before it.
    pub before: &'a Catalog,
    /// The schema after it.
    pub after: &'a Catalog,
    /// What each statement does.
    pub effects: &'a [Effect],
    /// How the plan runs each statement.
    pub cuts: &'a [Cut],
    /// Phase of each operation of all statements.
    pub phases: &'a [Option<Phase>],
    /// What the migration made.
    pub new: &'a NewObjects,
    /// The environment's settings.
    pub settings: &'a Settings,
    /// Table sizes, where known.
    pub statistics: &'a Statistics,
}

/// All migrations of a source, in the order they run.
#[derive(Clone, Copy, Debug)]
pub struct ProjectContext<'a> {
    /// The migrations.
    pub migrations: &'a [&'a Migration],
    /// The schema after all of them.
    pub last: &'a Catalog,
    /// The environment's settings.
    pub settings: &'a Settings,
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

impl<'a> StatementContext<'a> {
    /// The words of the statement in small letters, comments and texts left out.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        words(&self.statement.sql).collect()
    }

    /// The older table, not known to be small, that a schema change of MySQL or MariaDB is about.
    #[must_use]
    pub fn altered_table(&self) -> Option<&'a ObjectName> {
        let operation = self.statement.operations.first().filter(|_| self.dialect().is_mysql())?;
        let made_or_gone = matches!(
            operation,
            Operation::CreateTable(_)
                | Operation::CreateTableAs { .. }
                | Operation::DropTable { .. }
                | Operation::Truncate { .. }
        );
        let rows =
            matches!(operation, Operation::Insert(_) | Operation::Update(_) | Operation::Delete(_) | Operation::Copy { .. });
        let table = operation.subject().filter(|_| !made_or_gone && !rows)?;
        (self.before.has_table(table) && !self.is_quiet(table)).then_some(table)
    }

    /// Columns that the statement makes, with their tables.
    #[must_use]
    pub fn new_columns(&self) -> Vec<(&'a ObjectName, &'a ColumnDefinition)> {
        let mut found = Vec::new();
        for operation in &self.statement.operations {
            match operation {
                Operation::CreateTable(create) => found.extend(create.columns.iter().map(|column| (&create.table, column))),
                Operation::AddColumn { table, column, .. } => found.push((table, column)),
                _ => {}
            }
        }
        found
    }
}

impl StatementContext<'_> {
    /// Asks a question of each operation.
    #[must_use]
    pub fn each(&self, check: fn(&Self, &Operation) -> Option<Hit>) -> Vec<Hit> {
        self.statement.operations.iter().filter_map(|operation| check(self, operation)).collect()
    }

    /// The same, where the target is PostgreSQL.
    #[must_use]
    pub fn postgres(&self, check: fn(&Self, &Operation) -> Option<Hit>) -> Vec<Hit> {
        if self.dialect() == Dialect::Postgres { self.each(check) } else { Vec::new() }
    }

    /// Operations of the migration before this statement.
    pub fn earlier(&self) -> impl Iterator<Item = &Operation> {
        self.migration.up.statements.iter().take(self.index).flat_map(|statement| &statement.operations)
    }

    /// Operations of the migration behind this statement.
    pub fn later(&self) -> impl Iterator<Item = &Operation> {
        self.migration.up.statements.iter().skip(self.index + 1).flat_map(|statement| &statement.operations)
    }

    /// What one operation does, where the statement has several (PostgreSQL).
    #[must_use]
    pub fn effect_of(&self, operation: &Operation) -> Cow<'_, Effect> {
        match self.statement.operations.as_slice() {
            [_] | [_, Operation::AlterScope { .. }] => Cow::Borrowed(self.effect),
            _ => Cow::Owned(postgres::effect(operation, self.before)),
        }
    }

    /// Whether the migration made the table.
    #[must_use]
    pub fn is_new(&self, table: &ObjectName) -> bool {
        self.new.has_table(table, self.before)
    }

    /// Whether a table is known to be large.
    #[must_use]
    pub fn is_large(&self, table: &ObjectName) -> bool {
        is_large(table, self.before, self.statistics, self.settings)
    }

    /// Those of some tables, by the names effects carry, at which somebody is kept waiting.
    pub fn loud<'a>(&self, tables: &'a [String]) -> impl Iterator<Item = &'a String> {
        tables.iter().filter(|table| !self.is_quiet(&named(table)))
    }

    /// Whether an operation writes a table anew and somebody is kept waiting.
    #[must_use]
    pub fn is_rewritten(&self, table: &ObjectName, operation: &Operation) -> bool {
        self.is_worked_on(table, &self.effect_of(operation).rewrites)
    }

    /// Whether an operation reads a table as a whole and somebody is kept waiting.
    #[must_use]
    pub fn is_scanned(&self, table: &ObjectName, operation: &Operation) -> bool {
        self.is_worked_on(table, &self.effect_of(operation).scans)
    }

    /// Whether a table, or one of the partitions that hold its rows, is among these and not quiet.
    fn is_worked_on(&self, table: &ObjectName, worked: &[String]) -> bool {
        worked_on(self.before, table, worked).any(|one| !self.is_quiet(&one))
    }

    /// Other tables than `own` and its partitions that an operation locks at least that strongly and where somebody is
    /// kept waiting.
    #[must_use]
    pub fn locked_besides(&self, own: &ObjectName, operation: &Operation, least: LockMode) -> Vec<String> {
        let key = self.before.resolve(own);
        let family: Vec<String> = self.before.descendants(&key).iter().chain([&key]).map(ToString::to_string).collect();
        let effect = self.effect_of(operation);
        let strong = effect.locks.iter().filter(|lock| lock.mode >= least && !family.contains(&lock.object));
        let tables = strong.map(|lock| &lock.object).filter(|object| self.before.has_table(&named(object)));
        tables.filter(|object| !self.is_quiet(&named(object))).cloned().collect()
    }

    /// Whether nothing else is in its migration, settings aside.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        let setting = |statement: &&Statement| {
            statement.operations.iter().all(|operation| matches!(operation, Operation::SetParameter { .. }))
        };
        // Two are enough to know: each of a thousand statements may ask.
        self.migration.up.statements.iter().filter(|statement| !setting(statement)).take(2).count() == 1
    }
}

impl Hit {
    /// The same hit, one severity up where its table is known to be large.
    #[must_use]
    pub fn sized(mut self, context: &StatementContext<'_>, table: &ObjectName, rule: &Rule) -> Self {
        if context.is_large(table) {
            self.severity = Some(match rule.severity {
                Severity::Info => Severity::Warning,
                Severity::Warning | Severity::Error => Severity::Error,
            });
        }
        self
    }
}

impl MigrationContext<'_> {
    /// Operations with the index of their statement.
    pub fn operations(&self) -> impl Iterator<Item = (usize, &Operation)> {
        let statements = self.migration.up.statements.iter().enumerate();
        statements.flat_map(|(at, statement)| statement.operations.iter().map(move |operation| (at, operation)))
    }

    /// Whether nobody is kept waiting at a table: the migration made it, or it is known to be small or not there yet.
    #[must_use]
    pub fn is_quiet(&self, table: &ObjectName) -> bool {
        self.new.has_table(table, self.after) || is_small(table, self.after, self.statistics, self.settings)
    }

    /// Whether a statement reads a table as a whole, or a partition of it, and somebody is kept waiting.
    #[must_use]
    pub fn is_scanned(&self, table: &ObjectName, effect: &Effect) -> bool {
        worked_on(self.after, table, &effect.scans).any(|one| !self.is_quiet(&one))
    }

    /// Whether all its statements run in one transaction (PostgreSQL).
    #[must_use]
    pub fn is_one_transaction(&self) -> bool {
        let script = &self.migration.up;
        let asked = script.execute_in_transaction.unwrap_or(self.settings.flyway.execute_in_transaction);
        let cut = script.statements.iter().any(|statement| statement.autocommit);
        let postgres = self.settings.dialect == Dialect::Postgres;
        postgres && asked && !cut && self.effects.iter().all(|effect| effect.transactional)
    }
}

/// Whether a table is known to be small: measured below the threshold, or absent from a measured database and so
/// made by the migrations in the plan.
#[must_use]
pub fn is_small(table: &ObjectName, catalog: &Catalog, statistics: &Statistics, settings: &Settings) -> bool {
    match rows(table, catalog, statistics) {
        Some(rows) => rows < settings.batch.from_rows,
        None => !statistics.is_empty(),
    }
}

/// Whether a table is known to be large: a hundred times what is planned in batches.
#[must_use]
pub fn is_large(table: &ObjectName, catalog: &Catalog, statistics: &Statistics, settings: &Settings) -> bool {
    rows(table, catalog, statistics).is_some_and(|rows| rows / 100 >= settings.batch.from_rows.max(1))
}

/// Measured rows of a table.
#[must_use]
pub fn rows(table: &ObjectName, catalog: &Catalog, statistics: &Statistics) -> Option<u64> {
    size(table, catalog, statistics).map(|size| size.rows)
}

/// Measured size of a table.
#[must_use]
pub fn size<'a>(table: &ObjectName, catalog: &Catalog, statistics: &'a Statistics) -> Option<&'a TableStatistics> {
    // Most plans are made without: names need not be resolved then.
    if statistics.is_empty() {
        return None;
    }
    statistics.table(&catalog.resolve(table).to_string())
}

/// A resolved name from the text effects carry.
#[must_use]
pub fn named(text: &str) -> ObjectName {
    match text.split_once('.') {
        Some((schema, name)) => ObjectName::qualified(schema, name),
        None => ObjectName::bare(text),
    }
}

/// Those of a table and its partitions that are among some, by the names effects carry.
fn worked_on<'a>(catalog: &'a Catalog, table: &ObjectName, worked: &'a [String]) -> impl Iterator<Item = ObjectName> + 'a {
    let key = (!worked.is_empty()).then(|| catalog.resolve(table));
    let family = key.into_iter().flat_map(|key| catalog.descendants(&key).into_iter().chain([key]));
    family.filter(|member| worked.contains(&member.to_string()))
}
