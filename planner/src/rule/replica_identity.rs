//! Another replica identity.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::{Operation, TableOption};
use crate::statement::words::words;

/// Another replica identity.
///
/// Row 65 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "replica-identity",
    severity: Severity::Info,
    condition: "REPLICA IDENTITY FULL on a table that is not new and not known to be small.",
    effect: "Every UPDATE and DELETE writes the whole old row to the log, and subscribers search for it without an index.",
    workaround: "Use a primary key or REPLICA IDENTITY USING INDEX.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::AlterTableOption { table, option: TableOption::ReplicaIdentity } = operation else { return None };
    let full = words(&context.statement.sql).last().is_some_and(|word| word == "full");
    let hit = || Hit::new(format!("Every change of {table} logs its whole old row.")).sized(context, table, &RULE);
    (full && !context.is_quiet(table)).then(hit)
}
