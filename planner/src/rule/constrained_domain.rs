//! A domain with a constraint.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A domain with a constraint.
///
/// Row 67 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "constrained-domain",
    severity: Severity::Info,
    condition: "CREATE DOMAIN with a CHECK or NOT NULL.",
    effect: "A column of it cannot be added to a table without writing the table anew, and a change of the constraint reads every table that uses it.",
    workaround: "Use the base type, with a CHECK on each table.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(_: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::CreateDomain { name, constrained: true, .. } = operation else { return None };
    Some(Hit::new(format!("The domain {name} has a constraint.")))
}
