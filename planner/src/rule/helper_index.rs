//! A change of few rows walks a whole large table.

use super::context::HelperIndex;
use super::{Check, Cut, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A change of few rows walks a whole large table.
pub(super) const RULE: Rule = Rule {
    id: "helper-index",
    severity: Severity::Info,
    condition: "PostgreSQL: a change in batches is about few rows of a large table (by its statistics), and an index over just these would spare more than it costs.",
    effect: "The walk visits every row of the table, however few it changes.",
    workaround: "Build a partial index by the walk's key over the rows of the filter in a migration before, and drop it in one behind.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let Cut::Batched(Some(helper)) = context.cut else { return Vec::new() };
    let HelperIndex { create_sql, drop_sql, without_ms, with_ms, matching } = helper.as_ref();
    let table = context.statement.operations.first().and_then(Operation::subject).map(ToString::to_string).unwrap_or_default();
    let hit = Hit::new(format!("At most {matching} rows of {table} are changed, and the walk visits all."));
    let (without, with) = (minutes(*without_ms), minutes(*with_ms));
    let effect =
        format!("The walk takes {without} besides its changes; over an index of just these rows, its building included, {with}.");
    let hit = Hit { effect: Some(effect), ..hit };
    vec![hit.cure(format!("In a migration before: {create_sql}; in one behind: {drop_sql};"))]
}

/// Whole minutes, low and high.
fn minutes((low, high): (u64, u64)) -> String {
    format!("{} to {} minutes", low / 60_000, high.div_ceil(60_000))
}
