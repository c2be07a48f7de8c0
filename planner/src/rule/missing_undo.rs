//! A migration without a way back.

use super::{Check, Hit, MigrationContext, Rule};
use crate::effect::Reversibility;
use crate::finding::Severity;
use crate::migration::MigrationKind;

/// A migration without a way back.
pub(super) const RULE: Rule = Rule {
    id: "missing-undo",
    severity: Severity::Info,
    condition: "A versioned migration has no undo script and a revision no downgrade, and none can be derived without loss.",
    effect: "Going back means restoring a backup, or writing SQL while production waits.",
    workaround: "Write the U file or downgrade() now, while it is clear what the change does.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let asked = matches!(context.migration.kind, MigrationKind::Versioned | MigrationKind::Revision);
    let undo = context.migration.undo.as_ref().is_some_and(|script| !script.statements.is_empty() || !script.opaque.is_empty());
    let worst = context.effects.iter().map(|effect| effect.undo).max().unwrap_or_default();
    if !asked || undo || worst == Reversibility::Lossless {
        return Vec::new();
    }
    let id = &context.migration.id;
    let message = match worst {
        Reversibility::Lossless | Reversibility::Lossy => {
            format!("{id} has no way back of its own; the derived one loses what was written meanwhile.")
        }
        Reversibility::None | Reversibility::Opaque => format!("{id} has no way back, and none can be derived."),
    };
    vec![Hit::new(message)]
}
