//! A change to the audit trail.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::project::glob;
use crate::rule::option::RuleOption;
use crate::statement::operation::{DataChange, Operation};

/// A change to the audit trail.
pub(super) const RULE: Rule = Rule {
    id: "audit-trail-changed",
    severity: Severity::Error,
    condition: "A migration changes or deletes rows of an audit table, empties or drops it, or drops an audit trigger.",
    effect: "What was recorded can no longer be relied on, and nobody can tell later who did what.",
    workaround: "Leave audit tables as they are; archive old rows by a process that is recorded itself.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let patterns = TABLES.of(context.settings);
    let audit = |name: &str| {
        let name = name.to_ascii_lowercase();
        patterns.iter().any(|pattern| glob::name(pattern, &name))
    };
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        let (name, table, what) = match operation {
            Operation::Update(change) if !fills_new_columns(context, change) => {
                (&change.table.name, Some(&change.table), "Rows are changed")
            }
            Operation::Delete(change) => (&change.table.name, Some(&change.table), "Rows are deleted"),
            Operation::Truncate { table, .. } => (&table.name, Some(table), "All rows go"),
            Operation::DropTable { table, .. } if context.before.has_table(table) => (&table.name, Some(table), "The table goes"),
            Operation::DropTrigger { name, .. } if !made_again(context, name) => (name, None, "A trigger goes"),
            _ => continue,
        };
        if audit(name) && !table.is_some_and(|table| context.new.has_table(table, context.before)) {
            hits.push(Hit::new(format!("{what} in the audit trail: {name}.")));
        }
    }
    hits
}

/// Whether an update writes only columns that the migration itself added.
fn fills_new_columns(context: &StatementContext<'_>, change: &DataChange) -> bool {
    !change.columns.is_empty()
        && change.columns.iter().all(|column| context.new.has_column(&change.table, column, context.before))
}

/// Whether the migration makes a trigger of that name again.
fn made_again(context: &StatementContext<'_>, trigger: &str) -> bool {
    let later = context.migration.up.statements.iter().flat_map(|statement| &statement.operations);
    later.into_iter().any(|operation| matches!(operation, Operation::CreateTrigger { name, .. } if name == trigger))
}

/// Which tables and triggers are the audit trail.
pub(super) const TABLES: RuleOption = RuleOption {
    rule: RULE.id,
    name: "tables",
    default: &["audit_*", "*_audit", "*_audit_*", "audit"],
    words: &[],
    meaning: "Names of the audit tables and triggers, with * and ?.",
};
