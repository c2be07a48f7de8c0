//! Every row deleted.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// Every row deleted.
///
/// Row 86 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "delete-all-rows",
    severity: Severity::Error,
    condition: "DELETE without WHERE on a table the migration did not make.",
    effect: "All its rows are gone for good.",
    workaround: "Say in WHERE which rows have to go, and keep a dump.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::Delete(change) = operation else { return None };
    let temporary = context.before.table(&change.table).is_some_and(|table| table.temporary);
    let all = change.predicate.is_none() && change.reads.is_empty() && !temporary && !context.is_new(&change.table);
    all.then(|| Hit::new(format!("Every row of {} is deleted.", change.table)))
}
