//! `ALTER TABLE` actions on constraints.

use crate::catalog::apply::not_null;
use crate::effect::LockMode::{
    self, AccessExclusiveLock, RowShareLock, ShareLock, ShareRowExclusiveLock, ShareUpdateExclusiveLock,
};
use crate::effect::draft::Draft;
use crate::name::ObjectName;
use crate::statement::operation::{Constraint, ConstraintKind, Operation};

pub(super) fn run(draft: &mut Draft<'_>, operation: &Operation) {
    match operation {
        Operation::AddConstraint { table, constraint } => add(draft, table, constraint),
        Operation::DropConstraint { table, constraint, .. } => drop(draft, table, constraint),
        Operation::ValidateConstraint { table, constraint } => validate(draft, table, constraint),
        Operation::RenameConstraint { table, constraint, .. } => {
            let key = draft.key(table);
            let inherited = stored(draft, &key, constraint).is_some_and(|own| is_inherited(&own));
            if inherited { draft.lock_family(&key, AccessExclusiveLock) } else { draft.lock(&key, AccessExclusiveLock) }
        }
        Operation::AlterConstraint { table, constraint, enforced } => {
            let key = draft.key(table);
            draft.lock_family(&key, AccessExclusiveLock);
            // Its triggers go or come on both sides; back in force it is checked.
            let own = stored(draft, &key, constraint).filter(|_| enforced.is_some());
            if let Some(own) = own {
                if let Some(parent) = parent(draft, &key, &own) {
                    draft.lock_partitions(&parent, AccessExclusiveLock);
                }
                if *enforced == Some(true) {
                    scan_foreign_key(draft, &key, &own);
                }
            }
        }
        _ => {}
    }
}

fn stored(draft: &Draft<'_>, key: &ObjectName, constraint: &str) -> Option<Constraint> {
    draft.before.tables.get(key).and_then(|table| table.constraint(constraint)).cloned()
}

/// Checks and NOT NULL reach tables that inherit; keys and foreign keys reach partitions only.
const fn is_inherited(constraint: &Constraint) -> bool {
    matches!(constraint.kind, ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. })
}

/// The parent of a foreign key on a stored table: another table than itself.
pub(super) fn parent(draft: &Draft<'_>, own: &ObjectName, constraint: &Constraint) -> Option<ObjectName> {
    match &constraint.kind {
        ConstraintKind::ForeignKey { ref_table, .. } => Some(draft.key(ref_table)).filter(|parent| parent != own),
        _ => None,
    }
}

/// A new foreign key keeps writers off its parent until the transaction ends.
pub(super) fn lock_parent(draft: &mut Draft<'_>, own: &ObjectName, constraint: &Constraint) {
    if let Some(parent) = parent(draft, own, constraint) {
        draft.lock_partitions(&parent, ShareRowExclusiveLock);
    }
}

/// The rows of both sides are read.
pub(super) fn scan_foreign_key(draft: &mut Draft<'_>, own: &ObjectName, constraint: &Constraint) {
    draft.scan_partitions(own);
    if let Some(parent) = parent(draft, own, constraint) {
        draft.scan_partitions(&parent);
    }
}

/// Since 18 `ADD CONSTRAINT` locks every descendant before it is known which have a part in it; until then those `narrow`
/// locks.
fn lock_all<'a>(draft: &mut Draft<'a>, key: &ObjectName, mode: LockMode, narrow: fn(&mut Draft<'a>, &ObjectName, LockMode)) {
    let lock = if draft.before.version.major >= 18 { Draft::lock_family } else { narrow };
    lock(draft, key, mode);
}

fn add(draft: &mut Draft<'_>, table: &ObjectName, constraint: &Constraint) {
    let key = draft.key(table);
    let checked = constraint.validated && constraint.enforced;
    match &constraint.kind {
        ConstraintKind::ForeignKey { .. } => {
            lock_all(draft, &key, ShareRowExclusiveLock, Draft::lock_partitions);
            lock_parent(draft, &key, constraint);
            let partitioned = draft.before.tables.get(&key).is_some_and(|table| table.partition_by.is_some());
            let late = partitioned && !constraint.validated && draft.before.version.major < 18;
            if let Some(parent) = parent(draft, &key, constraint).filter(|_| late) {
                draft.refusal = Some(format!(
                    "cannot add NOT VALID foreign key on partitioned table \"{}\" referencing relation \"{}\"",
                    key.name, parent.name
                ));
            }
            if checked {
                scan_foreign_key(draft, &key, constraint);
            }
        }
        ConstraintKind::Check { .. } => {
            draft.lock_family(&key, AccessExclusiveLock);
            if checked {
                draft.scan(&key);
            }
        }
        ConstraintKind::NotNull { column } => {
            draft.lock_family(&key, AccessExclusiveLock);
            let already = draft.before.tables.get(&key).and_then(|table| table.column(column)).is_some_and(|own| !own.nullable);
            if checked && !already {
                draft.scan(&key);
            }
        }
        ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } | ConstraintKind::Exclude { .. } => {
            lock_all(draft, &key, AccessExclusiveLock, Draft::lock);
            match &constraint.using_index {
                Some(index) => using_index(draft, &key, constraint, index),
                None => {
                    build_key(draft, &key, constraint);
                    draft.builds.insert(constraint.name.clone().unwrap_or_else(|| key.name.clone()));
                }
            }
        }
    }
}

/// The index is built in every partition, whose writers wait; a primary key that has to make columns NOT NULL first
/// keeps readers off too. Tables that merely inherit have no part in it.
fn build_key(draft: &mut Draft<'_>, key: &ObjectName, constraint: &Constraint) {
    let makes_not_null = match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } => draft
            .before
            .tables
            .get(key)
            .is_some_and(|table| columns.iter().any(|name| table.column(name).is_some_and(|own| own.nullable))),
        _ => false,
    };
    for member in draft.family(key) {
        let is_partition = draft.before.tables.get(&member).is_some_and(|table| table.partition_of.is_some());
        if makes_not_null {
            draft.lock(&member, AccessExclusiveLock);
        } else if is_partition && member != *key {
            draft.lock(&member, ShareLock);
        }
        if draft.holds_rows(&member) && (is_partition || member == *key || makes_not_null) {
            draft.scans.insert(member);
        }
    }
}

/// An index that is there is taken over; a primary key still reads the table for NULLs.
fn using_index(draft: &mut Draft<'_>, key: &ObjectName, constraint: &Constraint, index: &str) {
    let Some(table) = draft.before.tables.get(key) else { return };
    let nullable = |name: &str| table.column(name).is_none_or(|own| own.nullable) && !super::proof::not_null(table, name);
    let reads = table.indexes.get(index).is_none_or(|index| {
        index.columns.iter().any(|part| match part {
            crate::statement::operation::IndexPart::Column(name) => nullable(name),
            crate::statement::operation::IndexPart::Expression(_) => true,
        })
    });
    if reads && matches!(constraint.kind, ConstraintKind::PrimaryKey { .. }) {
        draft.scan(key);
    }
}

fn drop(draft: &mut Draft<'_>, table: &ObjectName, constraint: &str) {
    let key = draft.key(table);
    let Some(own) = stored(draft, &key, constraint) else {
        let unnamed = |table| not_null::named(draft.before, table, constraint).is_some();
        if draft.before.tables.get(&key).is_some_and(|table| unnamed(table)) {
            draft.lock_family(&key, AccessExclusiveLock);
        }
        draft.lock(&key, AccessExclusiveLock);
        return;
    };
    if is_inherited(&own) {
        draft.lock_family(&key, AccessExclusiveLock);
    } else {
        draft.lock_partitions(&key, AccessExclusiveLock);
    }
    if let Some(parent) = parent(draft, &key, &own) {
        draft.lock_partitions(&parent, AccessExclusiveLock);
    }
    // CASCADE takes foreign keys along that stand on the key.
    let children: Vec<ObjectName> = draft
        .before
        .references_to(&key)
        .filter(
            |(_, other)| matches!(&other.kind, ConstraintKind::ForeignKey { ref_columns, .. } if own.is_key_over(ref_columns)),
        )
        .map(|(child, _)| child.clone())
        .collect();
    for child in children {
        draft.lock_partitions(&child, AccessExclusiveLock);
    }
}

fn validate(draft: &mut Draft<'_>, table: &ObjectName, constraint: &str) {
    let key = draft.key(table);
    let Some(own) = stored(draft, &key, constraint) else {
        draft.lock(&key, ShareUpdateExclusiveLock);
        return;
    };
    let foreign = matches!(own.kind, ConstraintKind::ForeignKey { .. });
    if foreign {
        draft.lock(&key, ShareUpdateExclusiveLock)
    } else {
        draft.lock_family(&key, ShareUpdateExclusiveLock)
    }
    if own.validated {
        return;
    }
    if let Some(parent) = parent(draft, &key, &own) {
        draft.lock(&parent, RowShareLock);
    }
    if foreign { scan_foreign_key(draft, &key, &own) } else { draft.scan(&key) }
}
