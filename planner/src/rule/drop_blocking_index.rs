//! An index dropped while everyone waits.

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
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
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    if context.dialect() != Dialect::Postgres {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        let Operation::DropIndex { index, concurrently: false, .. } = operation else { continue };
        let owner = context.before.tables.iter().find(|(owner, table)| {
            table.indexes.contains_key(&index.name)
                && index.schema.as_ref().is_none_or(|schema| owner.schema.as_ref() == Some(schema))
        });
        let Some((owner, table)) = owner else { continue };
        if context.is_quiet(owner) || table.partition_by.is_some() {
            continue;
        }
        let fix = context.is_alone().then(|| edit::insert_after(context, "index", " CONCURRENTLY", "Drop it CONCURRENTLY"));
        hits.push(Hit::new(format!("Dropping {index} locks {owner} against everyone.")).fixed(fix.flatten()));
    }
    hits
}
