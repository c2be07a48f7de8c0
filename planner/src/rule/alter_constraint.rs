//! A constraint altered in place.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A constraint altered in place.
///
/// Row 43 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "alter-constraint",
    severity: Severity::Info,
    condition: "ALTER CONSTRAINT on a table that is not new and not known to be small.",
    effect: "Nothing is read, but the table is locked against everyone for a moment, and the lock queues behind every running query.",
    workaround: "Run it in a short migration of its own with a lock_timeout.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::AlterConstraint { table, constraint, .. } = operation else { return None };
    (!context.is_quiet(table))
        .then(|| Hit::new(format!("Constraint {constraint} of {table} is altered under an exclusive lock.")))
}
