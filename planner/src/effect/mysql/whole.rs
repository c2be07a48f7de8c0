//! What the actions of one `ALTER TABLE` cost together, and what its author asked for.

use super::target::Target;
use crate::effect::Algorithm;
use crate::effect::LockMode::{self, LockExclusive, LockNone, LockShared};
use crate::effect::draft::Draft;
use crate::statement::operation::{ConstraintKind, Operation, TableOption};

/// Brings the actions of a statement together.
pub(in crate::effect) fn settle(draft: &mut Draft<'_>, all: &[Operation]) {
    if let Some(table) = all.iter().find_map(adds_column) {
        let mut target = Target::new(draft, table);
        if target.is_maria() && (changes_virtual(&target, all) || moves_past_virtual(&target, all)) {
            target.copy();
        }
    }
    // Rows that were changed at once have to be written before an index can be built over them.
    if let Some(table) = all.iter().find_map(|operation| adds_column(operation).or_else(|| drops_column(operation)))
        && all.iter().any(builds_index)
    {
        Target::new(draft, table).rebuild();
    }
    asked(draft, all);
}

fn adds_column(operation: &Operation) -> Option<&crate::name::ObjectName> {
    match operation {
        Operation::AddColumn { table, column, .. } if column.generated.is_none() => Some(table),
        _ => None,
    }
}

const fn drops_column(operation: &Operation) -> Option<&crate::name::ObjectName> {
    match operation {
        Operation::DropColumn { table, .. } => Some(table),
        _ => None,
    }
}

fn builds_index(operation: &Operation) -> bool {
    match operation {
        Operation::CreateIndex(_) => true,
        Operation::AddConstraint { constraint, .. } => {
            matches!(constraint.kind, ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. })
        }
        _ => false,
    }
}

/// MariaDB cannot add virtual and stored columns in place together.
fn changes_virtual(target: &Target<'_, '_>, all: &[Operation]) -> bool {
    all.iter().any(|operation| match operation {
        Operation::AddColumn { column, .. } => column.generated.as_ref().is_some_and(|generated| !generated.stored),
        Operation::DropColumn { column, .. } => target.table.into_iter().flat_map(|table| &table.columns).any(|own| {
            own.name.eq_ignore_ascii_case(column) && own.generated.as_ref().is_some_and(|generated| !generated.stored)
        }),
        _ => false,
    })
}

fn moves_past_virtual(target: &Target<'_, '_>, all: &[Operation]) -> bool {
    target.has_generated(false)
        && all.iter().any(|operation| matches!(operation, Operation::AddColumn { column, .. } if column.place.is_some()))
}

/// `ALGORITHM=` and `LOCK=`: more work or a stronger lock is obeyed, less is refused.
fn asked(draft: &mut Draft<'_>, all: &[Operation]) {
    for operation in all {
        let Operation::AlterTableOption { table, option: TableOption::Set { options } } = operation else { continue };
        let key = draft.key(table);
        let (needed, held) = (draft.algorithms.get(&key).copied(), draft.locks.get(&key).copied());
        let (Some(needed), Some(held)) = (needed, held) else { continue };
        let algorithm = options.get("algorithm").and_then(|word| Algorithm::named(word));
        let lock = options.get("lock").and_then(|word| lock_named(word));
        match algorithm {
            Some(asked) if asked < needed => {
                draft.refusal = Some(format!(
                    "ALGORITHM={} is not supported for this operation. Try ALGORITHM={}",
                    asked.name(),
                    needed.name()
                ));
            }
            Some(Algorithm::Copy) => Target::new(draft, table).copy(),
            _ => {}
        }
        match lock {
            Some(asked) if asked < held => {
                draft.refusal.get_or_insert(format!(
                    "LOCK={} is not supported for this operation. Try LOCK={}",
                    word(asked),
                    word(held)
                ));
            }
            Some(asked) => draft.lock(&key, asked),
            None => {}
        }
    }
}

fn lock_named(word: &str) -> Option<LockMode> {
    match word.to_ascii_lowercase().as_str() {
        "none" => Some(LockNone),
        "shared" => Some(LockShared),
        "exclusive" => Some(LockExclusive),
        _ => None,
    }
}

fn word(mode: LockMode) -> &'static str {
    mode.mysql_word().unwrap_or("NONE")
}
