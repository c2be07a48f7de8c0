//! What an `ALTER TABLE ONLY` locks below its table all the same.
//!
//! Source: PostgreSQL's `tablecmds.c`; `server/tests/suite/oracle/statements.sql` holds it against the server.

use crate::catalog::Catalog;
use crate::catalog::apply::not_null;
use crate::name::ObjectName;
use crate::statement::operation::{ConstraintKind, Operation};

/// Tables below `key` that note the change: what their parent loses becomes their own, and what it demands they are asked for.
pub(super) fn reached(before: &Catalog, key: &ObjectName, operation: &Operation) -> Vec<ObjectName> {
    let Some(table) = before.tables.get(key) else { return Vec::new() };
    let nullable = |column: &String| table.column(column).is_some_and(|own| own.nullable);
    match operation {
        Operation::DropColumn { .. } => not_null::children(before, key),
        Operation::DropNotNull { column, .. } if not_null::is_constraint(before) && !nullable(column) => {
            not_null::children(before, key)
        }
        Operation::DropConstraint { constraint, .. } => {
            let own = table.constraint(constraint);
            let check = own.is_some_and(|own| matches!(own.kind, ConstraintKind::Check { .. }));
            if check { not_null::children(before, key) } else { Vec::new() }
        }
        Operation::SetNotNull { column, .. } if table.partition_by.is_some() && nullable(column) => before.descendants(key),
        _ => Vec::new(),
    }
}
