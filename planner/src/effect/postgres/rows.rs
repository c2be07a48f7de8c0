//! Statements about rows: `INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`, `LOCK`, maintenance.

use super::{base_tables, constraint};
use crate::effect::LockMode::{
    self, AccessExclusiveLock, AccessShareLock, ExclusiveLock, RowExclusiveLock, RowShareLock, ShareLock, ShareRowExclusiveLock,
    ShareUpdateExclusiveLock,
};
use crate::effect::draft::Draft;
use crate::name::ObjectName;
use crate::statement::operation::{Constraint, ConstraintKind, DataChange, MaintainVerb, Operation, TriggerEvent};

/// Rows are written: the table, or a view and the tables behind it.
fn write(
    draft: &mut Draft<'_>,
    table: &ObjectName,
    event: TriggerEvent,
    lock: fn(&mut Draft<'_>, &ObjectName, LockMode),
) -> Vec<ObjectName> {
    let key = draft.key(table);
    if draft.before.views.contains_key(&key) {
        draft.lock(&key, RowExclusiveLock);
        // The trigger works instead.
        if draft.before.triggers_of(&key).any(|(_, trigger)| trigger.fires_for_rows(event)) {
            return Vec::new();
        }
    }
    let tables = base_tables(draft, std::slice::from_ref(&key));
    for table in &tables {
        lock(draft, table, RowExclusiveLock);
    }
    tables
}

fn constraints(draft: &Draft<'_>, key: &ObjectName) -> Vec<Constraint> {
    draft.before.tables.get(key).map(|table| table.constraints.clone()).unwrap_or_default()
}

/// `INSERT`, `COPY`. Without a column list all columns are written.
pub(super) fn insert(draft: &mut Draft<'_>, table: &ObjectName, columns: &[String]) {
    for key in write(draft, table, TriggerEvent::Insert, |draft, key, mode| draft.lock_partitions(key, mode)) {
        parents_of(draft, &key, columns);
    }
}

/// A statement is analysed and not run: its tables are locked, and no others.
pub(super) fn analysed(draft: &mut Draft<'_>, operation: &Operation) {
    let (change, event) = match operation {
        Operation::Insert(change) => (change, TriggerEvent::Insert),
        Operation::Update(change) => (change, TriggerEvent::Update),
        Operation::Delete(change) => (change, TriggerEvent::Delete),
        Operation::Select { locks, .. } => return lock_rows(draft, locks),
        _ => return,
    };
    write(draft, &change.table, event, |draft, key, mode| draft.lock(key, mode));
}

/// The parent's row is looked at for every foreign key whose columns are written.
fn parents_of(draft: &mut Draft<'_>, key: &ObjectName, columns: &[String]) {
    for own in constraints(draft, key) {
        let ConstraintKind::ForeignKey { columns: of, .. } = &own.kind else { continue };
        let written = columns.is_empty() || of.iter().any(|column| columns.contains(column));
        if let (Some(parent), true) = (constraint::parent(draft, key, &own), written) {
            draft.lock(&parent, RowShareLock);
        }
    }
}

/// `UPDATE`.
pub(super) fn update(draft: &mut Draft<'_>, change: &DataChange) {
    for key in write(draft, &change.table, TriggerEvent::Update, |draft, key, mode| draft.lock_family(key, mode)) {
        if !change.columns.is_empty() {
            parents_of(draft, &key, &change.columns);
        }
        let changes = |own: &[String]| own.iter().any(|column| change.columns.contains(column));
        children_of(draft, &key, false, &changes, 0);
    }
}

/// `DELETE`.
pub(super) fn delete(draft: &mut Draft<'_>, change: &DataChange) {
    for key in write(draft, &change.table, TriggerEvent::Delete, |draft, key, mode| draft.lock_family(key, mode)) {
        children_of(draft, &key, true, &|_| true, 0);
    }
}

/// Children are looked at, or written where the foreign key says so.
fn children_of(draft: &mut Draft<'_>, key: &ObjectName, deletes: bool, changes: &dyn Fn(&[String]) -> bool, depth: usize) {
    // A chain of cascades cannot be longer than the number of tables.
    if depth > draft.before.tables.len() {
        return;
    }
    let children: Vec<(ObjectName, Option<String>)> = draft
        .before
        .references_to(key)
        .filter_map(|(child, own)| match &own.kind {
            ConstraintKind::ForeignKey { ref_columns, on_delete, on_update, .. } if changes(ref_columns) => {
                let action = if deletes { on_delete } else { on_update };
                Some((child.clone(), action.as_deref().map(str::to_ascii_uppercase)))
            }
            _ => None,
        })
        .collect();
    for (child, action) in children {
        match action.as_deref() {
            None | Some("NO ACTION" | "RESTRICT") => draft.lock_partitions(&child, RowShareLock),
            Some(action) => {
                let known = draft.locks.get(&child).is_some_and(|mode| *mode >= RowExclusiveLock);
                draft.lock_partitions(&child, RowExclusiveLock);
                if action == "CASCADE" && deletes && !known {
                    children_of(draft, &child, true, &|_| true, depth + 1);
                }
            }
        }
    }
}

/// `SELECT … FOR UPDATE` and its kin: the tables, behind views too.
pub(super) fn lock_rows(draft: &mut Draft<'_>, names: &[ObjectName]) {
    let keys: Vec<ObjectName> = names.iter().map(|name| draft.key(name)).collect();
    for table in base_tables(draft, &keys) {
        draft.lock_family(&table, RowShareLock);
    }
    for key in keys {
        draft.lock(&key, RowShareLock);
    }
}

pub(super) fn truncate(draft: &mut Draft<'_>, table: &ObjectName, cascade: bool) {
    let mut open = vec![draft.key(table)];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(key) = open.pop() {
        if !seen.insert(key.clone()) {
            continue;
        }
        draft.lock_family(&key, AccessExclusiveLock);
        // A new, empty file takes the place of the old one; nothing is read.
        let leaves = draft.leaves(&key);
        draft.rewrites.extend(leaves);
        if cascade {
            open.extend(draft.before.references_to(&key).map(|(child, _)| child.clone()));
        }
    }
}

pub(super) fn lock_table(draft: &mut Draft<'_>, table: &ObjectName, mode: &str) {
    let upper = mode.to_ascii_uppercase();
    let words: Vec<&str> = upper.split_whitespace().filter(|word| !matches!(*word, "MODE" | "IN")).collect();
    let mode: LockMode = match words.join(" ").as_str() {
        "ACCESS SHARE" => AccessShareLock,
        "ROW SHARE" => RowShareLock,
        "ROW EXCLUSIVE" => RowExclusiveLock,
        "SHARE UPDATE EXCLUSIVE" => ShareUpdateExclusiveLock,
        "SHARE" => ShareLock,
        "SHARE ROW EXCLUSIVE" => ShareRowExclusiveLock,
        "EXCLUSIVE" => ExclusiveLock,
        _ => AccessExclusiveLock,
    };
    let key = draft.key(table);
    draft.lock_family(&key, mode);
    for table in base_tables(draft, &[key]) {
        draft.lock_family(&table, mode);
    }
}

pub(super) fn maintain(draft: &mut Draft<'_>, verb: MaintainVerb, table: Option<&ObjectName>) {
    let tables: Vec<ObjectName> = match table {
        Some(table) => vec![draft.key(table)],
        None => draft.before.tables.keys().cloned().collect(),
    };
    let partitioned = tables.iter().any(|key| draft.before.tables.get(key).is_some_and(|table| table.partition_by.is_some()));
    draft.transactional = match verb {
        MaintainVerb::Analyze => true,
        MaintainVerb::Cluster => table.is_some() && !partitioned,
        MaintainVerb::Vacuum | MaintainVerb::VacuumFull | MaintainVerb::Optimize => false,
    };
    for key in tables {
        match verb {
            // Since 18 tables that inherit are processed too.
            MaintainVerb::Vacuum | MaintainVerb::Analyze if draft.before.version.major >= 18 => {
                draft.lock_family(&key, ShareUpdateExclusiveLock);
            }
            MaintainVerb::Vacuum | MaintainVerb::Analyze => draft.lock_partitions(&key, ShareUpdateExclusiveLock),
            MaintainVerb::VacuumFull | MaintainVerb::Cluster => {
                draft.lock_family(&key, AccessExclusiveLock);
                draft.rewrite(&key);
            }
            MaintainVerb::Optimize => draft.opaque = Some("OPTIMIZE is no PostgreSQL command".to_owned()),
        }
    }
}
