//! An index built while writers wait.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::rule::edit;
use crate::statement::operation::Operation;

/// An index built while writers wait.
pub(super) const RULE: Rule = Rule {
    id: "blocking-index",
    severity: Severity::Warning,
    condition: "CREATE INDEX without CONCURRENTLY on a table that is not new and not known to be small.",
    effect: "Everyone who writes to the table waits until the index is built.",
    workaround: "Build it with CREATE INDEX CONCURRENTLY in a migration of its own; writers go on meanwhile.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::CreateIndex(create) = operation else { return None };
    if create.concurrently || create.only || context.is_quiet(&create.table) {
        return None;
    }
    let table = context.before.table(&create.table)?;
    let effect = context.effect_of(operation);
    if effect.builds.is_empty() {
        return None;
    }
    let name = create.name.as_deref().unwrap_or("an index");
    let hit = Hit::new(format!("Building {name} keeps everyone who writes to {} waiting.", create.table));
    let hit = hit.sized(context, &create.table, &RULE);
    Some(if table.partition_by.is_some() {
        hit.cure("Create it ON ONLY the parent, build one CONCURRENTLY on each partition, and attach these.")
    } else {
        let fix = context.is_alone().then(|| edit::insert_after(context, "index", " CONCURRENTLY", "Build it CONCURRENTLY"));
        hit.fixed(fix.flatten())
    })
}
