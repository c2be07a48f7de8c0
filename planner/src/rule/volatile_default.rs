//! A new column whose default is worked out for every row.

use super::columns::Cause;
use super::{Check, Hit, Rule, StatementContext, columns};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A new column whose default is worked out for every row.
///
/// Row 1 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "volatile-default",
    severity: Severity::Error,
    condition: "ADD COLUMN with a default that is volatile, such as gen_random_uuid(), on a table that is not new and not known to be small.",
    effect: "The whole table and its indexes are written anew while nobody can read or write it; a constant or now() costs nothing.",
    workaround: "Add the column nullable without a default, SET DEFAULT for new rows, fill the old ones in batches, then make it NOT NULL.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (table, column) = columns::rewriting(context, operation, Cause::Default)?;
    let default = column.default.as_deref().unwrap_or_default();
    Some(Hit::new(format!("{default} is worked out for every row of {table} to add {}.", column.name)))
}
