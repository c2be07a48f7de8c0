//! A trigger on a table that is in use.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A trigger on a table that is in use.
///
/// Row 62 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "create-trigger",
    severity: Severity::Info,
    condition: "CREATE TRIGGER on a table that is not new and not known to be small.",
    effect: "Writers wait for a moment, and every write runs it from then on, also those of older releases.",
    workaround: "Deploy it with a lock_timeout, and let its function be one that older releases can live with.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::CreateTrigger { table, name, .. } = operation else { return None };
    let hit = || Hit::new(format!("Trigger {name} runs on every write to {table} that it names."));
    (context.before.has_table(table) && !context.is_quiet(table)).then(hit)
}
