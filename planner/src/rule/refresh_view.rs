//! A materialized view refreshed while its readers wait.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::rule::edit;
use crate::statement::operation::{IndexPart, Operation};

/// A materialized view refreshed while its readers wait.
///
/// Row 56 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "refresh-view",
    severity: Severity::Warning,
    condition: "REFRESH MATERIALIZED VIEW without CONCURRENTLY of a view that is older than the migration.",
    effect: "Nobody can read the view until its query has run.",
    workaround: "Give the view a unique index over plain columns and use REFRESH MATERIALIZED VIEW CONCURRENTLY.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::RefreshView { view, concurrently } = operation else { return None };
    let stored = context.before.views.get(&context.before.view_key(view)?)?;
    let unique = stored.indexes.values().any(|index| {
        index.unique && index.predicate.is_none() && index.columns.iter().all(|part| matches!(part, IndexPart::Column(_)))
    });
    if *concurrently {
        let hit = Hit { severity: Some(Severity::Error), ..Hit::new(format!("{view} has no unique index over plain columns.")) };
        return (!unique).then(|| Hit { effect: Some("The server refuses to refresh it CONCURRENTLY.".to_owned()), ..hit });
    }
    let fix = || edit::insert_after(context, "view", " CONCURRENTLY", "Refresh it CONCURRENTLY");
    (!context.new.recreated.contains(&view.name))
        .then(|| Hit::new(format!("{view} cannot be read while it is refreshed.")).fixed(unique.then(fix).flatten()))
}
