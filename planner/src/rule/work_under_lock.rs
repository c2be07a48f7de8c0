//! Slow work while another lock is held.

use super::{Check, Hit, MigrationContext, Rule};
use crate::effect::{Blocks, Lock};
use crate::finding::Severity;
use crate::rule::context::named;
use crate::statement::operation::Operation;

/// Slow work while another lock is held.
///
/// Row 83 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "work-under-lock",
    severity: Severity::Warning,
    condition: "A statement reads, builds or writes anew a whole table in the transaction in which an earlier one keeps readers or writers off a table.",
    effect: "The earlier lock, which would have lasted a moment, is held until the work is done.",
    workaround: "Put the slow statement into a migration of its own, before or after.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    // One statement has no earlier one.
    if context.effects.len() < 2 || !context.is_one_transaction() {
        return Vec::new();
    }
    let mut held: Option<&str> = None;
    for (at, effect) in context.effects.iter().enumerate() {
        let worked: Vec<&String> = effect.scans.iter().filter(|table| !context.is_quiet(&named(table))).collect();
        // A foreign key of a new table has no rows to look up in the older one.
        let quick = |operation: &Operation| {
            matches!(operation, Operation::Truncate { .. })
                || operation.subject().is_some_and(|table| context.new.has_table(table, context.after))
        };
        let quick = context.migration.up.statements.get(at).is_some_and(|statement| statement.operations.iter().all(quick));
        if let (Some(held), Some(worked), false) = (held, worked.first(), quick) {
            return vec![Hit::new(format!("{worked} is read in full while {held} is locked by an earlier statement.")).at(at)];
        }
        let locks = |lock: &&Lock| lock.mode.blocks() >= Blocks::Writes && !context.is_quiet(&named(&lock.object));
        held = held.or_else(|| effect.locks.iter().find(locks).map(|lock| lock.object.as_str()));
    }
    Vec::new()
}
