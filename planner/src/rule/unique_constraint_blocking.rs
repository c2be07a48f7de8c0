//! A unique constraint that builds its index under a lock.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::{ConstraintKind, Operation};

/// A unique constraint that builds its index under a lock.
pub(super) const RULE: Rule = Rule {
    id: "unique-constraint-blocking",
    severity: Severity::Error,
    condition: "UNIQUE or PRIMARY KEY is added without USING INDEX to a table that is not new and not known to be small.",
    effect: "The index is built while nobody can read or write the table.",
    workaround: "Build a unique index CONCURRENTLY first, then ADD CONSTRAINT ... UNIQUE USING INDEX, which is instant.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (table, constraints) = match operation {
        Operation::AddConstraint { table, constraint } => (table, std::slice::from_ref(constraint)),
        Operation::AddColumn { table, constraints, .. } => (table, constraints.as_slice()),
        _ => return None,
    };
    let word =
        constraints.iter().filter(|constraint| constraint.using_index.is_none()).find_map(|constraint| {
            match constraint.kind {
                ConstraintKind::PrimaryKey { .. } => Some("PRIMARY KEY"),
                ConstraintKind::Unique { .. } => Some("UNIQUE"),
                _ => None,
            }
        })?;
    (!context.is_quiet(table)).then(|| Hit::new(format!("{word} on {table} builds an index while nobody can use the table.")))
}
