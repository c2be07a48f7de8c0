//! What the way back of an operation costs. Source: `facts/safety.md` §7.2.

use crate::catalog::Catalog;
use crate::effect::Reversibility::{self, Lossless, Lossy, None as NoWayBack, Opaque};
use crate::statement::operation::{MaintainVerb, Operation, PartitionVerb, TableOption};

/// Lossless: schema and information come back, rows written since included. Lossy: rows or values are lost, or the way
/// back fails once such rows exist. None: nothing brings it back.
pub(super) fn reversibility(operation: &Operation, before: &Catalog) -> Reversibility {
    use Operation as O;
    match operation {
        // The way back drops rows or values that were written since.
        O::CreateTable(create) if create.if_not_exists && before.has_table(&create.table) => Lossless,
        O::CreateTable(create) if create.temporary => Lossless,
        O::CreateTable(_) | O::CreateTableAs { .. } | O::AddColumn { .. } => Lossy,
        // The way back brings the shell, not what was in it.
        O::DropTable { table, if_exists: true, .. } if !before.has_table(table) => Lossless,
        O::DropTable { .. } | O::DropColumn { .. } | O::DropSchema { .. } | O::DropType { .. } | O::DropExtension { .. } => Lossy,
        // The way back fails once rows exist that only the new schema takes.
        O::AlterColumnType { .. } | O::ModifyColumn { .. } | O::DropNotNull { .. } | O::DropConstraint { .. } => Lossy,
        // A sequence comes back without its position.
        O::DropSequence { .. } | O::CreateSequence { .. } => Lossy,
        // Nothing brings back a value, or takes one away again.
        O::AddEnumValue { .. } | O::Truncate { .. } | O::Update(_) | O::Delete(_) | O::Insert(_) | O::Copy { .. } => NoWayBack,
        O::Guarded { operations, .. } => {
            let worst = operations.iter().map(|operation| reversibility(operation, before)).max().unwrap_or_default();
            // Whether there is anything to take back is not known.
            if worst == Lossless { Lossless } else { worst.max(NoWayBack) }
        }
        O::AlterTableOption { option: TableOption::Partitions { verb: PartitionVerb::Drop, .. }, .. } => NoWayBack,
        O::Opaque { .. } => Opaque,
        O::Maintain { verb: MaintainVerb::Analyze | MaintainVerb::Vacuum | MaintainVerb::VacuumFull, .. }
        | O::Maintain { verb: MaintainVerb::Cluster | MaintainVerb::Optimize, .. }
        | O::RenameTable { .. }
        | O::SetTableSchema { .. }
        | O::RenameColumn { .. }
        | O::SetNotNull { .. }
        | O::SetDefault { .. }
        | O::DropDefault { .. }
        | O::SetIdentity { .. }
        | O::AlterColumnOption { .. }
        | O::AddConstraint { .. }
        | O::ValidateConstraint { .. }
        | O::RenameConstraint { .. }
        | O::AlterConstraint { .. }
        | O::AlterTableOption { .. }
        | O::AttachPartition { .. }
        | O::DetachPartition { .. }
        | O::CreateIndex(_)
        | O::DropIndex { .. }
        | O::RenameIndex { .. }
        | O::Reindex { .. }
        | O::CreateView(_)
        | O::DropView { .. }
        | O::RefreshView { .. }
        | O::AlterSequence { .. }
        | O::CreateEnum { .. }
        | O::RenameEnumValue { .. }
        | O::CreateType { .. }
        | O::RenameType { .. }
        | O::CreateDomain { .. }
        | O::CreateFunction { .. }
        | O::RenameFunction { .. }
        | O::AlterScope { .. }
        | O::Call { .. }
        | O::Prepare { .. }
        | O::DropFunction { .. }
        | O::CreateTrigger { .. }
        | O::DropTrigger { .. }
        | O::Policy { .. }
        | O::CreateSchema { .. }
        | O::RenameSchema { .. }
        | O::CreateExtension { .. }
        | O::Grant { .. }
        | O::Role { .. }
        | O::Comment { .. }
        | O::Select { .. }
        | O::SetParameter { .. }
        | O::Transaction { .. }
        | O::LockTable { .. }
        | O::Other { .. } => Lossless,
    }
}
