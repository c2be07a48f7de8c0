//! A key that runs out.

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::statement::operation::ColumnDefinition;
use crate::statement::operation::{ConstraintKind, Operation};

/// A key that runs out.
///
/// Row 90 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "small-key",
    severity: Severity::Info,
    condition: "A primary key is one column of type integer or smallint.",
    effect: "At 2147483647 rows (32767 for smallint) every INSERT fails, and making it bigint writes the table anew under a lock.",
    workaround: "Make it bigint while the table is empty, and the columns that refer to it as well.",
    check: Check::Statement(|context| context.each(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let (table, own, constraints): (_, &[ColumnDefinition], _) = match operation {
        Operation::CreateTable(create) if !create.temporary => (&create.table, &create.columns, create.constraints.as_slice()),
        Operation::AddColumn { table, column, constraints, .. } => (table, std::slice::from_ref(column), constraints.as_slice()),
        Operation::AddConstraint { table, constraint } => (table, &[], std::slice::from_ref(constraint)),
        _ => return None,
    };
    // SQLite's INTEGER holds 64 bits.
    if context.dialect() == Dialect::Sqlite {
        return None;
    }
    let key = constraints.iter().find_map(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } => Some(columns.as_slice()),
        _ => None,
    });
    let Some([name]) = key else { return None };
    let stored = || context.before.table(table)?.column(name);
    let column = own.iter().find(|column| column.name == *name).or_else(stored)?;
    matches!(column.data_type.as_str(), "integer" | "smallint" | "int")
        .then(|| Hit::new(format!("The key {table}.{name} is {}.", column.data_type)))
}
