//! A constraint that checks every row at once.

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::name::ObjectName;
use crate::rule::edit;
use crate::statement::operation::{Constraint, ConstraintKind, Operation};

/// A constraint that checks every row at once.
pub(super) const RULE: Rule = Rule {
    id: "unvalidated-constraint",
    severity: Severity::Warning,
    condition: "A foreign key or check is added without NOT VALID to a table that is not new and not known to be small.",
    effect: "All rows are checked while writers wait; a check keeps readers waiting too.",
    workaround: "Add it NOT VALID, which is instant, and run VALIDATE CONSTRAINT in a later migration, which lets everyone go on.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    if context.dialect() != Dialect::Postgres {
        return Vec::new();
    }
    let single = matches!(context.statement.operations.as_slice(), [_] | [_, Operation::AlterScope { .. }]);
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        match operation {
            Operation::AddConstraint { table, constraint } => {
                let fix = || edit::append(context, " NOT VALID", "Add it NOT VALID");
                hits.extend(look(context, table, constraint).map(|hit| hit.fixed(single.then(fix).flatten())));
            }
            // A foreign key on a new column has only NULLs to check, unless the column has a default.
            Operation::AddColumn { table, column, constraints, .. } => hits.extend(
                constraints
                    .iter()
                    .filter(|constraint| column.default.is_some() || matches!(constraint.kind, ConstraintKind::Check { .. }))
                    .filter_map(|constraint| look(context, table, constraint)),
            ),
            _ => {}
        }
    }
    hits
}

fn look(context: &StatementContext<'_>, table: &ObjectName, constraint: &Constraint) -> Option<Hit> {
    if !constraint.validated || !constraint.enforced || context.is_quiet(table) {
        return None;
    }
    let name = constraint.name.clone().map(|name| format!(" {name}")).unwrap_or_default();
    let message = match &constraint.kind {
        ConstraintKind::ForeignKey { ref_table, .. } => {
            format!("Foreign key{name} checks every row of {table} while writes to {table} and {ref_table} wait.")
        }
        ConstraintKind::Check { .. } => format!("Check{name} reads every row of {table} while nobody can use it."),
        ConstraintKind::NotNull { column } => format!("NOT NULL of {column} reads every row of {table} while nobody can use it."),
        _ => return None,
    };
    Some(Hit::new(message).sized(context, table, &RULE))
}
