//! An index, constraint or type renamed.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// An index, constraint or type renamed.
///
/// Row 18 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "rename-object",
    severity: Severity::Info,
    condition: "RENAME of an index, constraint or type that is older than the migration.",
    effect: "No row is read; but releases that name it, in ON CONFLICT ON CONSTRAINT, in a cast, or where they read error messages, no longer find it.",
    workaround: "Look for the old name in the application first.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    match operation {
        Operation::RenameConstraint { table, constraint, to } if !context.is_new(table) => {
            Some(Hit::new(format!("Constraint {constraint} of {table} is renamed to {to}.")))
        }
        Operation::RenameIndex { index, to, .. } => {
            let (table, _) = context.before.index_owner(index)?;
            (!context.is_new(&table)).then(|| Hit::new(format!("Index {index} of {table} is renamed to {to}.")))
        }
        Operation::RenameType { name, to } if !context.new.recreated.contains(&name.name) => {
            Some(Hit::new(format!("Type {name} is renamed to {to}.")))
        }
        _ => None,
    }
}
