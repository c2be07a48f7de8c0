//! A column type that not every value or reader fits.

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::phase::widens;
use crate::statement::operation::Operation;

/// A column type that not every value or reader fits.
pub(super) const RULE: Rule = Rule {
    id: "type-change",
    severity: Severity::Warning,
    condition: "ALTER COLUMN TYPE to a type that does not hold every value of the old one in the same way.",
    effect: "Older releases write values that no longer fit, or read another type than they expect.",
    workaround: "Add a column of the new type, write both, move the data in batches, and switch over; flightplan split \
                 VERSION writes these steps as files.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (table, column, to) = match operation {
        Operation::AlterColumnType { table, column, data_type, .. } => (table, column, data_type),
        Operation::ModifyColumn { table, column, to } => (table, column, &to.data_type),
        _ => return None,
    };
    let from = context.before.table(table)?.column(column)?;
    // PostgreSQL keeps the stored bytes only where both types mean the same by them.
    let same_bytes = context.dialect() == Dialect::Postgres && context.effect_of(operation).rewrites.is_empty();
    let new = context.new.has_column(table, column, context.before);
    let found = !new && !same_bytes && !from.data_type.eq_ignore_ascii_case(to) && !widens(&from.data_type, to);
    found.then(|| Hit::new(format!("{table}.{column} changes its type from {} to {to}.", from.data_type)))
}
