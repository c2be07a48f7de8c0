//! What going back over a migration loses, and how to count it on the live data.

use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;
use crate::effect::Reversibility;
use crate::migration::{Migration, MigrationId};
use crate::name::{ObjectName, quote};
use crate::project::settings::Settings;
use crate::statement::Statement;
use crate::statement::operation::Operation;

/// What going back over one statement loses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The migration.
    pub migration: MigrationId,
    /// Place of the first schema that has it.
    pub schema: u32,
    /// What the way back is.
    pub cost: Reversibility,
    /// What is lost, as sentences.
    pub notes: Vec<String>,
    /// File of the statement.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// A query that counts what would be lost now; absent: the rows are gone already, or no query tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<String>,
}

/// The way back of a statement as it was derived.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// What it costs.
    pub reversibility: Reversibility,
    /// What is lost.
    pub notes: &'a [String],
    /// Whose.
    pub settings: &'a Settings,
}

impl Loss {
    pub(super) fn of(migration: &Migration, statement: &Statement, schema: u32, way: Way<'_>) -> Self {
        Self {
            migration: migration.id.clone(),
            schema,
            cost: way.reversibility,
            notes: way.notes.to_vec(),
            file: statement.span.file.clone(),
            line: crate::rule::edit::body_span(statement).line,
            count: statement.operations.iter().find_map(|operation| count(operation, way.settings)),
        }
    }
}

/// Tables that a migration renames.
pub(super) fn renamed(migration: &Migration) -> Vec<&ObjectName> {
    let mut tables = Vec::new();
    for statement in &migration.up.statements {
        for operation in &statement.operations {
            if let Operation::RenameTable { table, .. } = operation {
                tables.push(table);
            }
        }
    }
    tables
}

/// Whether a statement makes a table that takes another's name in the same migration (Alembic's move and copy on SQLite):
/// what going back loses is told where it does.
pub(super) fn steps_in(statement: &Statement, renamed: &[&ObjectName]) -> bool {
    statement.operations.iter().any(|one| matches!(one, Operation::CreateTable(create) if renamed.contains(&&create.table)))
}

/// Counts the rows or values that were written since and that the way back takes away or trips over.
fn count(operation: &Operation, settings: &Settings) -> Option<String> {
    let dialect = settings.dialect;
    let rows = |table: &ObjectName, filter: &str| {
        let filter = if filter.is_empty() { String::new() } else { format!(" WHERE {filter}") };
        Some(format!("SELECT count(*) FROM {}{filter}", table.sql(dialect)))
    };
    match operation {
        Operation::CreateTable(create) if !create.temporary => rows(&create.table, ""),
        Operation::AddColumn { table, column, .. } if column.generated.is_none() => {
            let name = quote(&column.name, dialect);
            let written = match (&column.default, dialect) {
                (None, _) => format!("{name} IS NOT NULL"),
                (Some(default), Dialect::Postgres) => format!("{name} IS DISTINCT FROM ({default})"),
                (Some(default), Dialect::Sqlite) => format!("{name} IS NOT ({default})"),
                (Some(default), Dialect::MySql | Dialect::MariaDb) => format!("NOT ({name} <=> ({default}))"),
            };
            rows(table, &written)
        }
        Operation::DropNotNull { table, column } => rows(table, &format!("{} IS NULL", quote(column, dialect))),
        _ => None,
    }
}
