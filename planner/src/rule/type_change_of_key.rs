//! A type change that other tables have to follow.

use super::{Check, Hit, Rule, StatementContext};
use crate::effect::LockMode;
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A type change that other tables have to follow.
///
/// Row 23 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "type-change-of-key",
    severity: Severity::Warning,
    condition: "ALTER COLUMN TYPE of a column that a foreign key links with another table.",
    effect: "The other tables are locked against everyone too, and read where their keys have to be compared again.",
    workaround: "Add a new column on each side, fill both, and move the foreign key.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::AlterColumnType { table, column, .. } = operation else { return None };
    let others = context.locked_besides(table, operation, LockMode::AccessExclusiveLock);
    let hit = || Hit::new(format!("The type of {table}.{column} also locks {}.", others.join(", ")));
    (!others.is_empty() && !context.is_new(table)).then(hit)
}
