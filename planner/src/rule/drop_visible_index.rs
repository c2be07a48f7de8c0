//! An index dropped without a trial (MySQL, MariaDB).

use super::{Check, Hit, ProjectContext, Rule};
use crate::finding::Severity;
use crate::sort::Gather;
use crate::statement::operation::Operation;
use crate::statement::words::words;
use std::collections::BTreeSet;

/// An index dropped without a trial (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "drop-visible-index",
    severity: Severity::Info,
    condition: "An index of an older table is dropped that no earlier migration made INVISIBLE (MariaDB: IGNORED), and none \
                takes its place.",
    effect: "If a query needed it after all, it is slow until the index is built again, which takes long on a large table.",
    workaround: "Make it INVISIBLE first, wait until nobody has missed it, and drop it then.",
    check: Check::Project(check),
};

fn check(context: &ProjectContext<'_>) -> Vec<(usize, Hit)> {
    if !context.settings.dialect.is_mysql() {
        return Vec::new();
    }
    let mut hits = Vec::new();
    let mut hidden: BTreeSet<String> = BTreeSet::new();
    for (at, migration) in context.migrations.iter().enumerate() {
        let operations = || migration.up.statements.iter().flat_map(|statement| &statement.operations);
        let touched: BTreeSet<&str> = operations()
            .filter(|operation| !matches!(operation, Operation::DropIndex { .. } | Operation::SetParameter { .. }))
            .filter_map(|operation| operation.subject().map(|table| table.name.as_str()))
            .gather();
        for (number, statement) in migration.up.statements.iter().enumerate() {
            let words: Vec<String> = words(&statement.sql).collect();
            if words.iter().any(|word| word == "invisible" || word == "ignored") {
                hidden.extend(words);
                continue;
            }
            for operation in &statement.operations {
                let Operation::DropIndex { index, table: Some(table), .. } = operation else { continue };
                if !hidden.contains(&index.name.to_lowercase()) && !touched.contains(table.name.as_str()) {
                    hits.push((at, Hit::new(format!("Index {} of {table} is dropped without a trial.", index.name)).at(number)));
                }
            }
        }
    }
    hits
}
