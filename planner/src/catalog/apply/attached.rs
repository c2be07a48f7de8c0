//! Partitions and inheritance: what a child takes over from its parent.

use super::{Outcome, not_null, rows};
use crate::catalog::apply::naming::Names;
use crate::catalog::{Catalog, Index, Table};
use crate::name::ObjectName;
use crate::statement::operation::{Constraint, ConstraintKind, PolicyChange};

/// Columns and checks of an inheritance parent, merged by name.
pub(super) fn merge_columns(catalog: &Catalog, parent: &ObjectName, table: &mut Table) {
    let Some(stored) = catalog.tables.get(parent) else { return };
    for column in &stored.columns {
        if table.column(&column.name).is_none() {
            let mut copy = column.clone();
            copy.identity = None;
            copy.serial = false;
            copy.comment = None;
            table.columns.push(copy);
        }
    }
    let inherited =
        |constraint: &&Constraint| matches!(constraint.kind, ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. });
    table.constraints.extend(stored.constraints.iter().filter(inherited).cloned());
}

/// Constraints and indexes a partition gets from its parent, where it has none like them.
pub(super) fn copy_to_partition(catalog: &Catalog, parent: &ObjectName, key: &ObjectName, table: &mut Table) {
    let Some(stored) = catalog.tables.get(parent) else { return };
    let mut names = Names::beside(catalog, key);
    names.take(&key.name);
    for constraint in &stored.constraints {
        if table.constraints.iter().any(|own| own.kind == constraint.kind) {
            continue;
        }
        let keeps = !constraint.has_index();
        let copy = Constraint { name: constraint.name.clone().filter(|_| keeps), ..constraint.clone() };
        let name = names.constraint(key, table, &copy);
        table.constraints.push(Constraint { name, ..copy });
    }
    for index in stored.indexes.values() {
        if table.indexes.values().any(|own| same_definition(own, index)) {
            continue;
        }
        let name = names.index(&key.name, &index.columns, &index.include);
        table.indexes.insert(name, Index { valid: true, ..index.clone() });
    }
}

/// Whether an index can stand in for another as its partition's part.
pub(super) fn same_definition(a: &Index, b: &Index) -> bool {
    a.unique == b.unique && a.method == b.method && a.columns == b.columns && a.include == b.include && a.predicate == b.predicate
}

/// `ATTACH PARTITION`.
pub(super) fn attach(catalog: &mut Catalog, name: &ObjectName, partition: &ObjectName, bound: &str) -> Outcome {
    if catalog.table_key(name).is_none() && catalog.index_owner(name).is_some() {
        attach_index(catalog, name);
        return Ok(());
    }
    let parent = rows::table(catalog, name)?;
    let child = rows::table(catalog, partition)?;
    let (Some(of), Some(stored)) = (catalog.tables.get(&parent), catalog.tables.get(&child)) else { return Ok(()) };
    if of.partition_by.is_none() {
        return Err(format!("table \"{}\" is not partitioned", parent.name));
    }
    if stored.partition_of.is_some() {
        return Err(format!("\"{}\" is already a partition", child.name));
    }
    for column in &of.columns {
        match stored.column(&column.name) {
            None if !stored.columns_unknown => return Err(format!("child table is missing column \"{}\"", column.name)),
            Some(own) if own.data_type != column.data_type => {
                return Err(format!("child table \"{}\" has different type for column \"{}\"", child.name, column.name));
            }
            Some(own) if own.nullable && !column.nullable => {
                return Err(format!("column \"{}\" in child table must be marked NOT NULL", column.name));
            }
            _ => {}
        }
    }
    let mut table = (**stored).clone();
    copy_to_partition(catalog, &parent, &child, &mut table);
    table.partition_of = Some((parent, bound.to_owned()));
    table.own_not_null.clear();
    catalog.put(child, table.into());
    Ok(())
}

/// The parent's `ON ONLY` index becomes valid with its last partition's index.
pub(super) fn attach_index(catalog: &mut Catalog, parent: &ObjectName) {
    let Some((key, index)) = catalog.index_owner(parent) else { return };
    let Some(stored) = catalog.tables.get(&key).and_then(|table| table.indexes.get(&index)).cloned() else { return };
    let complete = catalog.descendants(&key).iter().all(|member| {
        catalog.tables.get(member).is_some_and(|table| table.indexes.values().any(|own| same_definition(own, &stored)))
    });
    if let Some(own) = catalog.edit(&key).and_then(|table| table.indexes.get_mut(&index)) {
        own.valid = own.valid || complete;
    }
}

/// `DETACH PARTITION`.
pub(super) fn detach(catalog: &mut Catalog, name: &ObjectName, partition: &ObjectName) -> Outcome {
    let parent = rows::table(catalog, name)?;
    let child = rows::table(catalog, partition)?;
    let attached = catalog.tables.get(&child).and_then(|table| table.partition_of.as_ref()).is_some_and(|(of, _)| *of == parent);
    if !attached {
        return Err(format!("relation \"{}\" is not a partition of relation \"{}\"", child.name, parent.name));
    }
    if let Some(table) = catalog.edit(&child) {
        table.partition_of = None;
    }
    Ok(())
}

/// `INHERIT`, `NO INHERIT`.
pub(super) fn inherit(catalog: &mut Catalog, name: &ObjectName, parent: &ObjectName, remove: bool) -> Outcome {
    let child = rows::table(catalog, name)?;
    let parent = rows::table(catalog, parent)?;
    let (Some(table), Some(of)) = (catalog.tables.get(&child), catalog.tables.get(&parent)) else { return Ok(()) };
    let inherits = table.inherits.contains(&parent);
    if remove && !inherits {
        return Err(format!("relation \"{}\" is not a parent of relation \"{}\"", parent.name, child.name));
    }
    if !remove && inherits {
        return Err(format!("relation \"{}\" would be inherited from more than once", parent.name));
    }
    if let (false, Some(column)) = (remove, of.columns.iter().find(|column| table.column(&column.name).is_none())) {
        return Err(format!("child table is missing column \"{}\"", column.name));
    }
    if let Some(table) = catalog.edit(&child) {
        if remove {
            table.inherits.retain(|own| *own != parent);
        } else {
            if table.inherits.is_empty() {
                not_null::begin_to_inherit(table);
            }
            table.inherits.push(parent);
        }
    }
    Ok(())
}

/// `CREATE/ALTER/DROP POLICY`.
pub(super) fn policy(catalog: &mut Catalog, table: &ObjectName, name: &str, change: &PolicyChange) -> Outcome {
    let key = match rows::relation(catalog, table) {
        Err(_) if *change == (PolicyChange::Drop { if_exists: true }) => return Ok(()),
        found => found?,
    };
    let held = catalog.tables.get(&key).is_some_and(|table| table.policies.contains(name));
    let missing = || format!("policy \"{name}\" for table \"{}\" does not exist", key.name);
    match change {
        PolicyChange::Create if held => return Err(format!("policy \"{name}\" for table \"{}\" already exists", key.name)),
        PolicyChange::Drop { if_exists: true } if !held => return Ok(()),
        PolicyChange::Alter | PolicyChange::Rename(_) | PolicyChange::Drop { .. } if !held => return Err(missing()),
        _ => {}
    }
    let Some(stored) = catalog.edit(&key) else { return Ok(()) };
    match change {
        PolicyChange::Create => drop(stored.policies.insert(name.to_owned())),
        PolicyChange::Alter => {}
        PolicyChange::Rename(to) => {
            stored.policies.remove(name);
            stored.policies.insert(to.clone());
        }
        PolicyChange::Drop { .. } => drop(stored.policies.remove(name)),
    }
    Ok(())
}
