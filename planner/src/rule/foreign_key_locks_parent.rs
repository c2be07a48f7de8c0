//! A new table that keeps writers off older ones.

use super::{Check, Hit, Rule, StatementContext};
use crate::effect::LockMode;
use crate::finding::Severity;
use crate::rule::context::named;
use crate::statement::operation::CreateTable;
use crate::statement::operation::Operation;

/// A new table that keeps writers off older ones.
///
/// Rows 10 and 33 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "foreign-key-locks-parent",
    severity: Severity::Info,
    condition: "A table or column is added with foreign keys to several older tables, or to a large one.",
    effect: "Writers to each of them wait until the migration commits, and locks taken in another order elsewhere can deadlock.",
    workaround: "Keep the migration short, or add one foreign key a migration.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (Operation::CreateTable(CreateTable { table, .. }) | Operation::AddColumn { table, .. }) = operation else { return None };
    let parents = context.locked_besides(table, operation, LockMode::ShareRowExclusiveLock);
    let large = parents.iter().any(|parent| context.is_large(&named(parent)));
    let partition = matches!(operation, Operation::CreateTable(create) if create.partition_of.is_some());
    let hit = || Hit::new(format!("Writers to {} wait until {table} is committed.", parents.join(", ")));
    ((parents.len() > 1 || large) && !partition).then(hit)
}
