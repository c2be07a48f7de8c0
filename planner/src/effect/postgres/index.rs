//! Indexes.

use crate::effect::LockMode::{AccessExclusiveLock, ShareLock, ShareUpdateExclusiveLock};
use crate::effect::draft::Draft;
use crate::name::ObjectName;
use crate::statement::operation::{CreateIndex, IndexPart, ReindexKind};

pub(super) fn create(draft: &mut Draft<'_>, create: &CreateIndex) {
    let key = draft.key(&create.table);
    draft.transactional = !create.concurrently;
    let mode = if create.concurrently { ShareUpdateExclusiveLock } else { ShareLock };
    let partitioned = draft.before.tables.get(&key).is_some_and(|table| table.partition_by.is_some());
    // An ordinary inheritance parent has its index for itself.
    if partitioned && !create.only {
        draft.lock_family(&key, mode)
    } else {
        draft.lock(&key, mode)
    }
    let there = create
        .name
        .as_ref()
        .is_some_and(|name| draft.before.relation_exists(&ObjectName { schema: key.schema.clone(), name: name.clone() }));
    if there || (partitioned && create.only) {
        return;
    }
    if partitioned {
        draft.scan(&key);
    } else {
        draft.scans.insert(key.clone());
    }
    let first = create.columns.first().map_or("", |part| match part {
        IndexPart::Column(text) | IndexPart::Expression(text) => text.as_str(),
    });
    draft.builds.insert(create.name.clone().unwrap_or_else(|| format!("{}.{first}", key.name)));
}

pub(super) fn drop(draft: &mut Draft<'_>, index: &ObjectName, concurrently: bool, cascade: bool) {
    draft.transactional = !concurrently;
    let Some((key, name)) = draft.before.index_owner(index) else { return };
    let mode = if concurrently { ShareUpdateExclusiveLock } else { AccessExclusiveLock };
    let table = draft.before.tables.get(&key);
    let partitioned = table.is_some_and(|table| table.partition_by.is_some());
    let backs = table.is_some_and(|table| !table.indexes.contains_key(&name));
    if partitioned && !backs {
        draft.lock_family(&key, mode)
    } else {
        draft.lock(&key, mode)
    }
    let needing = table.and_then(|table| table.indexes.get(&name)).filter(|_| cascade);
    let needing = needing.map(|index| crate::catalog::apply::standing_on_index(draft.before, &key, index));
    for (child, _) in needing.unwrap_or_default() {
        draft.lock_partitions(&child, AccessExclusiveLock);
    }
}

pub(super) fn reindex(draft: &mut Draft<'_>, kind: ReindexKind, name: &ObjectName, concurrently: bool) {
    let mode = if concurrently { ShareUpdateExclusiveLock } else { ShareLock };
    let tables: Vec<ObjectName> = match kind {
        ReindexKind::Index => draft.before.index_owner(name).map(|(key, _)| key).into_iter().collect(),
        ReindexKind::Table => vec![draft.key(name)],
        ReindexKind::Many => draft.before.tables.keys().cloned().collect(),
    };
    let partitioned =
        |draft: &Draft<'_>, key: &ObjectName| draft.before.tables.get(key).is_some_and(|table| table.partition_by.is_some());
    if kind == ReindexKind::Index && draft.before.version.major < 14 && tables.iter().any(|key| partitioned(draft, key)) {
        draft.refusal = Some("REINDEX is not yet implemented for partitioned indexes".to_owned());
        return;
    }
    let tables: Vec<ObjectName> = if draft.before.version.major < 14 {
        // Passed over with a warning.
        tables.into_iter().filter(|key| !partitioned(draft, key)).collect()
    } else {
        tables
    };
    draft.transactional = !concurrently && kind != ReindexKind::Many && !tables.iter().any(|key| partitioned(draft, key));
    for key in tables {
        if partitioned(draft, &key) {
            draft.lock_family(&key, mode)
        } else {
            draft.lock(&key, mode)
        }
        if !partitioned(draft, &key) {
            draft.scans.insert(key.clone());
        }
        draft.builds.insert(name.to_string());
    }
}
