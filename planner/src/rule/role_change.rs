//! A role changed by a migration.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A role changed by a migration.
///
/// Row 78 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "role-change",
    severity: Severity::Info,
    condition: "CREATE, ALTER or DROP of a role or user.",
    effect: "Roles belong to the whole server, not to the database: other databases notice, and a restore elsewhere lacks them.",
    workaround: "Keep roles with the infrastructure, and only grants in migrations.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(_: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::Role { name } = operation else { return None };
    Some(Hit::new(format!("Role {name} is made, changed or dropped.")))
}
