//! A view, function, type, sequence or extension dropped.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A view, function, type, sequence or extension dropped.
///
/// Row 73 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "drop-object",
    severity: Severity::Warning,
    condition: "DROP of an object that is older than the migration, and that the migration does not make again.",
    effect: "Every release that still uses it fails.",
    workaround: "Stop using it in the application first, deploy that everywhere, and drop it in a later contract migration.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let before = context.before;
    let (what, name, there) = match operation {
        Operation::DropView { view, .. } => ("View", view, before.view_key(view).is_some()),
        Operation::DropFunction { name, .. } => ("Function", name, before.functions.contains_key(&before.resolve(name))),
        Operation::DropSequence { sequence, .. } => {
            ("Sequence", sequence, before.sequences.contains_key(&before.resolve(sequence)))
        }
        Operation::DropType { name, .. } => {
            let key = before.resolve(name);
            ("Type", name, before.enums.contains_key(&key) || before.types.contains_key(&key))
        }
        Operation::DropExtension { name, .. } if before.extensions.contains(name) => {
            return Some(Hit::new(format!("Extension {name} is dropped.")));
        }
        _ => return None,
    };
    // A type that took another name to make room for its successor is dropped for good reason.
    let renamed = |earlier: &Operation| matches!(earlier, Operation::RenameType { to, .. } if *to == name.name);
    (there && !context.new.recreated.contains(&name.name) && !context.earlier().any(renamed))
        .then(|| Hit::new(format!("{what} {name} is dropped.")))
}
