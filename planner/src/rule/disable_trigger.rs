//! Triggers switched off.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::{Operation, TableOption};
use crate::statement::words::words;

/// Triggers switched off.
///
/// Row 64 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "disable-trigger",
    severity: Severity::Warning,
    condition: "DISABLE TRIGGER on a table that is not new.",
    effect: "Writes of running releases pass it by as well, and with ALL or the system triggers foreign keys are not checked.",
    workaround: "Let the function itself pass over the rows of the migration, or switch it off with SET LOCAL session_replication_role.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::AlterTableOption { table, option: TableOption::EnableTrigger { .. } } = operation else { return None };
    let off = words(&context.statement.sql).any(|word| word == "disable");
    (off && !context.is_new(table)).then(|| Hit::new(format!("Triggers of {table} are switched off for everyone.")))
}
