//! A date that does not exist (MySQL, MariaDB).

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;

/// A date that does not exist (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "zero-date",
    severity: Severity::Warning,
    condition: "A date of zeros, such as 0000-00-00, is a default or is written.",
    effect: "Strict mode refuses it (NO_ZERO_DATE), drivers fail when they read it, and no other database takes it.",
    workaround: "Let the column be NULL where there is no date.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let there = context.dialect().is_mysql() && context.statement.sql.contains("'0000-00-00");
    there.then(|| Hit::new("0000-00-00 is no date.")).into_iter().collect()
}
