//! Effects on SQLite 3.35 and later. Source: `facts/safety.md` §2.3, measured on 3.40.
//!
//! Every write locks the whole file: one writer; under WAL the readers go on. The lock's object is the
//! database, `main`.

use crate::catalog::Catalog;
use crate::effect::draft::Draft;
use crate::effect::{Effect, LockMode};
use crate::name::ObjectName;
use crate::statement::operation::{ConstraintKind, MaintainVerb, Operation};

/// The lock's object.
pub(super) const DATABASE: &str = "main";

/// The effect of one operation on the schema before it.
#[must_use]
pub fn effect(operation: &Operation, before: &Catalog) -> Effect {
    draft(operation, before).finish()
}

pub(super) fn draft<'a>(operation: &Operation, before: &'a Catalog) -> Draft<'a> {
    let mut draft = Draft::new(before);
    run(&mut draft, operation);
    draft
}

fn write(draft: &mut Draft<'_>) {
    draft.lock(&ObjectName::bare(DATABASE), LockMode::DatabaseWriteLock);
}

fn run(draft: &mut Draft<'_>, operation: &Operation) {
    use Operation as O;
    match operation {
        // ALTER TABLE
        O::AddColumn { table, column, constraints, .. } => {
            write(draft);
            // The rows are looked at for a check only, and for NOT NULL of a computed value (`alter.c`).
            let checked = constraints.iter().any(|constraint| matches!(constraint.kind, ConstraintKind::Check { .. }));
            if checked || (!column.nullable && column.generated.is_some()) {
                let key = draft.key(table);
                draft.scan(&key);
            }
        }
        O::DropColumn { table, .. } => {
            write(draft);
            let key = draft.key(table);
            draft.rewrite(&key);
        }
        O::RenameColumn { .. } | O::RenameTable { .. } => write(draft),
        O::AlterColumnType { .. }
        | O::SetNotNull { .. }
        | O::DropNotNull { .. }
        | O::SetDefault { .. }
        | O::DropDefault { .. }
        | O::SetIdentity { .. }
        | O::ModifyColumn { .. }
        | O::AlterColumnOption { .. }
        | O::AddConstraint { .. }
        | O::DropConstraint { .. }
        | O::ValidateConstraint { .. }
        | O::RenameConstraint { .. }
        | O::AlterConstraint { .. }
        | O::AlterTableOption { .. }
        | O::AttachPartition { .. }
        | O::DetachPartition { .. }
        | O::SetTableSchema { .. } => unknown(draft, "SQLite has no such ALTER TABLE; the table has to be built anew"),
        // CREATE and DROP
        _ if changes_nothing(draft.before, operation) => {}
        O::CreateTable(_) | O::CreateView(_) | O::DropView { .. } | O::CreateTrigger { .. } | O::DropTrigger { .. } => {
            write(draft)
        }
        O::CreateTableAs { reads, .. } => {
            write(draft);
            for name in reads {
                let key = draft.key(name);
                draft.scan(&key);
            }
        }
        O::CreateIndex(create) => {
            write(draft);
            let key = draft.key(&create.table);
            draft.scan(&key);
            draft.builds.insert(create.name.clone().unwrap_or_default());
        }
        O::DropTable { .. } | O::DropIndex { .. } | O::Truncate { .. } => write(draft),
        O::Reindex { .. } => write(draft),
        // Rows
        O::Insert(_) | O::Update(_) | O::Delete(_) | O::Copy { .. } => write(draft),
        O::Maintain { verb, .. } => {
            write(draft);
            if matches!(verb, MaintainVerb::Vacuum | MaintainVerb::VacuumFull) {
                draft.transactional = false;
                let tables: Vec<ObjectName> = draft.before.tables.keys().cloned().collect();
                for key in tables {
                    draft.rewrite(&key);
                }
            }
        }
        O::Select { .. } | O::Transaction { .. } => {}
        O::SetParameter { name, .. } => {
            // Inside a transaction this one is silently without effect, and journal_mode is refused.
            let alone = ["foreign_keys", "journal_mode", "synchronous"];
            draft.transactional = !alone.iter().any(|pragma| name.eq_ignore_ascii_case(pragma));
        }
        O::RenameIndex { .. }
        | O::RefreshView { .. }
        | O::CreateSequence { .. }
        | O::AlterSequence { .. }
        | O::DropSequence { .. }
        | O::CreateEnum { .. }
        | O::AddEnumValue { .. }
        | O::RenameEnumValue { .. }
        | O::CreateType { .. }
        | O::RenameType { .. }
        | O::DropType { .. }
        | O::CreateDomain { .. }
        | O::CreateFunction { .. }
        | O::RenameFunction { .. }
        | O::AlterScope { .. }
        | O::Prepare { .. }
        | O::Call { .. }
        | O::DropFunction { .. }
        | O::Policy { .. }
        | O::CreateSchema { .. }
        | O::RenameSchema { .. }
        | O::DropSchema { .. }
        | O::CreateExtension { .. }
        | O::DropExtension { .. }
        | O::Grant { .. }
        | O::Role { .. }
        | O::Comment { .. }
        | O::LockTable { .. } => unknown(draft, "SQLite has no such command"),
        O::Other { .. } => write(draft),
        O::Guarded { .. } => unknown(draft, "SQLite has no such command"),
        O::Opaque { reason } => unknown(draft, reason),
    }
}

/// `IF EXISTS` of what is not there, `IF NOT EXISTS` of what is: the server only looks. Nobody knows behind something opaque.
fn changes_nothing(before: &Catalog, operation: &Operation) -> bool {
    use Operation as O;
    let relation = |name: &ObjectName| before.relation_exists(&before.place(name));
    let there = match operation {
        O::CreateTable(create) if create.if_not_exists => relation(&create.table),
        O::CreateTableAs { table, if_not_exists: true, .. } => relation(table),
        O::CreateView(create) if create.if_not_exists => relation(&create.view),
        O::CreateIndex(create) if create.if_not_exists => {
            create.name.as_ref().is_some_and(|name| before.index_owner(&ObjectName::bare(name.clone())).is_some())
        }
        O::DropTable { table, if_exists: true, .. } => before.table_key(table).is_none(),
        O::DropView { view, if_exists: true, .. } => before.view_key(view).is_none(),
        O::DropIndex { index, if_exists: true, .. } => before.index_owner(index).is_none(),
        O::DropTrigger { name, if_exists: true, .. } => !before.triggers.keys().any(|(_, own)| before.same(own, name)),
        _ => false,
    };
    there && !before.opaque
}

fn unknown(draft: &mut Draft<'_>, reason: &str) {
    write(draft);
    draft.opaque = Some(reason.to_owned());
}
