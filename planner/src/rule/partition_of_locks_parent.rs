//! A partition made in place, which locks its parent.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A partition made in place, which locks its parent.
///
/// Row 58 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "partition-of-locks-parent",
    severity: Severity::Warning,
    condition: "CREATE TABLE ... PARTITION OF a table that is not new and not known to be small.",
    effect: "The parent, and with it every query on any partition, is locked against everyone; a default partition is read as well.",
    workaround: "CREATE TABLE ... (LIKE parent INCLUDING ALL), then ATTACH PARTITION, which lets everyone go on.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::CreateTable(create) = operation else { return None };
    let (parent, _) = create.partition_of.as_ref()?;
    let hit = || Hit::new(format!("Making {} locks {parent} against everyone.", create.table));
    (context.before.has_table(parent) && !context.is_quiet(parent)).then(hit)
}
