//! A constraint validated in the transaction that adds it.

use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;
use crate::statement::operation::Operation;
use std::collections::BTreeSet;

/// A constraint validated in the transaction that adds it.
///
/// Row 42 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "validate-same-transaction",
    severity: Severity::Warning,
    condition: "ADD CONSTRAINT ... NOT VALID and VALIDATE CONSTRAINT in one transaction, on a table that is not new and not known to be small.",
    effect: "The lock of the ADD is held while all rows are checked, so that nothing is won by NOT VALID.",
    workaround: "Put VALIDATE CONSTRAINT into a later migration: it then keeps neither readers nor writers waiting.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    if !context.is_one_transaction() {
        return Vec::new();
    }
    let mut added = BTreeSet::new();
    let mut hits = Vec::new();
    for (at, operation) in context.operations() {
        match operation {
            Operation::AddConstraint { table, constraint } if !constraint.validated && !context.is_quiet(table) => {
                added.insert((table, constraint.name.as_deref()));
            }
            Operation::ValidateConstraint { table, constraint } if added.contains(&(table, Some(constraint.as_str()))) => {
                hits.push(Hit::new(format!("{constraint} is validated in the transaction that adds it to {table}.")).at(at));
            }
            _ => {}
        }
    }
    hits
}
