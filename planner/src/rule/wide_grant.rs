//! Privileges for everyone, or all of them.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// Privileges for everyone, or all of them.
pub(super) const RULE: Rule = Rule {
    id: "wide-grant",
    severity: Severity::Warning,
    condition: "GRANT gives ALL PRIVILEGES, gives anything TO PUBLIC or on every database, or lets it be passed on; a role \
                becomes SUPERUSER.",
    effect: "Everyone who can connect, or one role that needs less, may read or change the data.",
    workaround: "Name the privileges and the roles that need them.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    context.statement.operations.iter().filter_map(|operation| too_wide(context, operation)).map(Hit::new).collect()
}

fn too_wide(context: &StatementContext<'_>, operation: &Operation) -> Option<String> {
    let (privileges, objects, roles) = match operation {
        Operation::Grant { revoke: false, privileges, objects, roles } => (privileges, objects, roles),
        Operation::Role { name } => {
            let words = context.words();
            let superuser = !words.iter().any(|word| word == "drop") && words.iter().any(|word| word == "superuser");
            return superuser.then(|| format!("{name} may do everything."));
        }
        _ => return None,
    };
    let on: Vec<String> = objects.iter().map(ToString::to_string).collect();
    let on = if on.is_empty() { String::new() } else { format!(" on {}", on.join(", ")) };
    let to = roles.join(", ");
    if privileges.iter().any(|privilege| privilege.to_ascii_lowercase().starts_with("all")) {
        return Some(format!("All privileges{on} go to {to}."));
    }
    if roles.iter().any(|role| role.eq_ignore_ascii_case("public")) {
        return Some(format!("Everyone who can connect gets {}{on}.", privileges.join(", ")));
    }
    if context.words().windows(3).any(|words| words == ["with", "grant", "option"]) {
        return Some(format!("{to} may pass {}{on} on to anyone.", privileges.join(", ")));
    }
    let everywhere = context.dialect().is_mysql() && context.statement.sql.split_whitespace().any(|word| word == "*.*");
    let harmless = privileges.iter().all(|privilege| privilege.eq_ignore_ascii_case("usage"));
    (everywhere && !harmless).then(|| format!("{to} gets {} on every database.", privileges.join(", ")))
}
