//! An index built again while writers wait.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::rule::context::named;
use crate::rule::edit;
use crate::statement::operation::{Operation, ReindexKind};

/// An index built again while writers wait.
///
/// Row 54 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "blocking-reindex",
    severity: Severity::Warning,
    condition: "REINDEX without CONCURRENTLY of a table that is not new and not known to be small.",
    effect: "Writers to the table wait until the index is built, and so do queries that would use it.",
    workaround: "Use REINDEX ... CONCURRENTLY (PostgreSQL 12 and later) in a migration of its own.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::Reindex { kind, concurrently: false, .. } = operation else { return None };
    let effect = context.effect_of(operation);
    let table = context.loud(&effect.scans).next()?;
    let word = match kind {
        ReindexKind::Index => Some("index"),
        ReindexKind::Table => Some("table"),
        ReindexKind::Many => None,
    };
    let fix = word.filter(|_| context.is_alone() && context.settings.server_version.major >= 12);
    let fix = fix.and_then(|word| edit::insert_after(context, word, " CONCURRENTLY", "Build it CONCURRENTLY"));
    let hit = Hit::new(format!("Building indexes of {table} again keeps its writers waiting.")).fixed(fix);
    Some(hit.sized(context, &named(table), &RULE))
}
