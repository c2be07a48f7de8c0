//! A stored generated column added to rows that are there.

use super::columns::Cause;
use super::{Check, Hit, Rule, StatementContext, columns};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A stored generated column added to rows that are there.
///
/// Row 5 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "stored-generated-column",
    severity: Severity::Error,
    condition: "ADD COLUMN GENERATED ALWAYS AS (...) STORED on a table that is not new and not known to be small.",
    effect: "The whole table and its indexes are written anew while nobody can read or write it.",
    workaround: "Add a plain column that a trigger fills for new rows, and fill the old ones in batches; from PostgreSQL 18 on, VIRTUAL costs nothing.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (table, column) = columns::rewriting(context, operation, Cause::Generated)?;
    Some(Hit::new(format!("{} is worked out and stored for every row of {table}.", column.name)))
}
