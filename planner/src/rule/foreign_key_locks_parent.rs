//! New foreign keys that keep writers off older tables.

use std::collections::BTreeSet;

use super::{Check, Hit, MigrationContext, Rule};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::rule::context::is_large;
use crate::statement::operation::{Constraint, ConstraintKind, Operation};

/// New foreign keys that keep writers off older tables.
///
/// Rows 10 and 33 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "foreign-key-locks-parent",
    severity: Severity::Info,
    condition: "New tables or columns refer to tables that are not new and not known to be small.",
    effect: "Nothing is read, but writers to those wait until the migration commits, and locks taken in another order elsewhere \
             can deadlock.",
    workaround: "Keep the migration short; where it refers to several busy tables, add one foreign key a migration.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    if context.settings.dialect != Dialect::Postgres {
        return Vec::new();
    }
    let mut first = None;
    let mut parents = BTreeSet::new();
    for (at, operation) in context.operations() {
        for constraint in added(context, operation) {
            let ConstraintKind::ForeignKey { ref_table, .. } = &constraint.kind else { continue };
            let own = operation.subject().map(|table| context.after.resolve(table));
            let parent = context.after.resolve(ref_table);
            if own.as_ref() != Some(&parent) && context.after.has_table(&parent) && !context.is_quiet(&parent) {
                first = first.or(Some(at));
                parents.insert(parent);
            }
        }
    }
    let Some(at) = first else { return Vec::new() };
    let large = parents.iter().any(|parent| is_large(parent, context.after, context.statistics, context.settings));
    let names: Vec<&str> = parents.iter().map(|parent| parent.name.as_str()).collect();
    let hit = Hit::new(format!("Writers to {} wait until {} is committed.", names.join(", "), context.migration.id)).at(at);
    vec![Hit { severity: large.then_some(Severity::Warning), ..hit }]
}

/// The constraints an operation adds to what the migration makes.
fn added<'a>(context: &MigrationContext<'_>, operation: &'a Operation) -> &'a [Constraint] {
    match operation {
        Operation::CreateTable(create) if create.partition_of.is_none() => &create.constraints,
        Operation::AddColumn { constraints, .. } => constraints,
        Operation::AddConstraint { table, constraint } if context.new.has_table(table, context.after) => {
            std::slice::from_ref(constraint)
        }
        _ => &[],
    }
}
