//! A foreign key without an index on its own side.

use super::{Check, Hit, MigrationContext, Rule};
use crate::catalog::Table;
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::name::ObjectName;
use crate::rule::context::rows;
use crate::statement::operation::{Constraint, ConstraintKind, IndexPart, Operation};

/// A foreign key without an index on its own side.
pub(super) const RULE: Rule = Rule {
    id: "missing-fk-index",
    severity: Severity::Info,
    condition: "The columns of a foreign key lead no index of their table.",
    effect: "Each DELETE or key change in the parent reads the whole child table.",
    workaround: "Build an index on the foreign key's columns, CONCURRENTLY where the table is large.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    if matches!(context.settings.dialect, Dialect::MySql | Dialect::MariaDb) {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for (at, operation) in context.operations() {
        let (table, constraints): (&ObjectName, &[Constraint]) = match operation {
            Operation::CreateTable(create) => (&create.table, &create.constraints),
            Operation::AddConstraint { table, constraint } => (table, std::slice::from_ref(constraint)),
            Operation::AddColumn { table, constraints, .. } => (table, constraints),
            _ => continue,
        };
        if !constraints.iter().any(|constraint| matches!(constraint.kind, ConstraintKind::ForeignKey { .. })) {
            continue;
        }
        let Some(known) = context.after.table(table) else { continue };
        let small = rows(table, context.after, context.statistics).is_some_and(|rows| rows < context.settings.batch.from_rows);
        for constraint in constraints {
            let ConstraintKind::ForeignKey { columns, ref_table, .. } = &constraint.kind else { continue };
            if !small && !leads_an_index(known, columns) {
                let columns = columns.join(", ");
                hits.push(Hit::new(format!("Foreign key {table} ({columns}) to {ref_table} has no index.")).at(at));
            }
        }
    }
    hits
}

fn leads_an_index(table: &Table, columns: &[String]) -> bool {
    let leads = |own: &[String]| own.len() >= columns.len() && own.iter().take(columns.len()).all(|own| columns.contains(own));
    let constraints = table.constraints.iter().any(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. } => leads(columns),
        _ => false,
    });
    let indexes = table.indexes.values().filter(|index| index.predicate.is_none()).any(|index| {
        let parts = index.columns.iter().map_while(|part| match part {
            IndexPart::Column(column) => Some(column.clone()),
            IndexPart::Expression(_) => None,
        });
        leads(&parts.collect::<Vec<_>>())
    });
    constraints || indexes
}
