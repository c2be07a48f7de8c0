//! A trigger dropped that releases may count on.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A trigger dropped that releases may count on.
///
/// Row 63 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "drop-trigger",
    severity: Severity::Warning,
    condition: "DROP TRIGGER that the migration does not make again, on a table that is not new.",
    effect: "What it kept in step is no longer kept, silently; the table is locked against everyone for a moment.",
    workaround: "Drop it in a contract migration, when no running release needs what it does.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::DropTrigger { table: Some(table), name, .. } = operation else { return None };
    let known = context.before.triggers.contains_key(&(context.before.resolve(table), name.clone()));
    let again = |later: &Operation| matches!(later, Operation::CreateTrigger { name: made, .. } if made == name);
    let found = known && !context.is_new(table) && !context.later().any(again);
    found.then(|| Hit::new(format!("Trigger {name} of {table} is dropped.")))
}
