//! A partition bound of another kind than its parent.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;
use crate::statement::words::words;

/// A partition bound of another kind than its parent.
///
/// Row 97 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "partition-bound-mismatch",
    severity: Severity::Error,
    condition: "PARTITION OF or ATTACH PARTITION with FROM, IN or WITH where the parent is partitioned another way.",
    effect: "The server refuses it, and the migration fails there.",
    workaround: "Write the bound as the parent asks: IN for LIST, FROM ... TO for RANGE, WITH (MODULUS ...) for HASH.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (parent, bound) = match operation {
        Operation::CreateTable(create) => create.partition_of.as_ref().map(|(parent, bound)| (parent, bound))?,
        Operation::AttachPartition { table, bound, .. } => (table, bound),
        _ => return None,
    };
    let by = words(context.before.table(parent)?.partition_by.as_deref()?).next()?;
    let bound = words(bound).find(|word| matches!(word.as_str(), "in" | "from" | "with" | "default"))?;
    let fits = match by.as_str() {
        "list" => matches!(bound.as_str(), "in" | "default"),
        "range" => matches!(bound.as_str(), "from" | "default"),
        "hash" => bound == "with",
        _ => true,
    };
    (!fits).then(|| Hit::new(format!("{parent} is partitioned by {by}, not by what this bound says.")))
}
