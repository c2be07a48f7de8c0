//! A lock_timeout switched off.

use super::{Check, Hit, MigrationContext, Rule};
use crate::effect::{Blocks, Effect};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A lock_timeout switched off.
///
/// Row 81 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "no-lock-timeout",
    severity: Severity::Warning,
    condition: "A script sets lock_timeout to 0 for statements that lock older tables.",
    effect: "A statement that waits for its lock makes everyone behind it wait as long as the oldest query runs.",
    workaround: "Leave it out: each step already runs with the lock_timeout of the environment.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let off = |value: &str| value.trim_matches(['\'', ' ']).trim_end_matches(char::is_alphabetic).trim() == "0";
    let mut hits = Vec::new();
    for (at, operation) in context.operations() {
        let Operation::SetParameter { name, value, .. } = operation else { continue };
        let locks = |effect: &Effect| effect.blocks >= Blocks::Writes;
        if name == "lock_timeout" && off(value) && context.effects.iter().skip(at).any(locks) {
            hits.push(Hit::new(format!("{} waits for its locks without end.", context.migration.id)).at(at));
        }
    }
    hits
}
