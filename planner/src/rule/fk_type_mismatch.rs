//! A foreign key of another type than the key it points at.

use super::{Check, Hit, Rule, StatementContext};
use crate::catalog::apply::apply_all;
use crate::finding::Severity;
use crate::statement::operation::{ConstraintKind, Operation};

/// A foreign key of another type than the key it points at.
///
/// Row 36 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "fk-type-mismatch",
    severity: Severity::Warning,
    condition: "The columns of a foreign key have other types than the columns they refer to.",
    effect: "Values of the wider type cannot be referred to, and comparisons may not use the index.",
    workaround: "Give both columns the same type before the table has rows.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    // Nearly no statement makes a foreign key, and a schema to try it on is dear.
    if !context.statement.sql.as_bytes().windows(10).any(|word| word.eq_ignore_ascii_case(b"references")) {
        return Vec::new();
    }
    let mut after = context.before.clone();
    let touched = |operation: &&Operation| {
        matches!(operation, Operation::CreateTable(_) | Operation::AddConstraint { .. } | Operation::AddColumn { .. })
    };
    let Some(table) = context.statement.operations.iter().find(touched).and_then(Operation::subject) else { return Vec::new() };
    drop(apply_all(&mut after, &context.statement.operations));
    let key = after.resolve(table);
    let old = context.before.tables.get(&key).map(|old| old.constraints.as_slice()).unwrap_or_default();
    let Some(stored) = after.tables.get(&key) else { return Vec::new() };
    let mut hits = Vec::new();
    for constraint in stored.constraints.iter().filter(|own| !old.contains(own)) {
        let ConstraintKind::ForeignKey { columns, ref_table, ref_columns, .. } = &constraint.kind else { continue };
        let Some(parent) = after.table(ref_table) else { continue };
        for (own, other) in columns.iter().zip(ref_columns) {
            let (Some(a), Some(b)) = (stored.column(own), parent.column(other)) else { continue };
            if kind(&a.data_type) != kind(&b.data_type) {
                let (a, b) = (&a.data_type, &b.data_type);
                hits.push(Hit::new(format!("{table}.{own} is {a}, {ref_table}.{other} is {b}.")));
            }
        }
    }
    hits
}

/// The type without its modifiers; the character types are one.
fn kind(data_type: &str) -> &str {
    let name = data_type.split('(').next().unwrap_or(data_type);
    if name.starts_with("character") { "text" } else { name }
}
