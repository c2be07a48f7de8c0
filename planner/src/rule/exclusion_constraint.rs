//! An exclusion constraint on rows that are there.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::{ConstraintKind, Operation};

/// An exclusion constraint on rows that are there.
///
/// Row 41 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "exclusion-constraint",
    severity: Severity::Error,
    condition: "ADD CONSTRAINT ... EXCLUDE on a table that is not new and not known to be small.",
    effect: "The table is read twice and the index built while nobody can read or write it; NOT VALID does not exist for it.",
    workaround: "Run it when nobody needs the table, or move the rows to a new table that has the constraint.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::AddConstraint { table, constraint } = operation else { return None };
    let found = matches!(constraint.kind, ConstraintKind::Exclude { .. }) && !context.is_quiet(table);
    found.then(|| Hit::new(format!("EXCLUDE on {table} builds its index while nobody can use the table.")))
}
