//! Which table an operation is about.

use super::operation::Operation;
use crate::name::ObjectName;

impl Operation {
    /// The table an operation changes, where there is one.
    #[must_use]
    pub fn subject(&self) -> Option<&ObjectName> {
        match self {
            Self::CreateTable(create) => Some(&create.table),
            Self::CreateIndex(index) => Some(&index.table),
            Self::Insert(change) | Self::Update(change) | Self::Delete(change) => Some(&change.table),
            Self::CreateTableAs { table, .. }
            | Self::DropTable { table, .. }
            | Self::RenameTable { table, .. }
            | Self::SetTableSchema { table, .. }
            | Self::Truncate { table, .. }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::RenameColumn { table, .. }
            | Self::AlterColumnType { table, .. }
            | Self::SetNotNull { table, .. }
            | Self::DropNotNull { table, .. }
            | Self::SetDefault { table, .. }
            | Self::DropDefault { table, .. }
            | Self::SetIdentity { table, .. }
            | Self::ModifyColumn { table, .. }
            | Self::AlterColumnOption { table, .. }
            | Self::AddConstraint { table, .. }
            | Self::DropConstraint { table, .. }
            | Self::ValidateConstraint { table, .. }
            | Self::RenameConstraint { table, .. }
            | Self::AlterConstraint { table, .. }
            | Self::AlterTableOption { table, .. }
            | Self::AttachPartition { table, .. }
            | Self::DetachPartition { table, .. }
            | Self::CreateTrigger { table, .. }
            | Self::Policy { table, .. }
            | Self::Copy { table }
            | Self::LockTable { table, .. } => Some(table),
            Self::DropIndex { table, .. }
            | Self::RenameIndex { table, .. }
            | Self::DropTrigger { table, .. }
            | Self::Maintain { table, .. } => table.as_ref(),
            _ => None,
        }
    }
}
