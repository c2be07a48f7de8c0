//! A privilege taken away.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A privilege taken away.
///
/// Row 78 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "revoke",
    severity: Severity::Warning,
    condition: "REVOKE on an object that is not new.",
    effect: "A release that still uses it fails.",
    workaround: "Revoke it in a contract migration, when no running release needs it.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::Grant { revoke: true, privileges, objects, roles } = operation else { return None };
    let object = objects.iter().find(|object| !context.is_new(object))?;
    Some(Hit::new(format!("{} on {object} is taken from {}.", privileges.join(", "), roles.join(", "))))
}
