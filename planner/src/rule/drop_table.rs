//! A table dropped.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A table dropped.
pub(super) const RULE: Rule = Rule {
    id: "drop-table",
    severity: Severity::Error,
    condition: "DROP TABLE of a table the migration did not make.",
    effect: "Its rows are gone for good, and every release that still uses the table fails.",
    workaround: "Rename it first and drop it when nobody has missed it; keep a dump.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::DropTable { table, if_exists, .. } = operation else { return None };
    let known = context.before.table(table);
    let missing = *if_exists && known.is_none();
    let temporary = known.is_some_and(|table| table.temporary);
    let found = !missing && !temporary && !context.is_new(table) && !rebuilt(context, &table.name);
    found.then(|| Hit::new(format!("Table {table} is dropped with all its rows.")))
}

/// SQLite's way to change a table: a new one takes the name of the old one.
fn rebuilt(context: &StatementContext<'_>, name: &str) -> bool {
    let takes = |later: &Operation| matches!(later, Operation::RenameTable { table, to } if to == name && context.is_new(table));
    context.later().any(takes)
}
