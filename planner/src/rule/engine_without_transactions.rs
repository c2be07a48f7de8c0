//! A storage engine without transactions (MySQL, MariaDB).

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A storage engine without transactions (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "engine-without-transactions",
    severity: Severity::Warning,
    condition: "A table is made with or moved to MyISAM, Aria, MEMORY, CSV or ARCHIVE.",
    effect: "What is written there cannot be rolled back, foreign keys are ignored, and a crash can lose or damage rows.",
    workaround: "Use InnoDB.",
    check: Check::Statement(check),
};

const ENGINES: &[&str] = &["archive", "aria", "csv", "memory", "myisam"];

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let temporary = |operation: &Operation| matches!(operation, Operation::CreateTable(create) if create.temporary);
    let wanted = |operation: &Operation| matches!(operation, Operation::CreateTable(_) | Operation::AlterTableOption { .. });
    let operations = &context.statement.operations;
    if !context.dialect().is_mysql() || !operations.iter().any(wanted) || operations.iter().any(temporary) {
        return Vec::new();
    }
    let words = context.words();
    let engine = words.windows(2).find_map(|pair| match pair {
        [key, value] if (key == "engine" || key == "type") && ENGINES.contains(&value.as_str()) => Some(value),
        _ => None,
    });
    engine.map(|engine| Hit::new(format!("{engine} has no transactions."))).into_iter().collect()
}
