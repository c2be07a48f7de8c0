//! A table filled by a query in one go.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::rule::context::named;
use crate::statement::operation::Operation;

/// A table filled by a query in one go.
///
/// Row 77 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "table-from-query",
    severity: Severity::Info,
    condition: "CREATE TABLE ... AS or SELECT ... INTO that reads a table that is not new and not known to be small.",
    effect: "All is read and written in one transaction, rows that change meanwhile are not followed, and the table has no key, default or constraint.",
    workaround: "Create the table as it shall be, and fill it in batches.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::CreateTableAs { table, temporary: false, .. } = operation else { return None };
    let effect = context.effect_of(operation);
    let read = context.loud(&effect.scans).next()?;
    Some(Hit::new(format!("{table} is filled from {read} in one statement.")).sized(context, &named(read), &RULE))
}
