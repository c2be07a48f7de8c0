//! Partitions.

use super::{constraint, proof};
use crate::effect::LockMode::{AccessExclusiveLock, ShareUpdateExclusiveLock};
use crate::effect::draft::Draft;
use crate::name::ObjectName;

/// The default partition of a partitioned table.
pub(super) fn default_of(draft: &Draft<'_>, parent: &ObjectName) -> Option<ObjectName> {
    let is_default = |bound: &str| bound.trim().to_ascii_lowercase().ends_with("default");
    draft
        .before
        .tables
        .iter()
        .find(|(_, table)| table.partition_of.as_ref().is_some_and(|(of, bound)| of == parent && is_default(bound)))
        .map(|(key, _)| key.clone())
}

/// `CREATE TABLE … PARTITION OF`.
pub(super) fn create(draft: &mut Draft<'_>, parent: &ObjectName) {
    let parent = draft.key(parent);
    draft.lock(&parent, AccessExclusiveLock);
    if let Some(default) = default_of(draft, &parent) {
        draft.lock(&default, AccessExclusiveLock);
        draft.scan(&default);
    }
    let keys = draft.before.tables.get(&parent).map(|table| table.constraints.clone()).unwrap_or_default();
    for own in &keys {
        constraint::lock_parent(draft, &parent, own);
    }
}

pub(super) fn attach(draft: &mut Draft<'_>, table: &ObjectName, partition: &ObjectName, bound: &str) {
    let Some(parent) = draft.before.table_key(table) else {
        // ALTER INDEX … ATTACH PARTITION locks indexes only.
        return;
    };
    let child = draft.key(partition);
    let mode = if draft.before.version.major >= 12 { ShareUpdateExclusiveLock } else { AccessExclusiveLock };
    draft.lock(&parent, mode);
    draft.lock_family(&child, AccessExclusiveLock);
    let by = draft.before.tables.get(&parent).and_then(|table| table.partition_by.clone()).unwrap_or_default();
    let proven = draft.before.tables.get(&child).is_some_and(|stored| proof::inside_bound(stored, &by, bound));
    if !proven {
        draft.scan(&child);
    }
    if let Some(default) = default_of(draft, &parent) {
        draft.lock(&default, AccessExclusiveLock);
        draft.scan(&default);
    }
}

pub(super) fn detach(draft: &mut Draft<'_>, table: &ObjectName, partition: &ObjectName, concurrently: bool) {
    let (parent, child) = (draft.key(table), draft.key(partition));
    draft.transactional = !concurrently;
    draft.lock(&parent, if concurrently { ShareUpdateExclusiveLock } else { AccessExclusiveLock });
    let weak = draft.before.version.major < 14;
    draft.lock(&child, if weak { ShareUpdateExclusiveLock } else { AccessExclusiveLock });
    // Foreign keys of the parent become the partition's own.
    let keys = draft.before.tables.get(&parent).map(|table| table.constraints.clone()).unwrap_or_default();
    for own in &keys {
        constraint::lock_parent(draft, &parent, own);
    }
    match default_of(draft, &parent) {
        Some(_) if concurrently => {
            draft.refusal = Some("cannot detach partitions concurrently when a default partition exists".to_owned());
        }
        Some(default) => draft.lock(&default, AccessExclusiveLock),
        None => {}
    }
}
