//! Another value where a release gives none.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// Another value where a release gives none.
///
/// Row 29 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "default-change",
    severity: Severity::Info,
    condition: "SET DEFAULT or DROP DEFAULT of a column that is older than the migration.",
    effect: "Releases that leave the column out write another value from then on, without an error; rows that are there stay as they are.",
    workaround: "Let the application write the value itself before the default changes.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (table, column, to) = match operation {
        Operation::SetDefault { table, column, expression } => (table, column, Some(expression)),
        Operation::DropDefault { table, column } => (table, column, None),
        _ => return None,
    };
    let own = context.before.table(table)?.column(column)?;
    if own.default.as_ref() == to
        || (to.is_none() && !own.serial) && own.default.is_none()
        || context.new.has_column(table, column, context.before)
    {
        return None;
    }
    let to = to.map_or("none", String::as_str);
    Some(Hit::new(format!("The default of {table}.{column} is {to} from here on.")))
}
