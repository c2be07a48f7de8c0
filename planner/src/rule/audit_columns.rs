//! A table that does not say when and by whom its rows came.

use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;
use crate::rule::option::RuleOption;
use crate::statement::operation::{CreateTable, Operation};

/// A table that does not say when and by whom its rows came.
pub(super) const RULE: Rule = Rule {
    id: "audit-columns",
    severity: Severity::Warning,
    condition: "A migration makes a table without the columns that the project wants in every table; silent until the option \
                columns names some.",
    effect: "Nobody can tell later when a row came or changed.",
    workaround: "Add the columns.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let wanted = COLUMNS.of(context.settings);
    let mut hits = Vec::new();
    for (at, operation) in context.operations() {
        let Operation::CreateTable(CreateTable { table, temporary: false, partition_of: None, .. }) = operation else { continue };
        let Some(made) = context.after.table(table) else { continue };
        let missing: Vec<&str> = wanted.iter().filter(|column| made.column(column).is_none()).copied().collect();
        if !missing.is_empty() {
            hits.push(Hit::new(format!("Table {table} has no {}.", missing.join(", "))).at(at));
        }
    }
    hits
}

/// Columns every table has.
pub(super) const COLUMNS: RuleOption = RuleOption {
    rule: RULE.id,
    name: "columns",
    default: &[],
    words: &[],
    meaning: "Columns that every table has, such as created_at and updated_at.",
};
