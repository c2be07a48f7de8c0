//! What several rules ask of columns: new ones, what they cost, and which indexes they have.

use super::{Hit, StatementContext};
use crate::catalog::Table;
use crate::catalog::apply::type_name;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, ConstraintKind, IndexPart, Operation};

/// Why a new column writes its table anew.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Its type is a domain with a constraint.
    Domain,
    /// It is generated and stored.
    Generated,
    /// It numbers the rows.
    Sequence,
    /// Its default is worked out for each row.
    Default,
}

/// Table and column of an `ADD COLUMN` that writes a table anew for this cause, unless nobody waits for it.
pub(super) fn rewriting<'a>(
    context: &StatementContext<'_>,
    operation: &'a Operation,
    cause: Cause,
) -> Option<(&'a ObjectName, &'a ColumnDefinition)> {
    let Operation::AddColumn { table, column, .. } = operation else { return None };
    if !context.is_rewritten(table, operation) {
        return None;
    }
    let domain = type_name(&column.data_type);
    let domain = context.before.find(&domain, |key| context.before.types.get(key).is_some_and(|domain| domain.constrained));
    let found = if domain.is_some() {
        Cause::Domain
    } else if column.generated.is_some() {
        Cause::Generated
    } else if column.serial || column.identity.is_some() {
        Cause::Sequence
    } else {
        Cause::Default
    };
    (found == cause).then_some((table, column))
}

/// One hit with the names of all columns that get a type that `matches`, on PostgreSQL.
pub(super) fn of_type(context: &StatementContext<'_>, matches: fn(&ColumnDefinition) -> bool, what: &str) -> Vec<Hit> {
    if context.dialect() != Dialect::Postgres {
        return Vec::new();
    }
    let mut names = Vec::new();
    for operation in &context.statement.operations {
        let typed;
        let (table, columns) = match operation {
            Operation::CreateTable(create) if !create.temporary => (&create.table, create.columns.as_slice()),
            Operation::AddColumn { table, column, .. } => (table, std::slice::from_ref(column)),
            Operation::AlterColumnType { table, column, data_type, .. } => {
                typed = ColumnDefinition { name: column.clone(), data_type: data_type.clone(), ..ColumnDefinition::default() };
                (table, std::slice::from_ref(&typed))
            }
            _ => continue,
        };
        names.extend(columns.iter().filter(|column| matches(column)).map(|column| format!("{table}.{}", column.name)));
    }
    if names.is_empty() { Vec::new() } else { vec![Hit::new(format!("{what}: {}.", names.join(", ")))] }
}

/// Indexes that answer for every row: name and key parts, those behind constraints too.
pub(super) fn indexes(table: &Table) -> impl Iterator<Item = (String, Vec<IndexPart>)> + '_ {
    let backing = table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. } => {
            Some((constraint.name.clone()?, columns.iter().cloned().map(IndexPart::Column).collect()))
        }
        _ => None,
    });
    let own = table.indexes.iter().filter(|(_, index)| index.predicate.is_none() && index.method == "btree");
    backing.chain(own.map(|(name, index)| (name.clone(), index.columns.clone())))
}

/// A key part as it is written.
pub(super) fn text(part: &IndexPart) -> &str {
    match part {
        IndexPart::Column(text) | IndexPart::Expression(text) => text,
    }
}
