//! A table written anew under a lock.

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::statement::operation::{Operation, TableOption};

/// A table written anew under a lock.
pub(super) const RULE: Rule = Rule {
    id: "table-rewrite",
    severity: Severity::Error,
    condition: "A statement writes a table that is not new and not known to be small anew, with all its indexes.",
    effect: "Nobody can read or write the table until it is written, and it needs twice the space meanwhile.",
    workaround: "Add a new column or table, fill it in batches, and switch over when both agree.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    if context.dialect() == Dialect::Postgres && context.statement.operations.iter().any(told) {
        return Vec::new();
    }
    context
        .loud(&context.effect.rewrites)
        .map(|table| Hit::new(format!("This writes the whole table {table} anew while nobody can use it.")))
        .collect()
}

/// Whether a rule of its own names the cure.
const fn told(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::AddColumn { .. }
            | Operation::AlterColumnType { .. }
            | Operation::AlterTableOption { option: TableOption::Rewrite { .. } | TableOption::Set { .. }, .. }
            | Operation::Maintain { .. }
            | Operation::RefreshView { .. }
            | Operation::Truncate { .. }
    )
}
