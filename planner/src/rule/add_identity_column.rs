//! A serial or identity column added to rows that are there.

use super::columns::Cause;
use super::{Check, Hit, Rule, StatementContext, columns};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A serial or identity column added to rows that are there.
///
/// Rows 3 and 4 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "add-identity-column",
    severity: Severity::Error,
    condition: "ADD COLUMN serial or GENERATED AS IDENTITY on a table that is not new and not known to be small.",
    effect: "The whole table and its indexes are written anew while nobody can read or write it.",
    workaround: "Add a nullable bigint and a sequence, SET DEFAULT nextval(...) for new rows, fill the old ones in batches, then make it NOT NULL.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (table, column) = columns::rewriting(context, operation, Cause::Sequence)?;
    Some(Hit::new(format!("Every row of {table} gets a number in the new column {}.", column.name)))
}
