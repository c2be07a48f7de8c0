//! A table copied while its writers wait (MySQL, MariaDB).

use super::{Check, Hit, Rule, StatementContext};
use crate::effect::LockMode;
use crate::finding::Severity;
use crate::rule::context::named;
use crate::statement::operation::{ConstraintKind, Operation};

/// A table copied while its writers wait (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "copy-algorithm",
    severity: Severity::Error,
    condition: "On MySQL or MariaDB a statement can only be done with ALGORITHM=COPY, on a table that is not new and not known \
                to be small.",
    effect: "The whole table is copied while everyone who writes to it waits, and replicas do the same afterwards.",
    workaround: "Let gh-ost, Spirit or pt-online-schema-change do it, or add a new column or table, fill it in batches and \
                 switch over.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let locks = context.effect.locks.iter().filter(|lock| lock.mode == LockMode::LockShared);
    let copied = locks.filter(|lock| context.effect.rewrites.contains(&lock.object) && !context.is_quiet(&named(&lock.object)));
    let why = context.statement.operations.iter().find_map(|operation| cause(context, operation)).unwrap_or_default();
    copied.map(|lock| Hit::new(format!("This copies the table {} while its writers wait{why}.", lock.object))).collect()
}

/// What makes the copy necessary, where the operation says so.
fn cause(context: &StatementContext<'_>, operation: &Operation) -> Option<String> {
    match operation {
        Operation::AddConstraint { constraint, .. } => match constraint.kind {
            ConstraintKind::ForeignKey { .. } => Some(", because a foreign key is checked row by row"),
            ConstraintKind::Check { .. } => Some(", because a CHECK is checked row by row"),
            _ => None,
        }
        .map(str::to_owned),
        Operation::AddColumn { column, .. } if column.generated.as_ref().is_some_and(|generated| generated.stored) => {
            Some(format!(", because {} is generated and stored", column.name))
        }
        Operation::AddColumn { column, .. } if column.default.as_ref().is_some_and(|default| default.contains('(')) => {
            Some(format!(", because the default of {} is an expression", column.name))
        }
        Operation::ModifyColumn { table, column, to } => {
            let from = context.before.table(table)?.column(column)?;
            (from.data_type != to.data_type)
                .then(|| format!(", because {column} goes from {} to {}", from.data_type, to.data_type))
        }
        _ => None,
    }
}
