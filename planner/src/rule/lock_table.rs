//! A table locked by hand.

use super::{Check, Hit, Rule, StatementContext};
use crate::effect::Blocks;
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A table locked by hand.
///
/// Row 76 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "lock-table",
    severity: Severity::Warning,
    condition: "LOCK TABLE in a mode that keeps readers or writers waiting, on a table that is not new and not known to be small.",
    effect: "They wait until the migration commits; the lock queues behind every running query.",
    workaround: "Let the statement that needs the lock take it, or keep the migration to a few fast statements.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::LockTable { table, mode } = operation else { return None };
    let blocks = context.effect_of(operation).blocks >= Blocks::Writes && !context.is_quiet(table);
    blocks.then(|| Hit::new(format!("{table} is locked ({mode}) until the migration commits.")))
}
