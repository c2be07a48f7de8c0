//! A column dropped.

use super::{Check, Hit, Rule, StatementContext};
use crate::catalog::Index;
use crate::catalog::apply::index_uses;
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A column dropped.
pub(super) const RULE: Rule = Rule {
    id: "drop-column",
    severity: Severity::Error,
    condition: "DROP COLUMN on a table the migration did not make.",
    effect: "Its values are gone for good, and every release that still names the column fails.",
    workaround: "Stop using it in the application first, deploy that everywhere, and drop it in a later contract migration.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::DropColumn { table, column, if_exists, .. } = operation else { return None };
    let stored = context.before.table(table);
    let missing = *if_exists && stored.is_some_and(|table| table.column(column).is_none());
    if missing || context.new.has_column(table, column, context.before) {
        return None;
    }
    let uses = |index: &Index| index_uses(index, column, context.dialect());
    let indexes =
        stored.into_iter().flat_map(|table| &table.indexes).filter(|(_, index)| uses(index)).map(|(name, _)| name.as_str());
    let indexes: Vec<&str> = indexes.collect();
    let also = if indexes.is_empty() { String::new() } else { format!(", and with it {}", indexes.join(", ")) };
    Some(Hit::new(format!("Column {table}.{column} is dropped with all its values{also}.")))
}
