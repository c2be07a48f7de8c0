//! Privileges for everyone, or all of them.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// Privileges for everyone, or all of them.
pub(super) const RULE: Rule = Rule {
    id: "wide-grant",
    severity: Severity::Warning,
    condition: "GRANT gives ALL PRIVILEGES, or gives anything TO PUBLIC.",
    effect: "Everyone who can connect, or one role that needs less, may read or change the data.",
    workaround: "Name the privileges and the roles that need them.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        let Operation::Grant { revoke: false, privileges, objects, roles } = operation else { continue };
        let objects: Vec<String> = objects.iter().map(ToString::to_string).collect();
        let objects = objects.join(", ");
        if privileges.iter().any(|privilege| privilege.to_ascii_lowercase().starts_with("all")) {
            hits.push(Hit::new(format!("All privileges on {objects} go to {}.", roles.join(", "))));
        } else if roles.iter().any(|role| role.eq_ignore_ascii_case("public")) {
            hits.push(Hit::new(format!("Everyone who can connect gets {} on {objects}.", privileges.join(", "))));
        }
    }
    hits
}
