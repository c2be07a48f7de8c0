//! `DROP` of tables, views, types, sequences, schemas and triggers, with what goes along.

use super::constraint;
use crate::effect::LockMode::AccessExclusiveLock;
use crate::effect::draft::Draft;
use crate::name::ObjectName;
use crate::statement::operation::Operation;

pub(super) fn run(draft: &mut Draft<'_>, operation: &Operation) {
    use Operation as O;
    match operation {
        O::DropTable { table: name, cascade, .. } => {
            if let Some(key) = draft.before.table_key(name) {
                table(draft, &key, *cascade);
            }
        }
        O::DropView { view, cascade, .. } => {
            if let Some(key) = draft.before.view_key(view) {
                draft.lock(&key, AccessExclusiveLock);
                if *cascade {
                    views(draft, draft.before.views_reading(&key));
                }
            }
        }
        O::DropType { name, cascade, .. } => {
            let key = draft.key(name);
            if *cascade {
                for (table, _) in crate::catalog::apply::columns_of_type(draft.before, &key) {
                    draft.lock_family(&table, AccessExclusiveLock);
                }
            }
        }
        O::DropSequence { sequence, cascade, .. } => {
            let key = draft.before.find(sequence, |key| draft.before.sequences.contains_key(key));
            if let (Some(key), true) = (key, *cascade) {
                for (table, _) in crate::catalog::apply::defaults_using(draft.before, &key) {
                    draft.lock(&table, AccessExclusiveLock);
                }
            }
        }
        O::DropSchema { schema, .. } => in_schema(draft, schema),
        O::DropTrigger { table: Some(name), name: trigger, if_exists } => {
            let key = draft.key(name);
            let held = draft.before.triggers.contains_key(&(key.clone(), trigger.clone()));
            // One that is not there is looked up without a lock.
            if !*if_exists || draft.before.opaque || held {
                draft.lock_partitions(&key, AccessExclusiveLock);
            }
            if *if_exists && !held && draft.before.opaque {
                draft.assume(format!("something opaque has made trigger {trigger}"));
            }
        }
        O::DropFunction { name, cascade: true, .. } => {
            let key = draft.before.find(name, |key| draft.before.functions.contains_key(key));
            for (table, _) in key.map(|key| draft.before.triggers_running(&key)).unwrap_or_default() {
                draft.lock_partitions(&table, AccessExclusiveLock);
            }
            draft.assume(format!("no default or view uses function {name}; CASCADE locks the tables of those"));
        }
        _ => {}
    }
}

fn table(draft: &mut Draft<'_>, key: &ObjectName, cascade: bool) {
    let partitions = draft.before.descendants(key);
    draft.lock(key, AccessExclusiveLock);
    for member in partitions {
        let goes = draft.before.tables.get(&member).is_some_and(|table| table.partition_of.is_some());
        if goes || cascade {
            draft.lock(&member, AccessExclusiveLock);
        }
    }
    if let Some((parent, _)) = draft.before.tables.get(key).and_then(|table| table.partition_of.clone()) {
        draft.lock(&parent, AccessExclusiveLock);
        if let Some(default) = super::partition::default_of(draft, &parent) {
            draft.lock(&default, AccessExclusiveLock);
        }
    }
    for member in draft.family(key) {
        let constraints = draft.before.tables.get(&member).map(|table| table.constraints.clone()).unwrap_or_default();
        for own in &constraints {
            if let Some(parent) = constraint::parent(draft, &member, own) {
                draft.lock_partitions(&parent, AccessExclusiveLock);
            }
        }
        if cascade {
            let children: Vec<ObjectName> = draft.before.references_to(&member).map(|(child, _)| child.clone()).collect();
            for child in children {
                draft.lock_partitions(&child, AccessExclusiveLock);
            }
            views(draft, draft.before.views_reading(&member));
        }
    }
}

/// Views that go along, and the views that read them.
pub(super) fn views(draft: &mut Draft<'_>, names: Vec<ObjectName>) {
    let mut open = names;
    while let Some(view) = open.pop() {
        if draft.locks.get(&view) != Some(&AccessExclusiveLock) {
            draft.lock(&view, AccessExclusiveLock);
            open.extend(draft.before.views_reading(&view));
        }
    }
}

fn in_schema(draft: &mut Draft<'_>, schema: &str) {
    let inside: Vec<ObjectName> =
        draft.before.tables.keys().filter(|key| key.schema.as_deref() == Some(schema)).cloned().collect();
    for key in inside {
        table(draft, &key, true);
    }
    let inside = draft.before.views.keys().filter(|key| key.schema.as_deref() == Some(schema)).cloned().collect();
    views(draft, inside);
}
