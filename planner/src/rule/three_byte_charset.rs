//! A character set without emoji (MySQL, MariaDB).

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A character set without emoji (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "three-byte-charset",
    severity: Severity::Info,
    condition: "A table or column gets the character set utf8 or utf8mb3.",
    effect: "Characters of four bytes, such as emoji and some names in Chinese, are refused or cut off.",
    workaround: "Use utf8mb4.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let wanted = |operation: &Operation| {
        matches!(operation, Operation::CreateTable(_) | Operation::AlterTableOption { .. } | Operation::CreateSchema { .. })
    };
    if !context.dialect().is_mysql() || !context.statement.operations.iter().any(wanted) {
        return Vec::new();
    }
    let words = context.words();
    let three = |word: &str| word == "utf8" || word == "utf8mb3";
    let found = words.windows(2).any(|pair| matches!(pair, [key, value] if (key == "charset" || key == "set") && three(value)));
    found.then(|| Hit::new("utf8 holds characters of up to three bytes only.")).into_iter().collect()
}
