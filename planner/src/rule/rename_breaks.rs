//! A table, column or sequence renamed.

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::name::ObjectName;
use crate::rule::edit;
use crate::statement::operation::Operation;

/// A table, column or sequence renamed.
pub(super) const RULE: Rule = Rule {
    id: "rename-breaks",
    severity: Severity::Error,
    condition: "RENAME of a table, view, column or sequence that releases may be using.",
    effect: "Every release that uses the old name fails at once, and one that uses the new name failed until now.",
    workaround: "Add the new column, write both, move the data, switch the readers, then drop the old one; \
                 flightplan split VERSION writes these steps as files.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    match operation {
        Operation::RenameColumn { table, column, to } if !context.new.has_column(table, column, context.before) => {
            Some(Hit::new(format!("Column {table}.{column} is renamed to {to}.")))
        }
        Operation::RenameTable { table, to } if context.before.sequences.contains_key(&context.before.resolve(table)) => {
            let hit = Hit::new(format!("Sequence {table} is renamed to {to}."));
            (!context.new.recreated.contains(&table.name))
                .then(|| hit.cure("Let the releases ask a sequence of the new name first."))
        }
        Operation::RenameTable { table, to } if !context.is_new(table) && !viewed(context, &table.name) => {
            let dialect = context.dialect();
            let renamed = ObjectName { schema: table.schema.clone(), name: to.clone() };
            let shim = format!("CREATE VIEW {} AS SELECT * FROM {}", table.sql(dialect), renamed.sql(dialect));
            let fix = || edit::append(context, &format!(";\n{shim}"), "Leave a view behind");
            let fix = (dialect == Dialect::Postgres && context.before.has_table(table)).then(fix).flatten();
            let cure = format!("In the same migration, {shim}: with it nothing breaks, not even writes.");
            let view = context.before.view_key(table).is_some();
            if view && context.new.recreated.contains(&table.name) {
                return None;
            }
            let what = if view { "View" } else { "Table" };
            Some(Hit::new(format!("{what} {table} is renamed to {to}.")).cure(cure).fixed(fix))
        }
        _ => None,
    }
}

/// A view with the old name keeps older releases working (`facts/safety.md` §7.2, measured).
fn viewed(context: &StatementContext<'_>, name: &str) -> bool {
    let view =
        |later: &Operation| matches!(later, Operation::CreateView(create) if create.view.name == name && !create.materialized);
    context.later().any(view)
}
