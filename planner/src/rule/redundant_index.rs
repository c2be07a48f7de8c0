//! An index that another one already covers.

use super::{Check, Hit, Rule, StatementContext, columns};
use crate::finding::Severity;
use crate::statement::operation::Operation;
use crate::statement::words::words;

/// An index that another one already covers.
///
/// Row 52 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "redundant-index",
    severity: Severity::Info,
    condition: "CREATE INDEX over columns with which another index of the table begins.",
    effect: "Each write keeps two indexes where one would do.",
    workaround: "Leave it out, or drop the other one.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::CreateIndex(create) = operation else { return None };
    let plain = create.method.as_deref().is_none_or(|method| method == "btree")
        && create.predicate.is_none()
        && create.include.is_empty();
    // Another order, collation or operator class makes another index of it.
    let special = |word: &str| word.ends_with("_ops") || matches!(word, "desc" | "collate" | "nulls");
    if !plain || create.unique || words(&context.statement.sql).any(|word| special(&word)) {
        return None;
    }
    let table = context.before.table(&create.table)?;
    let (other, _) = columns::indexes(table)
        .find(|(name, columns)| columns.starts_with(&create.columns) && create.name.as_deref() != Some(name.as_str()))?;
    let columns: Vec<&str> = create.columns.iter().map(columns::text).collect();
    Some(Hit::new(format!("{other} of {} already begins with {}.", create.table, columns.join(", "))))
}
