//! A table packed under a lock.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::{MaintainVerb, Operation};

/// A table packed under a lock.
///
/// Row 55 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "vacuum-full",
    severity: Severity::Error,
    condition: "VACUUM FULL or CLUSTER of a table that is not new and not known to be small.",
    effect: "The whole table and its indexes are written anew while nobody can read or write it.",
    workaround: "Use VACUUM, or pg_repack or pg_squeeze, which work beside readers and writers.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::Maintain { verb: MaintainVerb::VacuumFull | MaintainVerb::Cluster, .. } = operation else { return None };
    let effect = context.effect_of(operation);
    let table = context.loud(&effect.rewrites).next()?;
    Some(Hit::new(format!("{table} is packed while nobody can use it.")))
}
