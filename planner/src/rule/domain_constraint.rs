//! A constraint of a domain that tables use.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A constraint of a domain that tables use.
///
/// Row 66 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "domain-constraint",
    severity: Severity::Warning,
    condition: "A constraint of a domain is added or validated while a table that is not new and not known to be small has a column of it.",
    effect: "Each of these tables is read while its writers wait, also by VALIDATE.",
    workaround: "Give the tables a CHECK of their own, NOT VALID, and validate it later.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::Opaque { reason } = operation else { return None };
    let effect = context.effect_of(operation);
    let tables: Vec<String> = context.loud(&effect.scans).cloned().collect();
    let found = reason.starts_with("ALTER DOMAIN") && !tables.is_empty();
    found.then(|| Hit::new(format!("The values of the domain in {} are checked.", tables.join(", "))))
}
