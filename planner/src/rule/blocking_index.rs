//! An index built while writers wait.

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
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
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    if context.dialect() != Dialect::Postgres {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        let Operation::CreateIndex(create) = operation else { continue };
        if create.concurrently || create.only || context.is_quiet(&create.table) {
            continue;
        }
        let Some(table) = context.before.table(&create.table) else { continue };
        let name = create.name.clone().unwrap_or_else(|| "an index".to_owned());
        let hit = Hit::new(format!("Building {name} keeps everyone who writes to {} waiting.", create.table));
        hits.push(if table.partition_by.is_some() {
            hit.cure("Create it ON ONLY the parent, build one CONCURRENTLY on each partition, and attach these.")
        } else {
            let fix = context.is_alone().then(|| edit::insert_after(context, "index", " CONCURRENTLY", "Build it CONCURRENTLY"));
            hit.fixed(fix.flatten())
        });
    }
    hits
}
