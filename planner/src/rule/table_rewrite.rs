//! A table written anew under a lock.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::rule::context::named;

/// A table written anew under a lock.
pub(super) const RULE: Rule = Rule {
    id: "table-rewrite",
    severity: Severity::Error,
    condition: "A statement writes a table that is not new and not known to be small anew, with all its indexes.",
    effect: "Nobody can read or write the table until it is written, and it needs twice the space meanwhile.",
    workaround: "Add a new column or table, fill it in batches, and switch over when both agree.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let loud = |table: &&String| !context.is_quiet(&named(table));
    let tables = context.effect.rewrites.iter().filter(loud);
    tables.map(|table| Hit::new(format!("This writes the whole table {table} anew while nobody can use it."))).collect()
}
