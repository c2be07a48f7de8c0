//! `ALTER TABLE IF EXISTS` and `ALTER TABLE ONLY`.

use super::{Outcome, rows};
use crate::catalog::Catalog;
use crate::name::ObjectName;
use crate::statement::operation::{ConstraintKind, Operation};

const REMOVED: &str = "cannot remove constraint from only the partitioned table when partitions exist";

/// Whether the server passes over an `ALTER TABLE IF EXISTS`: the table is not there.
pub(crate) fn passes_over(catalog: &Catalog, operations: &[Operation]) -> bool {
    let [.., Operation::AlterScope { table, if_exists: true, .. }] = operations else { return false };
    !catalog.opaque && rows::relation(catalog, table).is_err()
}

/// The table of an `ALTER TABLE ONLY` and those below it.
fn family(catalog: &Catalog, operations: &[Operation]) -> Option<(ObjectName, Vec<ObjectName>)> {
    let [.., Operation::AlterScope { table, only: true, .. }] = operations else { return None };
    let key = catalog.table_key(table)?;
    let below = catalog.descendants(&key);
    (!below.is_empty()).then_some((key, below))
}

/// What the server lets no table have that those below it have not. Source: PostgreSQL's `tablecmds.c`.
pub(super) fn check(before: &Catalog, operations: &[Operation], operation: &Operation) -> Outcome {
    use Operation as O;
    let Some((key, _)) = family(before, operations) else { return Ok(()) };
    let partitioned = before.tables.get(&key).is_some_and(|table| table.partition_by.is_some());
    Err(match operation {
        O::AddColumn { .. } => "column must be added to child tables too".to_owned(),
        O::RenameColumn { column, .. } => format!("inherited column \"{column}\" must be renamed in child tables too"),
        O::AlterColumnType { column, .. } => {
            format!("type of inherited column \"{column}\" must be changed in child tables too")
        }
        O::DropColumn { .. } if partitioned => {
            "cannot drop column from only the partitioned table when partitions exist".to_owned()
        }
        O::DropNotNull { .. } if partitioned => REMOVED.to_owned(),
        O::DropConstraint { constraint, .. } if partitioned => {
            let held = before.tables.get(&key).and_then(|table| table.constraint(constraint));
            let check = held.is_some_and(|held| matches!(held.kind, ConstraintKind::Check { .. }));
            return if check { Err(REMOVED.to_owned()) } else { Ok(()) };
        }
        _ => return Ok(()),
    })
}

/// The tables below stay as they were.
pub(super) fn spare_descendants(catalog: &mut Catalog, before: &Catalog, operations: &[Operation]) {
    for key in family(before, operations).into_iter().flat_map(|(_, below)| below) {
        if let Some(table) = before.tables.get(&key) {
            catalog.put(key, table.clone());
        }
    }
}
