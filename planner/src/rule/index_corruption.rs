//! An index built concurrently on a server that builds it wrong.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::CreateIndex;
use crate::statement::operation::Operation;

/// An index built concurrently on a server that builds it wrong.
///
/// Row 47 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "index-corruption",
    severity: Severity::Error,
    condition: "CREATE INDEX or REINDEX CONCURRENTLY on PostgreSQL 14.1 to 14.3.",
    effect: "Rows that change meanwhile can be missing in the index: queries miss rows, unique indexes let duplicates in.",
    workaround: "Upgrade to 14.4 or later first, and REINDEX what was built before.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (Operation::CreateIndex(CreateIndex { concurrently: true, .. }) | Operation::Reindex { concurrently: true, .. }) =
        operation
    else {
        return None;
    };
    let version = context.settings.server_version;
    // Without a minor version nobody has said which one it is.
    (version.major == 14 && (1..=3).contains(&version.minor))
        .then(|| Hit::new(format!("PostgreSQL 14.{} loses rows of indexes it builds concurrently.", version.minor)))
}
