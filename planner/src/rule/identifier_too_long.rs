//! A name the server cuts.

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::sort::Sort;
use crate::statement::operation::Operation;
use crate::statement::split::tokens;

/// A name the server cuts.
///
/// Row 91 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "identifier-too-long",
    severity: Severity::Warning,
    condition: "A name is longer than 63 bytes.",
    effect: "The server cuts it without a word, and two names that differ behind the cut are one.",
    workaround: "Choose a name of at most 63 bytes.",
    check: Check::Statement(check),
};

const LIMIT: usize = 63;
const TOKENS: usize = 5000;

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let rows = |operation: &Operation| {
        matches!(operation, Operation::Insert(_) | Operation::Copy { .. } | Operation::CreateFunction { .. })
    };
    let sql = &context.statement.sql;
    if context.dialect() != Dialect::Postgres || sql.len() <= LIMIT || context.statement.operations.iter().any(rows) {
        return Vec::new();
    }
    let word = |c: char| c.is_alphanumeric() || c == '_';
    if !sql.contains('"') && !sql.split(|c| !word(c)).any(|run| run.len() > LIMIT) {
        return Vec::new();
    }
    let long = tokens(sql, Dialect::Postgres, TOKENS).into_iter().filter(|token| {
        let quoted = token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let name = quoted.unwrap_or(token);
        name.len() > LIMIT && (quoted.is_some() || (name.chars().all(word) && !name.starts_with(|c: char| c.is_ascii_digit())))
    });
    let mut names: Vec<&str> = long.collect();
    names.order();
    names.dedup();
    names.into_iter().map(|name| Hit::new(format!("{name} is longer than {LIMIT} bytes."))).collect()
}
