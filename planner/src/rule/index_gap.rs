//! An index dropped before the one that takes its place is there.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// An index dropped before the one that takes its place is there.
///
/// Row 51 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "index-gap",
    severity: Severity::Warning,
    condition: "DROP INDEX before a CREATE INDEX over the same leading column, on a table that is not new and not known to be small.",
    effect: "Queries that need it read the whole table meanwhile, or wait until the migration commits.",
    workaround: "Build the new index first, under another name, CONCURRENTLY; drop the old one in a later migration.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::DropIndex { index, .. } = operation else { return None };
    let (table, name) = context.before.index_owner(index)?;
    let first = context.before.tables.get(&table)?.indexes.get(&name)?.columns.first();
    let replaces = |later: &Operation| matches!(later, Operation::CreateIndex(create) if context.before.resolve(&create.table) == table && create.columns.first() == first);
    let found = !context.is_quiet(&table) && context.later().any(replaces);
    found.then(|| {
        Hit::new(format!("{name} is gone before the index that takes its place is built.")).sized(context, &table, &RULE)
    })
}
