//! An enum type.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// An enum type.
///
/// Row 70 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "enum-type",
    severity: Severity::Info,
    condition: "CREATE TYPE ... AS ENUM.",
    effect: "Values can be added and renamed, but never taken away, and an older release may not know a newer one.",
    workaround: "Where values come and go, use a table of them with a foreign key, or text with a CHECK.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(_: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::CreateEnum { name, .. } = operation else { return None };
    Some(Hit::new(format!("The values of {name} can never be taken away again.")))
}
