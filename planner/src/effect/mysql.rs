//! Effects on MySQL 8 and MariaDB 10.6 and later: only what was measured or read from a source.
//!
//! Source: `facts/safety.md` §2.2. What the matrix does not settle is opaque, with the reason.

use crate::catalog::Catalog;
use crate::dialect::{Dialect, ServerVersion};
use crate::effect::Effect;
use crate::effect::LockMode::{self, LockExclusive, LockNone, LockShared};
use crate::effect::draft::Draft;
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, Constraint, ConstraintKind, MaintainVerb, Operation};

/// The effect of one operation on the schema before it.
#[must_use]
pub fn effect(operation: &Operation, before: &Catalog, version: ServerVersion) -> Effect {
    draft(operation, before, version).finish()
}

pub(super) fn draft<'a>(operation: &Operation, before: &'a Catalog, version: ServerVersion) -> Draft<'a> {
    let mut draft = Draft::new(before, version);
    // Every command on a table commits by itself.
    draft.transactional = matches!(
        operation,
        Operation::Insert(_)
            | Operation::Update(_)
            | Operation::Delete(_)
            | Operation::Select { .. }
            | Operation::SetParameter { .. }
            | Operation::Transaction { .. }
    );
    run(&mut draft, operation);
    draft
}

fn lock(draft: &mut Draft<'_>, table: &ObjectName, mode: LockMode) {
    let key = draft.key(table);
    draft.lock(&key, mode);
}

/// `ALGORITHM=COPY, LOCK=SHARED`: the table is copied, writers wait.
fn copy(draft: &mut Draft<'_>, table: &ObjectName) {
    let key = draft.key(table);
    draft.lock(&key, LockShared);
    draft.rewrite(&key);
}

/// `ALGORITHM=INPLACE, LOCK=NONE` with a rebuild: the table is written anew, writers go on.
fn rebuild(draft: &mut Draft<'_>, table: &ObjectName) {
    let key = draft.key(table);
    draft.lock(&key, LockNone);
    draft.rewrite(&key);
}

fn run(draft: &mut Draft<'_>, operation: &Operation) {
    use Operation as O;
    match operation {
        // ALTER TABLE
        O::AddColumn { table, column, constraints, .. } => add_column(draft, table, column, constraints),
        O::RenameColumn { table, .. } | O::SetDefault { table, .. } | O::DropDefault { table, .. } => {
            lock(draft, table, LockNone)
        }
        O::SetNotNull { table, .. } | O::DropNotNull { table, .. } => rebuild(draft, table),
        O::AddConstraint { table, constraint } => add_constraint(draft, table, constraint),
        O::RenameTable { table, .. } => lock(draft, table, LockExclusive),
        O::RenameIndex { table: Some(table), .. } | O::DropIndex { table: Some(table), .. } => lock(draft, table, LockNone),
        // CREATE and DROP
        O::CreateIndex(create) => {
            let key = draft.key(&create.table);
            let shared = matches!(create.method.as_deref(), Some("fulltext" | "spatial" | "rtree"));
            draft.lock(&key, if shared { LockShared } else { LockNone });
            draft.scan(&key);
            draft.builds.insert(create.name.clone().unwrap_or_default());
        }
        O::CreateTable(_) | O::CreateView(_) | O::DropView { .. } | O::CreateSchema { .. } => {}
        O::DropTable { table, .. } | O::Truncate { table, .. } => lock(draft, table, LockExclusive),
        O::Maintain { verb: MaintainVerb::Optimize, table: Some(table) } => rebuild(draft, table),
        O::Maintain { verb: MaintainVerb::Analyze, .. } => {}
        O::Insert(_) | O::Update(_) | O::Delete(_) | O::Copy { .. } => {}
        O::Select { .. } | O::SetParameter { .. } | O::Transaction { .. } | O::Grant { .. } | O::Role { .. } => {}
        O::Opaque { reason } => draft.opaque = Some(reason.clone()),
        // The matrix depends on more of the table's definition than the catalog keeps.
        O::DropColumn { table, .. } => {
            unsettled(draft, table, "DROP COLUMN depends on the table's row format and full-text indexes")
        }
        O::ModifyColumn { table, .. } | O::AlterColumnType { table, .. } => {
            unsettled(draft, table, "a changed column depends on character sets and storage sizes");
        }
        O::SetIdentity { table, .. }
        | O::AlterColumnOption { table, .. }
        | O::DropConstraint { table, .. }
        | O::ValidateConstraint { table, .. }
        | O::RenameConstraint { table, .. }
        | O::AlterConstraint { table, .. }
        | O::AlterTableOption { table, .. }
        | O::AttachPartition { table, .. }
        | O::DetachPartition { table, .. }
        | O::SetTableSchema { table, .. }
        | O::CreateTableAs { table, .. }
        | O::CreateTrigger { table, .. }
        | O::LockTable { table, .. }
        | O::Policy { table, .. } => unsettled(draft, table, "this command"),
        O::RenameIndex { table: None, .. }
        | O::DropIndex { table: None, .. }
        | O::Maintain { .. }
        | O::Reindex { .. }
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
        | O::DropFunction { .. }
        | O::DropTrigger { .. }
        | O::RenameSchema { .. }
        | O::DropSchema { .. }
        | O::CreateExtension { .. }
        | O::DropExtension { .. }
        | O::Comment { .. }
        | O::Other { .. } => draft.opaque = Some("not yet modelled for MySQL: this command".to_owned()),
    }
}

fn unsettled(draft: &mut Draft<'_>, table: &ObjectName, what: &str) {
    lock(draft, table, LockShared);
    draft.opaque = Some(format!("not yet modelled for MySQL: {what}; assert ALGORITHM and LOCK in the statement"));
}

fn add_column(draft: &mut Draft<'_>, table: &ObjectName, column: &ColumnDefinition, constraints: &[Constraint]) {
    let maria = draft.before.dialect == Dialect::MariaDb;
    let expression = column.default.as_deref().is_some_and(|default| default.trim_start().starts_with('('));
    let stored = column.generated.as_ref().is_some_and(|generated| generated.stored);
    if expression || stored {
        copy(draft, table);
    } else if column.identity.is_some() {
        lock(draft, table, LockShared);
        let key = draft.key(table);
        draft.rewrite(&key);
    } else {
        lock(draft, table, LockNone);
        if !maria && draft.version < (ServerVersion { major: 8, minor: 0 }) {
            rebuild(draft, table);
        }
    }
    for constraint in constraints {
        add_constraint(draft, table, constraint);
    }
}

fn add_constraint(draft: &mut Draft<'_>, table: &ObjectName, constraint: &Constraint) {
    match &constraint.kind {
        ConstraintKind::PrimaryKey { .. } => rebuild(draft, table),
        ConstraintKind::Unique { .. } => {
            let key = draft.key(table);
            draft.lock(&key, LockNone);
            draft.scan(&key);
            draft.builds.insert(constraint.name.clone().unwrap_or_default());
        }
        // With foreign_key_checks on, which is the server's default.
        ConstraintKind::ForeignKey { .. } | ConstraintKind::Check { .. } => copy(draft, table),
        ConstraintKind::NotNull { .. } | ConstraintKind::Exclude { .. } => {
            unsettled(draft, table, "this constraint");
        }
    }
}
