//! A table without a primary key.

use super::{Check, Hit, MigrationContext, Rule};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::statement::operation::{ConstraintKind, Operation};

/// A table without a primary key.
pub(super) const RULE: Rule = Rule {
    id: "missing-primary-key",
    severity: Severity::Warning,
    condition: "A migration makes a table that has neither a primary key nor a unique key of NOT NULL columns.",
    effect: "Replicas look through the whole table for each changed row, clusters and logical replication refuse changes, and \
             rows cannot be batched.",
    workaround: "Give it a primary key.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let dialect = context.settings.dialect;
    if dialect == Dialect::Sqlite {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for (at, operation) in context.operations() {
        let Operation::CreateTable(create) = operation else { continue };
        let derived = !create.like.is_empty() || !create.inherits.is_empty() || create.partition_of.is_some();
        if create.temporary || derived || context.after.opaque {
            continue;
        }
        let Some(table) = context.after.table(&create.table).filter(|table| !table.columns.is_empty()) else { continue };
        let solid = |columns: &[String]| columns.iter().all(|name| table.column(name).is_some_and(|column| !column.nullable));
        let keyed = table.constraints.iter().any(|constraint| match &constraint.kind {
            ConstraintKind::PrimaryKey { .. } => true,
            ConstraintKind::Unique { columns, .. } => solid(columns),
            _ => false,
        });
        let indexed = table.indexes.values().any(|index| index.unique && index.predicate.is_none());
        if !keyed && !indexed {
            let severity = (dialect == Dialect::Postgres).then_some(Severity::Info);
            hits.push(Hit { severity, ..Hit::new(format!("Table {} has no primary key.", create.table)).at(at) });
        }
    }
    hits
}
