//! A large data change that searches without an index.

use super::{Check, Hit, Rule, StatementContext};
use crate::catalog::{Index, Table};
use crate::finding::Severity;
use crate::rule::Cut;
use crate::statement::operation::{ConstraintKind, IndexPart, Operation};
use crate::statement::words::words;

/// A large data change that searches without an index.
pub(super) const RULE: Rule = Rule {
    id: "unindexed-data-change",
    severity: Severity::Info,
    condition: "One UPDATE or DELETE on a table that may be large has a condition whose columns lead no index and choose the rows of none.",
    effect: "Every batch, and every attempt after a failure, reads rows that need no change.",
    workaround: "Build an index on the condition in a migration before (CONCURRENTLY on PostgreSQL), with tmp in its name, and \
                 drop it in one behind.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let [Operation::Update(change) | Operation::Delete(change)] = context.statement.operations.as_slice() else {
        return Vec::new();
    };
    let (Cut::Batched(None) | Cut::Whole(_), Some(predicate)) = (context.cut, &change.predicate) else { return Vec::new() };
    let Some(table) = context.before.table(&change.table) else { return Vec::new() };
    let words: Vec<String> = words(predicate).collect();
    let asked: Vec<&String> = change.uses.iter().filter(|column| words.contains(&column.to_lowercase())).collect();
    if asked.is_empty() || asked.iter().any(|column| leads(table, column)) {
        return Vec::new();
    }
    let columns: Vec<&str> = asked.iter().map(|column| column.as_str()).collect();
    vec![Hit::new(format!("The change of {} looks for {} without an index.", change.table, columns.join(", ")))]
}

/// Whether a key or an index begins with the column.
fn leads(table: &Table, column: &str) -> bool {
    let keys = table.constraints.iter().any(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. } => {
            columns.first().is_some_and(|it| it == column)
        }
        _ => false,
    });
    let named = |text: &String| words(text).any(|word| word == column.to_lowercase());
    // An index over some rows is found by what these have in common.
    let part = |index: &Index| {
        let first = matches!(index.columns.first(), Some(IndexPart::Column(first)) if first == column);
        first || index.predicate.as_ref().is_some_and(named)
    };
    keys || table.indexes.values().any(part)
}
