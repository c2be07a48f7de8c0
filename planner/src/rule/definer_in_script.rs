//! An account fixed in the schema (MySQL, MariaDB).

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;

/// An account fixed in the schema (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "definer-in-script",
    severity: Severity::Warning,
    condition: "A view, trigger, routine or event names its DEFINER.",
    effect: "It runs with the rights of that account; on a server where the account is missing every use fails, and only SUPER \
             may make it.",
    workaround: "Leave DEFINER out, or write SQL SECURITY INVOKER.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let sql = &context.statement.sql;
    let at = if context.dialect().is_mysql() { sql.to_ascii_lowercase().find("definer") } else { None };
    let Some(rest) = at.and_then(|at| sql.get(at + 7..)) else { return Vec::new() };
    let Some(account) = rest.trim_start().strip_prefix('=').map(str::trim_start) else { return Vec::new() };
    let end = account.find(char::is_whitespace).unwrap_or(account.len());
    let account = account.get(..end).unwrap_or_default();
    if account.to_ascii_lowercase().starts_with("current_") {
        return Vec::new();
    }
    vec![Hit::new(format!("This runs as {account}, wherever it is."))]
}
