//! A primary key over an index whose columns may be NULL.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::{ConstraintKind, Operation};

/// A primary key over an index whose columns may be NULL.
///
/// Row 40 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "nullable-primary-key",
    severity: Severity::Error,
    condition: "ADD PRIMARY KEY USING INDEX where a column is nullable, on a table that is not new and not known to be small.",
    effect: "The whole table is read for NULLs while nobody can read or write it.",
    workaround: "First add CHECK (column IS NOT NULL) NOT VALID, validate it, and SET NOT NULL; then the key is instant.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::AddConstraint { table, constraint } = operation else { return None };
    let by_index = constraint.using_index.is_some() && matches!(constraint.kind, ConstraintKind::PrimaryKey { .. });
    let hit = || Hit::new(format!("The primary key makes columns of {table} NOT NULL, which reads every row."));
    (by_index && !context.is_quiet(table) && !context.effect_of(operation).scans.is_empty()).then(hit)
}
