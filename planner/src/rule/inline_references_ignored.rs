//! REFERENCES at a column, which MySQL reads and forgets.

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// REFERENCES at a column, which MySQL reads and forgets.
pub(super) const RULE: Rule = Rule {
    id: "inline-references-ignored",
    severity: Severity::Warning,
    condition: "A column of MySQL 8 says REFERENCES behind its type.",
    effect: "MySQL parses it and makes no foreign key, so nothing is checked.",
    workaround: "Write FOREIGN KEY (column) REFERENCES parent (key) as an item of its own.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let wanted = |operation: &Operation| matches!(operation, Operation::CreateTable(_) | Operation::AddColumn { .. });
    let version = context.settings.server_version;
    if context.dialect() != Dialect::MySql || version.major >= 9 || !context.statement.operations.iter().any(wanted) {
        return Vec::new();
    }
    // Each FOREIGN KEY has one REFERENCES behind it; another one stands at a column.
    let mut open = false;
    let mut last = String::new();
    for word in context.words() {
        match word.as_str() {
            "key" if last == "foreign" => open = true,
            "references" if !open => return vec![Hit::new("REFERENCES at a column makes no foreign key on MySQL.")],
            "references" => open = false,
            _ => {}
        }
        last = word;
    }
    Vec::new()
}
