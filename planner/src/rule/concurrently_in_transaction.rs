//! Statements that need a transaction beside some that refuse one.

use super::{Check, Hit, MigrationContext, Rule};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::migration::SourceKind;
use crate::statement::operation::Operation;

/// Statements that need a transaction beside some that refuse one.
pub(super) const RULE: Rule = Rule {
    id: "concurrently-in-transaction",
    severity: Severity::Error,
    condition: "A script holds statements that cannot run inside a transaction beside others that need one.",
    effect: "Neither with nor without a transaction can the script run safely.",
    workaround: "Move the statement that runs outside a transaction into a migration of its own.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    if !context.settings.dialect.transactional_ddl() || context.settings.dialect == Dialect::Sqlite {
        return Vec::new();
    }
    let mut outside = None;
    let mut inside = false;
    for (at, statement) in context.migration.up.statements.iter().enumerate() {
        let neutral = |operation: &Operation| {
            use Operation as O;
            matches!(operation, O::SetParameter { .. } | O::Transaction { .. } | O::Opaque { .. } | O::Call { .. })
        };
        if statement.autocommit || statement.operations.iter().all(neutral) {
            continue;
        }
        match context.effects.get(at) {
            Some(effect) if !effect.transactional => outside = outside.or(Some(at)),
            _ => inside = true,
        }
    }
    let Some(at) = outside else { return Vec::new() };
    let id = &context.migration.id;
    match context.migration.source {
        SourceKind::Alembic => {
            let hit = Hit::new(format!("{id} runs a statement outside a transaction without autocommit_block().")).at(at);
            let hit = Hit {
                severity: Some(Severity::Warning),
                effect: Some("Alembic itself would fail there; Flightplan runs it as a step of its own.".to_owned()),
                ..hit
            };
            vec![hit.cure("Put it into `with op.get_context().autocommit_block():`.")]
        }
        SourceKind::Flyway
            if inside
                && !context.settings.flyway.mixed
                && context.migration.up.execute_in_transaction.unwrap_or(context.settings.flyway.execute_in_transaction) =>
        {
            let hit = Hit::new(format!("{id} mixes statements that need a transaction with one that refuses it.")).at(at);
            vec![Hit { blocking: true, effect: Some("Flyway refuses the script, and so does Flightplan.".to_owned()), ..hit }]
        }
        SourceKind::Flyway => Vec::new(),
    }
}
