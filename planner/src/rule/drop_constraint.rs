//! A constraint dropped that kept the data right.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A constraint dropped that kept the data right.
///
/// Row 75 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "drop-constraint",
    severity: Severity::Warning,
    condition: "DROP CONSTRAINT that the migration does not put back, on a table that is not new.",
    effect: "Rows that break the rule come in from then on, and the constraint cannot be had again before they are mended.",
    workaround: "Drop it only when no running release counts on it.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::DropConstraint { table, constraint, .. } = operation else { return None };
    let stored = context.before.table(table)?.constraint(constraint)?;
    let own = context.before.resolve(table);
    let again = |later: &Operation| match later {
        Operation::AddConstraint { table, constraint } => {
            context.before.resolve(table) == own
                && std::mem::discriminant(&constraint.kind) == std::mem::discriminant(&stored.kind)
        }
        _ => false,
    };
    let here = context.statement.operations.iter().any(again);
    let found = !context.is_new(table) && !here && !context.later().any(again);
    found.then(|| Hit::new(format!("{table} no longer has to keep to {constraint}.")))
}
