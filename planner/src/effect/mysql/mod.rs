//! Effects on MySQL 8 and MariaDB 10.6 and later: the algorithm and the lock with which InnoDB changes a table.
//!
//! MariaDB: measured on 10.11 by asking for every `ALGORITHM` and `LOCK`; `server/tests/suite/oracle_mariadb.rs` measures
//! again. MySQL: `facts/safety.md` §2.2, read from sources and not measured; where they leave it open, more harm is assumed.

mod column;
pub(super) mod counter;
mod key;
mod maria;
mod modify;
mod option;
mod reserved;
mod target;
mod whole;

use crate::catalog::Catalog;
use crate::effect::Effect;
use crate::effect::LockMode::{LockExclusive, LockShared};
use crate::effect::draft::Draft;
use crate::statement::operation::{MaintainVerb, Operation};
pub(super) use maria::refusal;
use target::Target;
pub(super) use whole::settle;

/// The effect of one operation on the schema before it.
#[must_use]
pub fn effect(operation: &Operation, before: &Catalog) -> Effect {
    draft(operation, std::slice::from_ref(operation), before).finish()
}

/// `all` are the operations of the statement: what one of them costs depends on the others.
pub(super) fn draft<'a>(operation: &Operation, all: &[Operation], before: &'a Catalog) -> Draft<'a> {
    let mut draft = Draft::new(before);
    // Every command on a table commits by itself.
    draft.transactional = matches!(
        operation,
        Operation::Insert(_)
            | Operation::Update(_)
            | Operation::Delete(_)
            | Operation::Select { .. }
            | Operation::SetParameter { .. }
            | Operation::Transaction { .. }
            | Operation::Call { .. }
            | Operation::Prepare { .. }
    );
    run(&mut draft, operation, all);
    draft
}

fn run(draft: &mut Draft<'_>, operation: &Operation, all: &[Operation]) {
    use Operation as O;
    match operation {
        // ALTER TABLE
        O::AddColumn { table, column, constraints, .. } => column::add(&mut Target::new(draft, table), column, constraints),
        O::DropColumn { table, column, .. } => column::drop(&mut Target::new(draft, table), column),
        O::RenameColumn { table, column, .. } => column::rename(&mut Target::new(draft, table), column),
        O::SetDefault { table, .. } | O::DropDefault { table, .. } => Target::new(draft, table).instant(),
        O::ModifyColumn { table, column, to } => modify::run(&mut Target::new(draft, table), column, to, all),
        O::AddConstraint { table, constraint } => key::add(&mut Target::new(draft, table), constraint, all),
        O::DropConstraint { table, constraint, .. } => key::drop(&mut Target::new(draft, table), constraint, all),
        O::AlterConstraint { table, enforced, .. } => {
            let mut target = Target::new(draft, table);
            if *enforced == Some(true) { target.copy() } else { target.metadata() }
        }
        O::AlterTableOption { table, option } => option::run(&mut Target::new(draft, table), option),
        O::RenameTable { table, .. } => Target::new(draft, table).alone(),
        O::RenameIndex { table: Some(table), .. } => Target::new(draft, table).metadata(),
        // CREATE
        O::CreateIndex(create) => {
            let mut target = Target::new(draft, &create.table);
            if !create.if_not_exists || !target.has_index(create.name.as_deref().unwrap_or_default()) {
                key::create(&mut target, create, all);
            }
        }
        O::CreateTableAs { reads, .. } => {
            let keys: Vec<_> = reads.iter().map(|name| draft.key(name)).collect();
            keys.iter().for_each(|key| draft.scan(key));
        }
        O::CreateTrigger { table, .. } => exclusive(draft, table),
        O::CreateTable(_)
        | O::CreateView(_)
        | O::CreateFunction { .. }
        | O::CreateSequence { .. }
        | O::AlterSequence { .. }
        | O::CreateSchema { .. } => {}
        // DROP
        O::DropIndex { table: Some(table), index, .. } => key::drop_index(&mut Target::new(draft, table), &index.name, all),
        O::DropTable { table, .. } => exclusive(draft, table),
        O::DropSchema { schema, .. } => {
            let inside: Vec<_> = draft.before.tables.keys().filter(|key| key.schema.as_ref() == Some(schema)).cloned().collect();
            inside.iter().for_each(|key| draft.lock(key, LockExclusive));
        }
        O::DropTrigger { name, .. } => {
            let owner = draft.before.triggers.keys().find(|(_, own)| own.eq_ignore_ascii_case(name)).map(|(key, _)| key.clone());
            owner.iter().for_each(|key| draft.lock(key, LockExclusive));
        }
        O::DropView { .. } | O::DropFunction { .. } | O::DropSequence { .. } => {}
        O::Truncate { table, .. } => {
            exclusive(draft, table);
            // A new, empty file takes the place of the old one; nothing is read.
            let key = draft.key(table);
            draft.rewrites.insert(key);
        }
        // Maintenance
        O::Maintain { verb: MaintainVerb::Optimize, table: Some(table) } => Target::new(draft, table).rebuild(),
        O::Maintain { .. } => {}
        O::LockTable { table, mode } => {
            let key = draft.key(table);
            draft.lock(&key, if mode.contains("WRITE") { LockExclusive } else { LockShared });
        }
        // Rows: they are locked one by one.
        O::Insert(_) | O::Update(_) | O::Delete(_) | O::Copy { .. } | O::Select { .. } => {}
        O::SetParameter { .. } | O::Transaction { .. } | O::Grant { .. } | O::Role { .. } | O::Other { .. } => {}
        O::DropIndex { table: None, .. } | O::RenameIndex { table: None, .. } => {
            draft.opaque = Some("the statement does not name the index's table".to_owned());
        }
        // What it runs is drafted by itself.
        O::AlterScope { .. } | O::Call { .. } | O::Prepare { .. } => {}
        O::Guarded { operations, reason, .. } => {
            draft.assume(format!("what stands behind `{reason}` runs"));
            draft.transactional = true;
            for operation in operations {
                let inner = self::draft(operation, operations, draft.before);
                draft.merge(inner);
            }
        }
        O::Opaque { reason } => draft.opaque = Some(reason.clone()),
        O::AlterColumnType { .. }
        | O::SetNotNull { .. }
        | O::DropNotNull { .. }
        | O::SetIdentity { .. }
        | O::AlterColumnOption { .. }
        | O::ValidateConstraint { .. }
        | O::RenameConstraint { .. }
        | O::AttachPartition { .. }
        | O::DetachPartition { .. }
        | O::SetTableSchema { .. }
        | O::Policy { .. }
        | O::Reindex { .. }
        | O::RefreshView { .. }
        | O::CreateEnum { .. }
        | O::AddEnumValue { .. }
        | O::RenameEnumValue { .. }
        | O::CreateType { .. }
        | O::RenameType { .. }
        | O::DropType { .. }
        | O::CreateDomain { .. }
        | O::RenameSchema { .. }
        | O::CreateExtension { .. }
        | O::DropExtension { .. }
        | O::RenameFunction { .. }
        | O::Comment { .. } => draft.opaque = Some("neither MySQL nor MariaDB has such a command".to_owned()),
    }
}

/// The metadata lock that no `ALGORITHM` goes with.
fn exclusive(draft: &mut Draft<'_>, table: &crate::name::ObjectName) {
    let key = draft.key(table);
    draft.lock(&key, LockExclusive);
}
