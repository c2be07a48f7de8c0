//! A column set twice by one UPDATE.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A column set twice by one UPDATE.
///
/// Row 87 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "duplicate-assignment",
    severity: Severity::Error,
    condition: "UPDATE ... SET names the same column twice.",
    effect: "The server refuses it, and the migration fails there.",
    workaround: "Keep the assignment that is meant.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(_: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::Update(change) = operation else { return None };
    let set = change.assignments.as_deref().unwrap_or_default();
    // Elements of an array and fields of a row may be set one by one.
    let parts = set.contains('[') || set.split(',').any(|part| part.split('=').next().is_some_and(|left| left.contains('.')));
    let twice = change.columns.iter().enumerate().find(|(at, column)| change.columns.iter().take(*at).any(|own| own == *column));
    let (_, column) = twice.filter(|_| !parts)?;
    Some(Hit::new(format!("{}.{column} is set twice.", change.table)))
}
