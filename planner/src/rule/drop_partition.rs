//! A partition dropped while it is attached.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A partition dropped while it is attached.
///
/// Row 60 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "drop-partition",
    severity: Severity::Warning,
    condition: "DROP TABLE of a partition whose parent is not new and not known to be small.",
    effect: "The parent, and with it every query on any partition, is locked against everyone; the lock queues behind every running query.",
    workaround: "DETACH PARTITION CONCURRENTLY first, and drop the table in a later migration.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::DropTable { table, .. } = operation else { return None };
    let (parent, _) = context.before.table(table)?.partition_of.as_ref()?;
    (!context.is_quiet(parent)).then(|| Hit::new(format!("Dropping {table} locks {parent} against everyone.")))
}
