//! No transaction where one is possible.

use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;
use crate::rule::Cut;

/// No transaction where one is possible.
pub(super) const RULE: Rule = Rule {
    id: "needless-no-transaction",
    severity: Severity::Warning,
    condition: "A script says executeInTransaction=false, and every statement of it could run in a transaction.",
    effect: "After a failure half of it stays in the database, and somebody has to find out which half.",
    workaround: "Take executeInTransaction=false out of the script configuration.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let asked = context.migration.up.execute_in_transaction == Some(false);
    let possible = context.effects.iter().all(|effect| effect.transactional && effect.opaque.is_none());
    let batched = context.cuts.iter().any(|cut| matches!(cut, Cut::Batched(_)));
    if !asked || !possible || batched || context.effects.is_empty() || !context.settings.dialect.transactional_ddl() {
        return Vec::new();
    }
    vec![Hit::new(format!("{} runs without a transaction and needs not.", context.migration.id))]
}
