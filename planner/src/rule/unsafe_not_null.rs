//! A column made NOT NULL the hard way.

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A column made NOT NULL the hard way.
pub(super) const RULE: Rule = Rule {
    id: "unsafe-not-null",
    severity: Severity::Error,
    condition: "SET NOT NULL without a validated CHECK, or ADD COLUMN NOT NULL without a default, on a table that is not new.",
    effect: "The whole table is read while nobody can read or write it.",
    workaround: "Add CHECK (column IS NOT NULL) NOT VALID, validate it in a later migration, then SET NOT NULL and drop the \
                 check; flightplan split VERSION writes these steps as files.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    match operation {
        Operation::SetNotNull { table, column } if context.dialect() == Dialect::Postgres => {
            if !context.is_scanned(table, operation) {
                return None;
            }
            let hit = Hit::new(format!("SET NOT NULL on {table}.{column} reads the whole table under an exclusive lock."));
            Some(hit.cure(format!(
                "In three migrations: ALTER TABLE {table} ADD CONSTRAINT {name}_{column}_not_null CHECK ({column} IS NOT NULL) NOT \
                 VALID; then VALIDATE CONSTRAINT; then SET NOT NULL and DROP CONSTRAINT.",
                name = table.name
            )))
        }
        Operation::AddColumn { table, column, .. } if column.is_required() && !context.is_new(table) => {
            let effect = "The server refuses it as soon as the table has a row, and every INSERT of an older release fails.";
            let hit = Hit::new(format!("Column {table}.{} is added NOT NULL without a default.", column.name));
            let hit = Hit { effect: Some(effect.to_owned()), ..hit };
            Some(hit.cure("Give it a default, or add it nullable, fill it in batches and make it NOT NULL later."))
        }
        _ => None,
    }
}
