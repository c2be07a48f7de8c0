//! A drop that locks the table on the other side of a foreign key.

use super::{Check, Hit, Rule, StatementContext};
use crate::effect::LockMode;
use crate::finding::Severity;
use crate::name::ObjectName;
use crate::statement::operation::Operation;

/// A drop that locks the table on the other side of a foreign key.
///
/// Row 34 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "drop-locks-parent",
    severity: Severity::Warning,
    condition: "DROP TABLE or DROP CONSTRAINT takes a foreign key along whose other table is not new and not known to be small.",
    effect: "The other table is locked against readers and writers too, until the migration commits; the lock queues behind every running query.",
    workaround: "Drop one foreign key a migration, and the table in a later one.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (Operation::DropTable { table, .. } | Operation::DropConstraint { table, .. }) = operation else { return None };
    let stored = context.before.table(table)?;
    let gone: Vec<String> =
        context.statement.operations.iter().filter_map(dropped).map(|table| context.before.resolve(table).to_string()).collect();
    let mut others = context.locked_besides(table, operation, LockMode::AccessExclusiveLock);
    others.retain(|other| !gone.contains(other));
    let found = !others.is_empty() && stored.partition_of.is_none() && !context.is_new(table);
    found.then(|| Hit::new(format!("{} locked against everyone while this runs.", is_are(&others))))
}

fn dropped(operation: &Operation) -> Option<&ObjectName> {
    match operation {
        Operation::DropTable { table, .. } => Some(table),
        _ => None,
    }
}

fn is_are(names: &[String]) -> String {
    format!("{} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}
