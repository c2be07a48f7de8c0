//! An index over many columns.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// An index over many columns.
///
/// Row 53 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "wide-index",
    severity: Severity::Info,
    condition: "An index that is not unique has more than three key columns.",
    effect: "It grows large and slows each write, and columns behind the first range condition only filter.",
    workaround: "Keep the columns that queries compare by equality; put those they only read into INCLUDE.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(_: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::CreateIndex(create) = operation else { return None };
    let columns = create.columns.len();
    (columns > 3 && !create.unique).then(|| Hit::new(format!("An index of {} has {columns} key columns.", create.table)))
}
