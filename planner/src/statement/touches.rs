//! Which objects an operation needs to exist, and which it makes, changes or removes.
//!
//! The graph draws its object edges from these. An [`Operation::Opaque`] touches nothing here because
//! nothing is known: whoever orders statements must treat it apart.

mod columns;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::operation::{Called, ConstraintKind, IndexPart, Operation, TableOption};
use crate::name::ObjectName;
use columns::Touched;

/// One object of the schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectRef {
    /// A schema.
    Schema(String),
    /// An extension.
    Extension(String),
    /// A type, enum or domain.
    Type(ObjectName),
    /// A table, view or materialized view: they share one name space, and a query does not tell which it reads.
    Table(ObjectName),
    /// A column of a table or view.
    Column(ObjectName, String),
    /// A constraint of a table.
    Constraint(ObjectName, String),
    /// An index, in the schema of its table.
    Index(ObjectName),
    /// A sequence.
    Sequence(ObjectName),
    /// A function or procedure, whatever its arguments.
    Function(ObjectName),
    /// A trigger of a table; SQLite and MySQL name triggers without a table when they drop them.
    Trigger(Option<ObjectName>, String),
    /// A role.
    Role(String),
}

/// Objects that must exist before the operation runs, besides those it [`writes`].
#[must_use]
pub fn reads(operation: &Operation) -> BTreeSet<ObjectRef> {
    touched(operation).reads
}

/// Objects that the operation creates, changes, fills, renames (both names) or drops.
#[must_use]
pub fn writes(operation: &Operation) -> BTreeSet<ObjectRef> {
    touched(operation).writes
}

fn touched(operation: &Operation) -> Touched {
    let mut found = Touched::default();
    tables(operation, &mut found);
    found.finish();
    found
}

/// The name `to` in the schema of `of`.
fn beside(of: &ObjectName, to: &str) -> ObjectName {
    ObjectName { schema: of.schema.clone(), name: to.to_owned() }
}

fn tables(operation: &Operation, found: &mut Touched) {
    match operation {
        Operation::Guarded { operations, .. } => operations.iter().for_each(|operation| tables(operation, found)),
        Operation::CreateTable(create) => {
            found.write(ObjectRef::Table(create.table.clone()));
            for table in create
                .like
                .iter()
                .map(|like| &like.table)
                .chain(&create.inherits)
                .chain(create.partition_of.as_ref().map(|(of, _)| of))
            {
                found.read_table(table);
            }
            for column in &create.columns {
                found.column_made(&create.table, column);
            }
            for constraint in &create.constraints {
                found.constraint_made(&create.table, constraint);
            }
        }
        Operation::CreateTableAs { table, reads, .. } => {
            found.write(ObjectRef::Table(table.clone()));
            reads.iter().for_each(|table| found.read_table(table));
        }
        Operation::CreateView(view) => {
            found.write(ObjectRef::Table(view.view.clone()));
            view.reads.iter().for_each(|table| found.read_table(table));
            for (table, column) in &view.reads_columns {
                found.read_column(table, column);
            }
        }
        Operation::DropTable { table, .. }
        | Operation::Truncate { table, .. }
        | Operation::DropView { view: table, .. }
        | Operation::RefreshView { view: table, .. }
        | Operation::Copy { table } => found.write(ObjectRef::Table(table.clone())),
        Operation::RenameTable { table, to } => {
            found.write(ObjectRef::Table(table.clone()));
            found.write(ObjectRef::Table(beside(table, to)));
        }
        Operation::SetTableSchema { table, schema } => {
            found.write(ObjectRef::Table(table.clone()));
            found.write(ObjectRef::Table(ObjectName::qualified(schema.as_str(), table.name.as_str())));
        }
        Operation::AttachPartition { table, partition, .. } | Operation::DetachPartition { table, partition, .. } => {
            found.write(ObjectRef::Table(table.clone()));
            found.write(ObjectRef::Table(partition.clone()));
        }
        Operation::AlterTableOption { table, option } => {
            found.write(ObjectRef::Table(table.clone()));
            if let TableOption::Inherit { parent, .. } = option {
                found.read_table(parent);
            }
        }
        Operation::Insert(change) | Operation::Update(change) | Operation::Delete(change) => found.data_changed(change),
        Operation::LockTable { table, .. } | Operation::Policy { table, .. } => found.read_table(table),
        Operation::Maintain { table, .. } => table.iter().for_each(|table| found.read_table(table)),
        Operation::Select { reads, .. } => reads.iter().for_each(|table| found.read_table(table)),
        Operation::Other { tables, .. } => tables.iter().for_each(|table| found.read_table(table)),
        Operation::Comment { object, column, kind, .. } => found.commented(*kind, object, column.as_deref()),
        other => columns_and_constraints(other, found),
    }
}

fn columns_and_constraints(operation: &Operation, found: &mut Touched) {
    match operation {
        Operation::AddColumn { table, column, constraints, .. } => {
            found.read_table(table);
            found.column_made(table, column);
            for constraint in constraints {
                found.constraint_made(table, constraint);
            }
        }
        Operation::RenameColumn { table, column, to } => {
            found.write_column(table, column);
            found.write_column(table, to);
        }
        Operation::ModifyColumn { table, column, to } => {
            found.write_column(table, column);
            found.column_made(table, to);
        }
        Operation::AlterColumnType { table, column, data_type, .. } => {
            found.write_column(table, column);
            found.read_type(data_type);
        }
        Operation::DropColumn { table, column, .. }
        | Operation::SetNotNull { table, column }
        | Operation::DropNotNull { table, column }
        | Operation::SetDefault { table, column, .. }
        | Operation::DropDefault { table, column }
        | Operation::SetIdentity { table, column, .. }
        | Operation::AlterColumnOption { table, column, .. } => found.write_column(table, column),
        Operation::AddConstraint { table, constraint } => {
            found.read_table(table);
            found.constraint_made(table, constraint);
            if let (Some(index), ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. }) =
                (&constraint.using_index, &constraint.kind)
            {
                found.write(ObjectRef::Index(beside(table, index)));
            }
        }
        Operation::DropConstraint { table, constraint, .. }
        | Operation::ValidateConstraint { table, constraint }
        | Operation::AlterConstraint { table, constraint, .. } => found.write_constraint(table, constraint),
        Operation::RenameConstraint { table, constraint, to } => {
            found.write_constraint(table, constraint);
            found.write_constraint(table, to);
        }
        other => indexes(other, found),
    }
}

fn indexes(operation: &Operation, found: &mut Touched) {
    match operation {
        Operation::CreateIndex(create) => {
            found.read_table(&create.table);
            if let Some(name) = &create.name {
                found.write(ObjectRef::Index(beside(&create.table, name)));
            }
            for part in &create.columns {
                if let IndexPart::Column(column) = part {
                    found.read_column(&create.table, column);
                }
            }
            create.include.iter().for_each(|column| found.read_column(&create.table, column));
        }
        Operation::DropIndex { index, table, .. } => {
            found.write(ObjectRef::Index(index.clone()));
            table.iter().for_each(|table| found.read_table(table));
        }
        Operation::RenameIndex { index, table, to } => {
            found.write(ObjectRef::Index(index.clone()));
            found.write(ObjectRef::Index(beside(index, to)));
            table.iter().for_each(|table| found.read_table(table));
        }
        Operation::Reindex { kind, name, .. } => found.reindexed(*kind, name),
        Operation::CreateTrigger { table, name, .. } => {
            found.read_table(table);
            found.write(ObjectRef::Trigger(Some(table.clone()), name.clone()));
        }
        Operation::DropTrigger { table, name, .. } => {
            table.iter().for_each(|table| found.read_table(table));
            found.write(ObjectRef::Trigger(table.clone(), name.clone()));
        }
        other => objects(other, found),
    }
}

fn objects(operation: &Operation, found: &mut Touched) {
    match operation {
        Operation::CreateSequence { sequence, owned_by, .. } => {
            found.write(ObjectRef::Sequence(sequence.clone()));
            if let Some((table, column)) = owned_by {
                found.read_column(table, column);
            }
        }
        Operation::AlterSequence { sequence, .. } | Operation::DropSequence { sequence, .. } => {
            found.write(ObjectRef::Sequence(sequence.clone()));
        }
        Operation::CreateDomain { name, data_type, .. } => {
            found.write(ObjectRef::Type(name.clone()));
            found.read_type(data_type);
        }
        Operation::CreateEnum { name, .. }
        | Operation::AddEnumValue { name, .. }
        | Operation::RenameEnumValue { name, .. }
        | Operation::CreateType { name }
        | Operation::DropType { name, .. } => found.write(ObjectRef::Type(name.clone())),
        Operation::RenameType { name, to } => {
            found.write(ObjectRef::Type(name.clone()));
            found.write(ObjectRef::Type(beside(name, to)));
        }
        Operation::RenameFunction { name, to } => {
            found.write(ObjectRef::Function(name.clone()));
            found.write(ObjectRef::Function(to.clone()));
        }
        Operation::Call { calls, .. } => {
            let routines = calls.iter().filter_map(|called| match called {
                Called::Routine { name, .. } => Some(ObjectRef::Function(name.clone())),
                Called::Prepared(_) | Called::Block(_) => None,
            });
            found.reads.extend(routines);
        }
        Operation::CreateFunction { name, .. } | Operation::DropFunction { name, .. } => {
            found.write(ObjectRef::Function(name.clone()));
        }
        Operation::CreateSchema { schema, .. } | Operation::DropSchema { schema, .. } => {
            found.write(ObjectRef::Schema(schema.clone()));
        }
        Operation::RenameSchema { schema, to } => {
            found.write(ObjectRef::Schema(schema.clone()));
            found.write(ObjectRef::Schema(to.clone()));
        }
        Operation::CreateExtension { name, .. } | Operation::DropExtension { name, .. } => {
            found.write(ObjectRef::Extension(name.clone()));
        }
        Operation::Grant { objects, roles, .. } => {
            objects.iter().for_each(|object| found.read_table(object));
            found.reads.extend(roles.iter().cloned().map(ObjectRef::Role));
        }
        Operation::Role { name } => found.write(ObjectRef::Role(name.clone())),
        _ => {}
    }
}
