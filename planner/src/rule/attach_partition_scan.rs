//! A partition attached that has to be read first.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A partition attached that has to be read first.
///
/// Row 57 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "attach-partition-scan",
    severity: Severity::Warning,
    condition: "ATTACH PARTITION of a table without a CHECK that matches the bound, or beside a default partition.",
    effect: "All rows of the table, and of the default partition, are read while nobody can use them.",
    workaround: "Add a CHECK with the bound to the table NOT VALID, validate it, attach, then drop it; give the default partition the opposite CHECK.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::AttachPartition { table, partition, .. } = operation else { return None };
    let effect = context.effect_of(operation);
    let read: Vec<String> = context.loud(&effect.scans).cloned().collect();
    (!read.is_empty()).then(|| Hit::new(format!("Attaching {partition} to {table} reads {}.", read.join(", "))))
}
