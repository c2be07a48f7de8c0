//! Schema changes and a large data change in one transaction.

use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;
use crate::rule::Cut;
use crate::statement::Statement;
use crate::statement::operation::Operation;

/// Schema changes and a large data change in one transaction.
pub(super) const RULE: Rule = Rule {
    id: "mixed-schema-and-data",
    severity: Severity::Warning,
    condition: "A migration changes the schema of older tables and many rows at once.",
    effect: "The locks of the schema change are held until the last row is changed.",
    workaround: "Put the data change into a migration of its own.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    if !context.migration.up.statements.iter().any(changes_schema) {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for (at, cut) in context.cuts.iter().enumerate() {
        let Cut::Whole(_) = cut else { continue };
        let table = context
            .migration
            .up
            .statements
            .get(at)
            .and_then(|statement| statement.operations.first())
            .and_then(Operation::subject);
        let table = table.map(ToString::to_string).unwrap_or_default();
        hits.push(Hit::new(format!("{} changes the schema and the rows of {table} together.", context.migration.id)).at(at));
    }
    hits
}

/// Whether a statement is neither a data change nor a setting nor transaction control.
pub(super) fn changes_schema(statement: &Statement) -> bool {
    !statement.operations.iter().all(|operation| {
        matches!(
            operation,
            Operation::Insert(_)
                | Operation::Update(_)
                | Operation::Delete(_)
                | Operation::Copy { .. }
                | Operation::Select { .. }
                | Operation::SetParameter { .. }
                | Operation::Transaction { .. }
        )
    })
}
