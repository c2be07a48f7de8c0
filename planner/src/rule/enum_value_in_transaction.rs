//! An enum value used in the transaction that adds it.

use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// An enum value used in the transaction that adds it.
pub(super) const RULE: Rule = Rule {
    id: "enum-value-in-transaction",
    severity: Severity::Error,
    condition: "A migration adds an enum value and uses it.",
    effect: "PostgreSQL refuses the use: a new value is safe to use only after the transaction that added it.",
    workaround: "Add the value in a migration of its own, before the one that uses it.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let statements = &context.migration.up.statements;
    let mut hits = Vec::new();
    for (at, operation) in context.operations() {
        let Operation::AddEnumValue { name, value, .. } = operation else { continue };
        if statements.get(at).is_some_and(|statement| statement.autocommit) {
            continue;
        }
        let literal = format!("'{}'", value.replace('\'', "''"));
        let used = statements.iter().enumerate().skip(at + 1).find(|(_, statement)| statement.sql.contains(&literal));
        if let Some((later, _)) = used {
            hits.push(Hit::new(format!("Value {literal} of {name} is used in the transaction that adds it.")).at(later));
        }
    }
    hits
}
