//! A temporary index that nobody dropped.

use super::{Check, Hit, ProjectContext, Rule};
use crate::finding::Severity;
use crate::statement::operation::{CreateIndex, Operation};

/// A temporary index that nobody dropped.
pub(super) const RULE: Rule = Rule {
    id: "temporary-index-left",
    severity: Severity::Warning,
    condition: "An index with tmp or temp in its name is made, and no later migration drops it.",
    effect: "It costs every write of the table, and nobody remembers what it was for.",
    workaround: "Drop it in a migration behind the data change it was made for.",
    check: Check::Project(check),
};

fn check(context: &ProjectContext<'_>) -> Vec<(usize, Hit)> {
    let mut hits = Vec::new();
    for (at, migration) in context.migrations.iter().enumerate() {
        for (number, statement) in migration.up.statements.iter().enumerate() {
            for operation in &statement.operations {
                let Operation::CreateIndex(CreateIndex { name: Some(name), table, .. }) = operation else { continue };
                let temporary = name.split('_').any(|word| matches!(word, "tmp" | "temp" | "temporary"));
                let left = || context.last.table(table).is_some_and(|table| !table.temporary && table.indexes.contains_key(name));
                if temporary && left() && at + 1 < context.migrations.len() {
                    hits.push((at, Hit::new(format!("Index {name} of {table} is still there after all migrations.")).at(number)));
                }
            }
        }
    }
    hits
}
