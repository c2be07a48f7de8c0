//! A column redefined as NOT NULL (MySQL, MariaDB).

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A column redefined as NOT NULL (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "modify-to-not-null",
    severity: Severity::Warning,
    condition: "MODIFY or CHANGE makes a column NOT NULL that may hold NULL, on a table that is not new and not known to be \
                small.",
    effect: "In strict mode the first NULL makes it fail after the work is done; without strict mode every NULL silently becomes \
             0 or an empty text.",
    workaround: "Fill the NULLs in batches first, and see that sql_mode is strict.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        let Operation::ModifyColumn { table, column, to } = operation else { continue };
        let Some(from) = context.before.table(table).and_then(|table| table.column(column)) else { continue };
        if from.nullable && !to.nullable && !context.is_quiet(table) && !context.new.has_column(table, column, context.before) {
            hits.push(Hit::new(format!("{table}.{column} becomes NOT NULL.")));
        }
    }
    hits
}
