//! Row level security changed under running releases.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::{Operation, TableOption};

/// Row level security changed under running releases.
///
/// Row 63 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "row-security",
    severity: Severity::Warning,
    condition: "A policy or row level security is changed on a table that is not new.",
    effect: "Rows appear or vanish for running releases at once: with security on and no policy that fits, a role sees none.",
    workaround: "Create the policies first, try them with the roles of every release, then switch security on in a migration of its own.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (Operation::Policy { table, .. } | Operation::AlterTableOption { table, option: TableOption::RowSecurity }) = operation
    else {
        return None;
    };
    let told = |earlier: &Operation| match earlier {
        Operation::Policy { table: other, .. }
        | Operation::AlterTableOption { table: other, option: TableOption::RowSecurity } => other == table,
        _ => false,
    };
    (!context.is_new(table) && !context.earlier().any(told)).then(|| Hit::new(format!("Who sees which rows of {table} changes.")))
}
