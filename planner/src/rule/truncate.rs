//! A table emptied.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A table emptied.
///
/// Row 74 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "truncate",
    severity: Severity::Error,
    condition: "TRUNCATE of a table the migration did not make.",
    effect: "All its rows are gone for good; with CASCADE also those of every table that refers to it.",
    workaround: "Delete what has to go in batches, and keep a dump.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::Truncate { table, .. } = operation else { return None };
    let temporary = context.before.table(table).is_some_and(|table| table.temporary);
    if temporary || context.is_new(table) {
        return None;
    }
    let key = context.before.resolve(table).to_string();
    let more: Vec<String> = context.effect_of(operation).rewrites.iter().filter(|other| **other != key).cloned().collect();
    Some(Hit::new(match more.as_slice() {
        [] => format!("Table {table} is emptied."),
        _ => format!("Table {table} is emptied, and with it {}.", more.join(", ")),
    }))
}
