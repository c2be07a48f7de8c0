//! A column type that not every value or reader fits.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::phase::widens;
use crate::statement::operation::Operation;

/// A column type that not every value or reader fits.
pub(super) const RULE: Rule = Rule {
    id: "type-change",
    severity: Severity::Warning,
    condition: "ALTER COLUMN TYPE to a type that does not hold every value of the old one in the same way.",
    effect: "Older releases write values that no longer fit, or read another type than they expect.",
    workaround: "Add a column of the new type, write both, move the data in batches, and switch over.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        let (table, column, to) = match operation {
            Operation::AlterColumnType { table, column, data_type, .. } => (table, column, data_type),
            Operation::ModifyColumn { table, column, to } => (table, column, &to.data_type),
            _ => continue,
        };
        let Some(from) = context.before.table(table).and_then(|table| table.column(column)) else { continue };
        let new = context.new.has_column(table, column, context.before);
        if !new && !from.data_type.eq_ignore_ascii_case(to) && !widens(&from.data_type, to) {
            hits.push(Hit::new(format!("{table}.{column} changes its type from {} to {to}.", from.data_type)));
        }
    }
    hits
}
