//! A table or column renamed.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A table or column renamed.
pub(super) const RULE: Rule = Rule {
    id: "rename-breaks",
    severity: Severity::Error,
    condition: "RENAME of a table or column that releases may be using.",
    effect: "Every release that uses the old name fails at once, and one that uses the new name failed until now.",
    workaround: "Add the new column, write both, move the data, switch the readers, then drop the old one.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        match operation {
            Operation::RenameColumn { table, column, to } if !context.new.has_column(table, column, context.before) => {
                hits.push(Hit::new(format!("Column {table}.{column} is renamed to {to}.")));
            }
            Operation::RenameTable { table, to }
                if !context.new.has_table(table, context.before) && !viewed(context, &table.name) =>
            {
                hits.push(Hit::new(format!("Table {table} is renamed to {to}.")).cure(format!(
                    "In the same migration, CREATE VIEW {table} AS SELECT * FROM {to}: with it nothing breaks, not even writes."
                )));
            }
            _ => {}
        }
    }
    hits
}

/// A view with the old name keeps older releases working (`facts/safety.md` §7.2, measured).
fn viewed(context: &StatementContext<'_>, name: &str) -> bool {
    let later = context.migration.up.statements.iter().skip(context.index + 1);
    later.flat_map(|statement| &statement.operations).any(|operation| match operation {
        Operation::CreateView(create) => create.view.name == name && !create.materialized,
        _ => false,
    })
}
