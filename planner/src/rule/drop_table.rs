//! A table dropped.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A table dropped.
pub(super) const RULE: Rule = Rule {
    id: "drop-table",
    severity: Severity::Error,
    condition: "DROP TABLE or TRUNCATE of a table the migration did not make.",
    effect: "Its rows are gone for good, and every release that still uses the table fails.",
    workaround: "Rename it first and drop it when nobody has missed it; keep a dump.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        let (table, verb, if_exists) = match operation {
            Operation::DropTable { table, if_exists, .. } => (table, "dropped", *if_exists),
            Operation::Truncate { table, .. } => (table, "emptied", false),
            _ => continue,
        };
        let known = context.before.table(table);
        let missing = if_exists && known.is_none();
        let temporary = known.is_some_and(|table| table.temporary);
        if !missing && !temporary && !context.new.has_table(table, context.before) && !rebuilt(context, &table.name) {
            hits.push(Hit::new(format!("Table {table} is {verb} with all its rows.")));
        }
    }
    hits
}

/// SQLite's way to change a table: a new one takes the name of the old one.
fn rebuilt(context: &StatementContext<'_>, name: &str) -> bool {
    let later = context.migration.up.statements.iter().skip(context.index + 1);
    later.flat_map(|statement| &statement.operations).any(|operation| match operation {
        Operation::RenameTable { table, to } => to == name && context.new.has_table(table, context.before),
        _ => false,
    })
}
