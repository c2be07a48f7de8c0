//! A column dropped.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A column dropped.
pub(super) const RULE: Rule = Rule {
    id: "drop-column",
    severity: Severity::Error,
    condition: "DROP COLUMN on a table the migration did not make.",
    effect: "Its values are gone for good, and every release that still names the column fails.",
    workaround: "Stop using it in the application first, deploy that everywhere, and drop it in a later contract migration.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        let Operation::DropColumn { table, column, if_exists, .. } = operation else { continue };
        let missing = *if_exists && context.before.table(table).is_some_and(|table| table.column(column).is_none());
        if !missing && !context.new.has_column(table, column, context.before) {
            hits.push(Hit::new(format!("Column {table}.{column} is dropped with all its values.")));
        }
    }
    hits
}
