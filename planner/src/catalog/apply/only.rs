//! `ALTER TABLE IF EXISTS` and `ALTER TABLE ONLY`.

use super::{Outcome, not_null, rows};
use crate::catalog::Catalog;
use crate::dialect::Dialect;
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

/// MariaDB takes no column out of a unique key over several, unless the key goes in the same statement (MDEV-11114).
fn keeps_unique(before: &Catalog, operations: &[Operation], table: &ObjectName, column: &str) -> Outcome {
    let goes = |operation: &Operation| matches!(operation, Operation::DropIndex { .. } | Operation::DropConstraint { .. });
    let Some(stored) = before.table(table).filter(|_| !operations.iter().any(goes)) else { return Ok(()) };
    let has = |columns: &[String]| columns.len() > 1 && columns.iter().any(|own| before.same(own, column));
    let constraint = stored.constraints.iter().any(|own| match &own.kind {
        ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. } => has(columns),
        _ => false,
    });
    let index = stored.indexes.values().filter(|index| index.unique && index.columns.len() > 1);
    let index = index.into_iter().any(|index| super::column::index_uses(index, column, before.dialect));
    if constraint || index { Err(format!("Key column '{column}' doesn't exist in table")) } else { Ok(()) }
}

/// What the server lets no table have that those below it have not. Source: PostgreSQL's `tablecmds.c`.
pub(super) fn check(before: &Catalog, operations: &[Operation], operation: &Operation) -> Outcome {
    use Operation as O;
    if let (O::DropColumn { table, column, .. }, Dialect::MariaDb) = (operation, before.dialect) {
        keeps_unique(before, operations, table, column)?;
    }
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
        O::SetNotNull { column, .. } if partitioned && not_null::lets_null(before, &key, column) => {
            let enough = !not_null::is_constraint(before) && not_null::below_have_it(before, &key, column);
            return if enough { Ok(()) } else { Err("constraint must be added to child tables too".to_owned()) };
        }
        O::DropNotNull { .. } if partitioned && !not_null::is_constraint(before) => REMOVED.to_owned(),
        O::DropConstraint { constraint, .. } if partitioned && !not_null::is_constraint(before) => {
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
    for operation in operations {
        if let (Operation::DropNotNull { column, .. }, Some((key, _))) = (operation, family(before, operations)) {
            not_null::pass_on(catalog, before, &key, column);
        }
    }
}
