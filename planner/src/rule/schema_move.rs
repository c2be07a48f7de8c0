//! A table or schema moved to another name.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A table or schema moved to another name.
///
/// Row 16 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "schema-move",
    severity: Severity::Error,
    condition: "ALTER TABLE ... SET SCHEMA, or ALTER SCHEMA ... RENAME, of something the migration did not make.",
    effect: "Every release that uses the old name fails at once, unless its search_path finds the new one.",
    workaround: "Leave a view with the old name behind, and move the releases over first.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    match operation {
        Operation::SetTableSchema { table, schema } if !context.is_new(table) => {
            let viewed = |later: &Operation| matches!(later, Operation::CreateView(create) if create.view.name == table.name);
            (!context.later().any(viewed)).then(|| Hit::new(format!("{table} moves to the schema {schema}.")))
        }
        Operation::RenameSchema { schema, to } => {
            let held =
                context.before.tables.unordered().any(|(key, _)| key.schema.as_ref() == Some(schema) && !context.is_new(key));
            held.then(|| Hit::new(format!("Schema {schema} is renamed to {to}.")))
        }
        _ => None,
    }
}
