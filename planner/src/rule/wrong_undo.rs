//! A way back that does not come back.

use super::{Check, Hit, MigrationContext, Rule};
use crate::catalog::apply::apply_all;
use crate::catalog::replay;
use crate::finding::Severity;
use crate::migration::SourceKind;
use crate::undo::returned::differences;

/// A way back that does not come back.
pub(super) const RULE: Rule = Rule {
    id: "wrong-undo",
    severity: Severity::Warning,
    condition: "An undo script or downgrade() does not bring the schema back to what it was before its migration, or the server \
                would refuse it. Nothing is said where a part of either is opaque.",
    effect: "After a rollback the schema is neither the old nor the new one: the old release may fail on it, and the migration \
             cannot run again.",
    workaround: "Take back everything the migration does, in reverse order; `flightplan explain` tells the way back of each statement.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let MigrationContext { migration, before, after, .. } = *context;
    let Some(script) = migration.undo.as_ref().filter(|script| script.opaque.is_empty()) else { return Vec::new() };
    // An empty one is told as one that is missing.
    if script.statements.is_empty() || !migration.up.opaque.is_empty() || after.opaque || before.opaque {
        return Vec::new();
    }
    // Where the way forth is refused, there is nothing to come back from.
    if context.effects.iter().any(|effect| effect.error.is_some()) {
        return Vec::new();
    }
    let mut back = replay::walk(after, &[], |_, _, _| {});
    back.search_path.clone_from(&before.search_path);
    for statement in &script.statements {
        if let Some(error) = apply_all(&mut back, &statement.operations).into_iter().find(|error| error.certain) {
            // A naming convention in Python may have made another name of what the revision says.
            if migration.source == SourceKind::Alembic && error.message.starts_with("constraint ") {
                return Vec::new();
            }
            let place = [script.path.as_str(), ":", &statement.span.line.to_string()].concat();
            return vec![Hit::new([&place, " would be refused: ", error.message.as_str(), "."].concat())];
        }
    }
    let found = if back.opaque { Vec::new() } else { differences(before, &back) };
    let Some(first) = found.first() else { return Vec::new() };
    let more = match found.len() {
        1 => String::new(),
        count => [
            " (and ",
            &(count - 1).to_string(),
            " more: ",
            &found.iter().skip(1).take(3).cloned().collect::<Vec<_>>().join("; "),
            ")",
        ]
        .concat(),
    };
    vec![Hit::new([script.path.as_str(), " does not bring the schema back: ", first, &more, "."].concat())]
}
