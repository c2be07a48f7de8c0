//! A statement nothing certain can be said about.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A statement nothing certain can be said about.
pub(super) const RULE: Rule = Rule {
    id: "opaque-statement",
    severity: Severity::Warning,
    condition: "The planner cannot know what a statement does.",
    effect: "Its locks, its duration and the schema after it are not predicted; later findings may be missing.",
    workaround: "Write it as plain SQL, or read it with care and confirm with -- flightplan:ignore opaque-statement and the reason.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let reasons = context.statement.operations.iter().filter_map(|operation| match operation {
        // ALTER DOMAIN is opaque to the catalog, but what it locks and reads may be known.
        Operation::Opaque { reason } | Operation::Call { reason, .. } if context.effect.opaque.is_some() => Some(reason.as_str()),
        _ => None,
    });
    let reason = reasons.chain(context.effect.opaque.as_deref()).next();
    reason.map(|reason| Hit::new(format!("What this does is not known: {}.", reason.trim_end_matches('.')))).into_iter().collect()
}
