//! IF NOT EXISTS that takes a broken index for a good one.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::CreateIndex;
use crate::statement::operation::Operation;

/// IF NOT EXISTS that takes a broken index for a good one.
///
/// Row 48 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "concurrently-if-not-exists",
    severity: Severity::Info,
    condition: "CREATE INDEX CONCURRENTLY IF NOT EXISTS.",
    effect: "A build that fails leaves an invalid index of that name, and the next run passes over it: writes keep it, no query uses it.",
    workaround: "Leave IF NOT EXISTS out, or DROP INDEX CONCURRENTLY IF EXISTS before it.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::CreateIndex(CreateIndex { concurrently: true, if_not_exists: true, name: Some(name), .. }) = operation else {
        return None;
    };
    let dropped = |earlier: &Operation| matches!(earlier, Operation::DropIndex { index, .. } if index.name == *name);
    (!context.earlier().any(dropped)).then(|| Hit::new(format!("{name} may be there and be invalid.")))
}
