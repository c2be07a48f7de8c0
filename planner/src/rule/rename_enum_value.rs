//! An enum value renamed.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// An enum value renamed.
///
/// Row 17 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "rename-enum-value",
    severity: Severity::Error,
    condition: "ALTER TYPE ... RENAME VALUE of a type the migration did not make.",
    effect: "Every release that writes or compares the old value fails at once, and one that uses the new one failed until now.",
    workaround: "Add the new value, let the releases know both, move the rows in batches, and leave the old value unused.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::RenameEnumValue { name, value, to } = operation else { return None };
    (!context.new.recreated.contains(&name.name)).then(|| Hit::new(format!("Value '{value}' of {name} is renamed to '{to}'.")))
}
