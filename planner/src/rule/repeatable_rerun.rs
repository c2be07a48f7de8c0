//! A repeatable migration that cannot run twice.

use super::{Check, Hit, MigrationContext, Rule};
use crate::catalog::apply::apply_all;
use crate::finding::Severity;
use crate::migration::MigrationKind;

/// A repeatable migration that cannot run twice.
///
/// Row 89 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "repeatable-rerun",
    severity: Severity::Error,
    condition: "A repeatable script holds a statement that the server refuses when the script runs again.",
    effect: "The first change of the file fails on every database that has run it before.",
    workaround: "Use CREATE OR REPLACE or IF NOT EXISTS, or drop the object with IF EXISTS first.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    if context.migration.kind != MigrationKind::Repeatable {
        return Vec::new();
    }
    let mut catalog = context.after.clone();
    for (at, statement) in context.migration.up.statements.iter().enumerate() {
        let error = apply_all(&mut catalog, &statement.operations).into_iter().find(|error| error.certain);
        let first = context.effects.get(at).is_some_and(|effect| effect.error.is_some());
        if let (Some(error), false) = (error, first) {
            return vec![Hit::new(format!("Run again, this fails: {}.", error.message.trim_end_matches('.'))).at(at)];
        }
    }
    Vec::new()
}
