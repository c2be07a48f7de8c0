//! A column of a constrained domain added to rows that are there.

use super::columns::Cause;
use super::{Check, Hit, Rule, StatementContext, columns};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A column of a constrained domain added to rows that are there.
///
/// Row 8 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "constrained-domain-column",
    severity: Severity::Error,
    condition: "ADD COLUMN of a domain that has a CHECK or NOT NULL, on a table that is not new and not known to be small.",
    effect: "The whole table is written anew while nobody can read or write it, even without a default.",
    workaround: "Give the column the domain's base type and a CHECK that is added NOT VALID and validated later.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (table, column) = columns::rewriting(context, operation, Cause::Domain)?;
    Some(Hit::new(format!("{} is of the constrained domain {}, which writes {table} anew.", column.name, column.data_type)))
}
