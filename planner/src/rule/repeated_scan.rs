//! One table gone through several times.

use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;
use crate::statement::operation::{Constraint, ConstraintKind, Operation};
use std::collections::BTreeSet;

/// One table gone through several times.
///
/// Row 84 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "repeated-scan",
    severity: Severity::Info,
    condition: "Several ALTER TABLE statements of a migration each read or write anew the same table, which is not new and not known to be small.",
    effect: "Each goes through all rows again while nobody can use the table.",
    workaround: "Put the actions into one ALTER TABLE: it goes through the rows once.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let mut seen = BTreeSet::new();
    let mut hits = Vec::new();
    for (at, (statement, effect)) in context.migration.up.statements.iter().zip(context.effects).enumerate() {
        let Some(table) = statement.operations.first().filter(|operation| mergeable(operation)).and_then(Operation::subject)
        else {
            continue;
        };
        let key = context.after.resolve(table);
        if context.is_scanned(&key, effect) && !seen.insert(key) {
            hits.push(Hit::new(format!("{table} is gone through once more.")).at(at));
        }
    }
    hits
}

fn mergeable(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::AddColumn { .. }
            | Operation::AlterColumnType { .. }
            | Operation::SetNotNull { .. }
            | Operation::AddConstraint { constraint: Constraint { kind: ConstraintKind::Check { .. }, .. }, .. }
    )
}
