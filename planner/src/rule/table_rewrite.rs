//! A table written anew under a lock.

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
use crate::effect::LockMode;
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
    let hit = |table: &String| match context.effect.locks.iter().find(|lock| lock.object == *table).map(|lock| lock.mode) {
        // The rule copy-algorithm tells.
        Some(LockMode::LockShared) => None,
        Some(LockMode::LockNone) => {
            let hit = Hit::new(format!("This writes the whole table {table} anew while everyone goes on."));
            let effect = "It needs twice the space meanwhile, and replicas do the same afterwards and lag behind.".to_owned();
            Some(Hit { severity: Some(Severity::Info), effect: Some(effect), ..hit }.cure("Run it at a quiet time."))
        }
        Some(LockMode::DatabaseWriteLock) => {
            let hit = Hit::new(format!("This writes the whole table {table} anew while no other can write."));
            let effect = "Everyone who writes to the database waits until the table is written.".to_owned();
            Some(Hit { severity: Some(Severity::Warning), effect: Some(effect), ..hit }.cure("Run it at a quiet time."))
        }
        None | Some(_) => Some(Hit::new(format!("This writes the whole table {table} anew while nobody can use it."))),
    };
    context.loud(&context.effect.rewrites).filter_map(hit).collect()
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
