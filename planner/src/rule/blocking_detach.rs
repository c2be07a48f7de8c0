//! A partition detached while everyone waits.

use super::{Check, Hit, Rule, StatementContext};
use crate::effect::transaction::ends_detach;
use crate::finding::Severity;
use crate::rule::edit;
use crate::statement::operation::Operation;

/// A partition detached while everyone waits.
///
/// Row 59 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "blocking-detach",
    severity: Severity::Warning,
    condition: "DETACH PARTITION without CONCURRENTLY from a table that is not new and not known to be small.",
    effect: "The parent, and with it every query on any partition, is locked against everyone; the lock queues behind every running query.",
    workaround: "Use DETACH PARTITION ... CONCURRENTLY (PostgreSQL 14 and later, no default partition) in a migration of its own.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::DetachPartition { table, partition, concurrently: false } = operation else { return None };
    let parent = context.before.table_key(table)?;
    if context.is_quiet(table) || ends_detach(&context.statement.sql, context.dialect()) {
        return None;
    }
    let has_default = context.before.descendants(&parent).iter().any(|child| {
        let bound = context.before.tables.get(child).and_then(|child| child.partition_of.as_ref());
        bound.is_some_and(|(_, bound)| bound.to_ascii_lowercase().ends_with("default"))
    });
    let possible = context.settings.server_version.major >= 14 && !has_default && context.is_alone();
    let fix = possible.then(|| edit::append(context, " CONCURRENTLY", "Detach it CONCURRENTLY"));
    Some(Hit::new(format!("Detaching {partition} locks {table} against everyone.")).fixed(fix.flatten()))
}
