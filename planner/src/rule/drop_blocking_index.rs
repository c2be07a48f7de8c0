//! An index dropped while everyone waits.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::rule::edit;
use crate::statement::operation::Operation;

/// An index dropped while everyone waits.
pub(super) const RULE: Rule = Rule {
    id: "drop-blocking-index",
    severity: Severity::Warning,
    condition: "DROP INDEX without CONCURRENTLY on a table that is not new and not known to be small.",
    effect: "The table is locked against readers and writers; the lock also queues behind every running query.",
    workaround: "Drop it with DROP INDEX CONCURRENTLY in a migration of its own.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::DropIndex { index, concurrently: false, .. } = operation else { return None };
    let (owner, _) = context.before.index_owner(index)?;
    let table = context.before.tables.get(&owner)?;
    if context.is_quiet(&owner) || table.partition_by.is_some() {
        return None;
    }
    let fix = context.is_alone().then(|| edit::insert_after(context, "index", " CONCURRENTLY", "Drop it CONCURRENTLY"));
    Some(Hit::new(format!("Dropping {index} locks {owner} against everyone.")).fixed(fix.flatten()))
}
