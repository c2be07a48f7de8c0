//! NULLs where releases expect none.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// NULLs where releases expect none.
///
/// Row 28 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "drop-not-null",
    severity: Severity::Info,
    condition: "DROP NOT NULL of a column that is older than the migration.",
    effect: "Nothing is read, but a release that does not expect NULL may meet one; the way back fails as soon as there is one.",
    workaround: "Let every running release read NULL first, and only then one write it.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::DropNotNull { table, column } = operation else { return None };
    let strict = context.before.table(table)?.column(column).is_some_and(|own| !own.nullable);
    let new = context.new.has_column(table, column, context.before);
    (strict && !new).then(|| Hit::new(format!("{table}.{column} may be NULL from here on.")))
}
