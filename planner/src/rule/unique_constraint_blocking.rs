//! A unique constraint that builds its index under a lock.

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::statement::operation::{ConstraintKind, Operation};

/// A unique constraint that builds its index under a lock.
pub(super) const RULE: Rule = Rule {
    id: "unique-constraint-blocking",
    severity: Severity::Error,
    condition: "UNIQUE or PRIMARY KEY is added without USING INDEX to a table that is not new and not known to be small.",
    effect: "The index is built while nobody can read or write the table.",
    workaround: "Build a unique index CONCURRENTLY first, then ADD CONSTRAINT ... UNIQUE USING INDEX, which is instant.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    if context.dialect() != Dialect::Postgres {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        let (table, constraints) = match operation {
            Operation::AddConstraint { table, constraint } => (table, std::slice::from_ref(constraint)),
            Operation::AddColumn { table, constraints, .. } => (table, constraints.as_slice()),
            _ => continue,
        };
        for constraint in constraints.iter().filter(|constraint| constraint.using_index.is_none()) {
            let word = match constraint.kind {
                ConstraintKind::PrimaryKey { .. } => "PRIMARY KEY",
                ConstraintKind::Unique { .. } => "UNIQUE",
                _ => continue,
            };
            if !context.is_quiet(table) {
                hits.push(Hit::new(format!("{word} on {table} builds an index while nobody can use the table.")));
            }
        }
    }
    hits
}
