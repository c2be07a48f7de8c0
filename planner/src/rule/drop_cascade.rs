//! A drop that takes more along than it names.

use super::{Check, Hit, Rule, StatementContext};
use crate::catalog::apply::apply_all;
use crate::catalog::diff::{Change, diff};
use crate::finding::Severity;
use crate::name::ObjectName;
use crate::statement::operation::Operation;

/// A drop that takes more along than it names.
///
/// Rows 71 and 72 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "drop-cascade",
    severity: Severity::Error,
    condition: "DROP ... CASCADE on which other objects depend.",
    effect: "They are gone too, without a word.",
    workaround: "Drop them by name first, or make them again in the same migration.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    use Operation as O;
    let (O::DropTable { cascade: true, .. }
    | O::DropColumn { cascade: true, .. }
    | O::DropConstraint { cascade: true, .. }
    | O::DropView { cascade: true, .. }
    | O::DropSequence { cascade: true, .. }
    | O::DropType { cascade: true, .. }) = operation
    else {
        return None;
    };
    let mut after = context.before.clone();
    if !apply_all(&mut after, std::slice::from_ref(operation)).is_empty() {
        return None;
    }
    let gone = diff(context.before, &after).into_iter().filter_map(|change| lost(change, operation, context));
    let gone: Vec<String> = gone.collect();
    (!gone.is_empty()).then(|| Hit::new(format!("CASCADE also drops {}.", gone.join(", "))))
}

/// What a change takes away, unless the statement names it or the migration makes it again.
fn lost(change: Change, operation: &Operation, context: &StatementContext<'_>) -> Option<String> {
    let own = |key: &ObjectName| operation.subject().is_some_and(|table| context.before.resolve(table) == *key);
    match change {
        Change::ColumnDropped { table, column } if !own(&table) => Some(format!("column {table}.{column}")),
        Change::ConstraintDropped { table, constraint, .. } if !own(&table) => Some(format!("{constraint} of {table}")),
        Change::DefaultChanged { table, column, to: None, .. } => Some(format!("the default of {table}.{column}")),
        Change::TableDropped { table } if !own(&table) => Some(format!("table {table}")),
        Change::ViewDropped { view } => {
            let named = matches!(operation, Operation::DropView { view: own, .. } if context.before.resolve(own) == view);
            (!named && !context.new.recreated.contains(&view.name)).then(|| format!("view {view}"))
        }
        _ => None,
    }
}
