//! Effects on PostgreSQL 11 to 18, in the order of the manual's command reference.
//!
//! Source: `facts/safety.md` §2.1, measured; `server/tests/suite/oracle_effect.rs` measures again.

mod column;
mod column_type;
pub(super) mod commits;
mod constraint;
mod drop;
mod index;
mod only;
mod partition;
mod proof;
mod rows;
mod volatile;

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::effect::draft::Draft;
use crate::effect::{Effect, LockMode};
use crate::name::ObjectName;
use crate::statement::operation::{CommentKind, CreateTable, Operation, PolicyChange, TableOption};

use LockMode::{AccessExclusiveLock, ExclusiveLock, ShareLock, ShareRowExclusiveLock, ShareUpdateExclusiveLock};

/// The effect of one operation on the schema before it.
#[must_use]
pub fn effect(operation: &Operation, before: &Catalog) -> Effect {
    draft(operation, std::slice::from_ref(operation), before).finish()
}

/// `all` are the operations of the statement: the last may say how far the others reach.
pub(super) fn draft<'a>(operation: &Operation, all: &[Operation], before: &'a Catalog) -> Draft<'a> {
    let mut draft = Draft::new(before);
    if let [.., Operation::AlterScope { table, only: true, .. }] = all {
        let key = draft.key(table);
        draft.only = Some(key.clone());
        for below in only::reached(before, &key, operation) {
            draft.lock(&below, LockMode::AccessExclusiveLock);
        }
    }
    run(&mut draft, operation);
    draft
}

fn run(draft: &mut Draft<'_>, operation: &Operation) {
    use Operation as O;
    match operation {
        // ALTER INDEX
        O::RenameIndex { index, .. } => rename_index(draft, index),
        // ALTER SCHEMA, ALTER SEQUENCE, ALTER TYPE: no table is locked.
        O::RenameSchema { .. } | O::AlterSequence { .. } | O::RenameEnumValue { .. } | O::RenameType { .. } => {}
        O::AddEnumValue { .. } => draft.transactional = draft.before.version.major >= 12,
        // ALTER TABLE
        O::AddColumn { .. }
        | O::DropColumn { .. }
        | O::RenameColumn { .. }
        | O::SetNotNull { .. }
        | O::DropNotNull { .. }
        | O::SetDefault { .. }
        | O::DropDefault { .. }
        | O::SetIdentity { .. }
        | O::AlterColumnOption { .. } => column::run(draft, operation),
        O::AlterColumnType { table, column, data_type, using, collation } => {
            column_type::run(draft, table, column, data_type, using.as_deref(), collation.as_deref());
        }
        O::ModifyColumn { table, .. } => strongest(draft, table, "MODIFY COLUMN is no PostgreSQL command"),
        O::AddConstraint { .. }
        | O::DropConstraint { .. }
        | O::ValidateConstraint { .. }
        | O::RenameConstraint { .. }
        | O::AlterConstraint { .. } => constraint::run(draft, operation),
        O::AlterTableOption { table, option } => table_option(draft, table, option),
        O::RenameTable { table, .. } | O::SetTableSchema { table, .. } => {
            let key = draft.key(table);
            draft.lock(&key, AccessExclusiveLock);
        }
        O::AttachPartition { table, partition, bound } => partition::attach(draft, table, partition, bound),
        O::DetachPartition { table, partition, concurrently } => partition::detach(draft, table, partition, *concurrently),
        // ANALYZE, CLUSTER, VACUUM
        O::Maintain { verb, table } => rows::maintain(draft, *verb, table.as_ref()),
        O::Transaction { .. } => {}
        O::Comment { kind, object, .. } => {
            if *kind != CommentKind::Other {
                let key = draft.key(object);
                draft.lock(&key, ShareUpdateExclusiveLock);
            }
        }
        O::Copy { table } => rows::insert(draft, table, &[]),
        // CREATE
        // What they run is drafted by itself.
        O::AlterScope { .. } | O::Call { .. } | O::Prepare { .. } | O::RenameFunction { .. } => {}
        O::CreateDomain { .. }
        | O::CreateEnum { .. }
        | O::CreateType { .. }
        | O::CreateExtension { .. }
        | O::CreateSchema { .. }
        | O::CreateSequence { .. } => {}
        O::CreateFunction { .. } => {
            crate::catalog::call::analysed(draft.before, operation).iter().for_each(|inside| rows::analysed(draft, inside));
        }
        O::CreateIndex(create) => index::create(draft, create),
        O::Policy { table, name, change } => {
            let key = draft.key(table);
            let held = draft.before.tables.get(&key).is_none_or(|table| table.policies.contains(name));
            // One that is not there is looked up without a lock.
            let may_lack = *change == PolicyChange::Drop { if_exists: true };
            if held || draft.before.opaque || !may_lack {
                draft.lock(&key, AccessExclusiveLock);
            }
            if may_lack && !held && draft.before.opaque {
                draft.assume(format!("something opaque has made policy {name}"));
            }
        }
        O::CreateTable(create) => create_table(draft, create),
        O::CreateTableAs { reads, .. } => scan_reads(draft, reads),
        O::CreateTrigger { table, .. } => {
            let key = draft.key(table);
            draft.lock_partitions(&key, ShareRowExclusiveLock);
        }
        O::CreateView(create) => {
            let key = draft.key(&create.view);
            if create.replace {
                draft.lock(&key, AccessExclusiveLock);
            }
            if create.materialized {
                scan_reads(draft, &create.reads);
            }
        }
        O::Delete(change) => rows::delete(draft, change),
        // DROP
        O::DropTable { .. }
        | O::DropView { .. }
        | O::DropType { .. }
        | O::DropSequence { .. }
        | O::DropSchema { .. }
        | O::DropTrigger { .. }
        | O::DropFunction { .. } => drop::run(draft, operation),
        O::DropExtension { name, .. } => draft.assume(format!("no table uses an object of extension {name}")),
        O::DropIndex { index, concurrently, cascade, .. } => index::drop(draft, index, *concurrently, *cascade),
        // GRANT, ROLE: 18 takes AccessShareLock, which is not counted.
        O::Grant { .. } | O::Role { .. } => {}
        O::Insert(change) => {
            rows::insert(draft, &change.table, &change.columns);
        }
        O::LockTable { table, mode } => rows::lock_table(draft, table, mode),
        O::RefreshView { view, concurrently } => refresh(draft, view, *concurrently),
        O::Reindex { kind, name, concurrently } => index::reindex(draft, *kind, name, *concurrently),
        O::Select { locks, .. } => rows::lock_rows(draft, locks),
        O::SetParameter { .. } => {}
        O::Truncate { table, cascade } => rows::truncate(draft, table, *cascade),
        O::Update(change) => rows::update(draft, change),
        O::Other { what, tables } => other(draft, what, tables),
        O::Guarded { operations, reason, .. } => guarded(draft, operations, reason),
        O::Opaque { reason } => opaque(draft, reason),
    }
}

/// Everything behind the guard is taken to run.
fn guarded(draft: &mut Draft<'_>, operations: &[Operation], reason: &str) {
    // The catalog says whether it is there.
    if reason.starts_with("rows ") {
        draft.assume(format!("there are {reason}"));
    } else if reason != "IF EXISTS" {
        draft.assume(format!("what stands behind `{reason}` runs"));
    }
    let mut catalog = draft.before.clone();
    for operation in operations {
        let inner = self::draft(operation, operations, &catalog);
        draft.merge(inner);
        // What is refused is done already, and changes nothing.
        let _ = crate::catalog::apply::apply_followed(&mut catalog, std::slice::from_ref(operation));
    }
}

/// Takes the worst for granted and says so.
fn strongest(draft: &mut Draft<'_>, table: &ObjectName, reason: &str) {
    let key = draft.key(table);
    draft.lock_family(&key, AccessExclusiveLock);
    draft.opaque = Some(reason.to_owned());
}

fn opaque(draft: &mut Draft<'_>, reason: &str) {
    draft.opaque = Some(reason.to_owned());
    // The parser names the domain; the tables that use it are in the catalog.
    let Some(rest) = reason.strip_prefix("ALTER DOMAIN ") else { return };
    let (Some(name), true) = (rest.split(' ').next(), reason.contains("locks and reads every table")) else { return };
    let mut domains = vec![draft.key(&crate::catalog::apply::type_name(name))];
    let mut at = 0;
    while let Some(key) = domains.get(at).cloned() {
        at += 1;
        for (table, _) in crate::catalog::apply::columns_of_type(draft.before, &key) {
            draft.lock(&table, ShareLock);
            draft.scan(&table);
        }
        // What holds for a domain holds for those over it.
        for (over, stored) in draft.before.types.unordered() {
            let base = stored.base.as_deref().map(crate::catalog::apply::type_name);
            let of_this = base.is_some_and(|base| draft.before.find(&base, |found| *found == key).is_some());
            if of_this && !domains.contains(over) {
                domains.push(over.clone());
            }
        }
    }
    draft.opaque = None;
}

/// The index itself is locked, no table is; 11 took the table's name for its own.
fn rename_index(draft: &mut Draft<'_>, index: &ObjectName) {
    if let (None, Some(key)) = (draft.before.index_owner(index), draft.before.table_key(index)) {
        draft.lock(&key, AccessExclusiveLock);
    }
}

fn create_table(draft: &mut Draft<'_>, create: &CreateTable) {
    if draft.before.relation_exists(&draft.before.place(&create.table)) {
        return;
    }
    for parent in &create.inherits {
        let key = draft.key(parent);
        draft.lock(&key, ShareUpdateExclusiveLock);
    }
    if let Some((parent, _)) = &create.partition_of {
        partition::create(draft, parent);
    }
    let own = draft.key(&create.table);
    for constraint in &create.constraints {
        constraint::lock_parent(draft, &own, constraint);
    }
}

fn table_option(draft: &mut Draft<'_>, table: &ObjectName, option: &TableOption) {
    let key = draft.key(table);
    match option {
        TableOption::StorageParameter => draft.lock(&key, ShareUpdateExclusiveLock),
        TableOption::EnableTrigger { .. } => draft.lock_partitions(&key, ShareRowExclusiveLock),
        TableOption::RenameTrigger { .. } => draft.lock_partitions(&key, AccessExclusiveLock),
        TableOption::Owner | TableOption::RowSecurity | TableOption::ReplicaIdentity => draft.lock(&key, AccessExclusiveLock),
        TableOption::Rewrite { .. } => {
            draft.lock(&key, AccessExclusiveLock);
            draft.rewrite(&key);
        }
        TableOption::Set { options } => stored(draft, &key, options),
        TableOption::Convert { .. } | TableOption::Partitions { .. } => {
            strongest(draft, table, "this option is none of PostgreSQL");
        }
        TableOption::Inherit { parent, remove } => {
            draft.lock(&key, AccessExclusiveLock);
            if !remove {
                let parent = draft.key(parent);
                draft.lock(&parent, ShareUpdateExclusiveLock);
            }
        }
        TableOption::Other { what } if what.starts_with("SPLIT") || what.starts_with("MERGE") => {
            draft.lock_family(&key, AccessExclusiveLock);
            draft.rewrite(&key);
        }
        TableOption::Other { .. } => draft.lock(&key, AccessExclusiveLock),
    }
}

/// A table that is kept otherwise than before is written anew; what it has already costs nothing.
fn stored(draft: &mut Draft<'_>, key: &ObjectName, options: &BTreeMap<String, String>) {
    draft.lock(key, AccessExclusiveLock);
    for (option, value) in options {
        let before = draft.before.tables.get(key).and_then(|table| table.options.get(option)).map(String::as_str);
        let default = match option.as_str() {
            "persistence" => "logged",
            "tablespace" => "pg_default",
            _ => "heap",
        };
        let value = if value == "default" { default } else { value.as_str() };
        if before.unwrap_or(default) != value {
            draft.rewrite_partitions(key);
        }
        if before.is_none() && option != "persistence" && value != default {
            draft.assume(format!("the table has the server's usual {}", option.replace('_', " ")));
        }
    }
}

/// Base tables behind names of tables and views.
pub(super) fn base_tables(draft: &Draft<'_>, names: &[ObjectName]) -> Vec<ObjectName> {
    let mut found = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let mut open: Vec<ObjectName> = names.iter().map(|name| draft.key(name)).collect();
    while let Some(key) = open.pop() {
        if !seen.insert(key.clone()) {
            continue;
        }
        match draft.before.views.get(&key) {
            Some(view) if view.materialized => found.push(key),
            Some(view) => open.extend(view.reads.iter().cloned()),
            None => found.push(key),
        }
    }
    found
}

fn scan_reads(draft: &mut Draft<'_>, reads: &[ObjectName]) {
    for key in base_tables(draft, reads) {
        draft.scan(&key);
    }
}

fn refresh(draft: &mut Draft<'_>, view: &ObjectName, concurrently: bool) {
    let key = draft.key(view);
    draft.lock(&key, if concurrently { ExclusiveLock } else { AccessExclusiveLock });
    let reads: Vec<ObjectName> =
        draft.before.views.get(&key).map(|view| view.reads.iter().cloned().collect()).unwrap_or_default();
    scan_reads(draft, &reads);
    draft.scans.insert(key.clone());
    if !concurrently {
        draft.rewrites.insert(key);
    }
}

fn other(draft: &mut Draft<'_>, what: &str, tables: &[ObjectName]) {
    for table in tables {
        let key = draft.key(table);
        draft.lock(&key, ShareUpdateExclusiveLock);
    }
    if let Some(key) = crate::catalog::apply::dropped_statistics(draft.before, what).filter(|_| draft.before.version.major >= 12)
    {
        draft.lock(key, ShareUpdateExclusiveLock);
    }
}
