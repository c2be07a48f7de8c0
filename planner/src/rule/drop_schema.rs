//! A schema or database dropped.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::name::ObjectName;
use crate::statement::operation::Operation;

/// A schema or database dropped.
///
/// Row 72 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "drop-schema",
    severity: Severity::Error,
    condition: "DROP SCHEMA of a schema that has something in it, or DROP DATABASE.",
    effect: "Everything in it is gone for good.",
    workaround: "Drop what is in it one by one, when nobody uses it any more; keep a dump.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    match operation {
        Operation::DropSchema { schema, .. } => {
            let inside = |key: &&ObjectName| key.schema.as_ref() == Some(schema) && !context.is_new(key);
            let held: Vec<&str> = context.before.tables.keys().filter(inside).map(|key| key.name.as_str()).collect();
            let unknown = context.before.opaque && context.before.schemas.contains(schema);
            let hit = || Hit::new(format!("Schema {schema} is dropped with its tables {}.", held.join(", ")));
            (!held.is_empty() || unknown).then(hit)
        }
        Operation::Opaque { reason } if reason.starts_with("DROP DATABASE") => Some(Hit::new("A database is dropped.")),
        _ => None,
    }
}
