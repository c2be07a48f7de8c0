//! A hash index.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A hash index.
///
/// Row 53 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "hash-index",
    severity: Severity::Info,
    condition: "CREATE INDEX USING hash.",
    effect: "It answers equality only, enforces no uniqueness, and holds one column.",
    workaround: "Use the default B-tree, unless the values are long and only compared for equality.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(_: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::CreateIndex(create) = operation else { return None };
    (create.method.as_deref() == Some("hash")).then(|| Hit::new(format!("{} gets a hash index.", create.table)))
}
