//! A column type that the stored rows do not fit.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A column type that the stored rows do not fit.
///
/// Row 19 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "type-change-rewrite",
    severity: Severity::Error,
    condition: "ALTER COLUMN TYPE to a type with other stored bytes, on a table that is not new and not known to be small.",
    effect: "The whole table and its indexes are written anew while nobody can read or write it.",
    workaround: "Add a column of the new type, keep both in step with a trigger, fill it in batches, and switch over.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::AlterColumnType { table, column, data_type, .. } = operation else { return None };
    if !context.is_rewritten(table, operation) {
        return None;
    }
    let from = context.before.table(table)?.column(column)?.data_type.as_str();
    let hit = Hit::new(format!("{table}.{column} from {from} to {data_type} writes the whole table anew."));
    let zone = |name: &str| name.starts_with("timestamp");
    let by_zone = zone(from) && zone(data_type) && from.contains("without") != data_type.contains("without");
    Some(if by_zone {
        hit.cure("Where the old values are UTC: SET LOCAL timezone = 'UTC' before it; then nothing is written anew.")
    } else {
        hit
    })
}
