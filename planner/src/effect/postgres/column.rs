//! `ALTER TABLE` actions on columns, type changes apart.

use super::{constraint, drop, proof, volatile};
use crate::effect::LockMode::{AccessExclusiveLock, ShareUpdateExclusiveLock};
use crate::effect::draft::Draft;
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, ColumnOption, Constraint, ConstraintKind, Operation};

pub(super) fn run(draft: &mut Draft<'_>, operation: &Operation) {
    use Operation as O;
    match operation {
        O::AddColumn { table, column, constraints, .. } => add(draft, table, column, constraints),
        O::DropColumn { table, column, cascade, .. } => drop_column(draft, table, column, *cascade),
        O::SetNotNull { table, column } => set_not_null(draft, table, column),
        O::AlterColumnOption { table, option: ColumnOption::Statistics, .. } => {
            let key = draft.key(table);
            draft.lock_family(&key, ShareUpdateExclusiveLock);
        }
        O::AlterColumnOption { table, option, .. } => {
            let key = draft.key(table);
            draft.lock_family(&key, AccessExclusiveLock);
            if *option == ColumnOption::SetExpression {
                draft.rewrite(&key);
            }
        }
        O::SetIdentity { table, .. } => {
            let key = draft.key(table);
            draft.lock(&key, AccessExclusiveLock);
        }
        O::RenameColumn { table, .. }
        | O::DropNotNull { table, .. }
        | O::SetDefault { table, .. }
        | O::DropDefault { table, .. } => {
            let key = draft.key(table);
            draft.lock_family(&key, AccessExclusiveLock);
        }
        _ => {}
    }
}

fn add(draft: &mut Draft<'_>, table: &ObjectName, column: &ColumnDefinition, constraints: &[Constraint]) {
    let key = draft.key(table);
    draft.lock_family(&key, AccessExclusiveLock);
    if draft.before.tables.get(&key).is_some_and(|stored| stored.column(&column.name).is_some()) {
        return;
    }
    if rewrites(draft, column) {
        draft.rewrite(&key);
    }
    let required = !column.nullable && column.default.is_none() && column.identity.is_none() && !column.serial;
    if required && column.generated.is_none() {
        // Every row is looked at, and the first one refuses it.
        draft.scan(&key);
    }
    for own in constraints {
        constraint::lock_parent(draft, &key, own);
        match &own.kind {
            ConstraintKind::Check { .. } if own.validated && own.enforced => draft.scan(&key),
            ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } => {
                draft.scan(&key);
                draft.builds.insert(format!("{}.{}", key.name, column.name));
            }
            _ => {}
        }
        if matches!(own.kind, ConstraintKind::ForeignKey { .. }) && column.default.is_some() && own.validated {
            constraint::scan_foreign_key(draft, &key, own);
        }
    }
}

/// Whether the new column's value is worked out for every row.
fn rewrites(draft: &mut Draft<'_>, column: &ColumnDefinition) -> bool {
    let domain =
        draft.before.find(&crate::catalog::apply::type_name(&column.data_type), |key| draft.before.types.contains_key(key));
    let constrained = domain
        .filter(|_| !column.data_type.ends_with("[]"))
        .and_then(|key| draft.before.types.get(&key))
        .is_some_and(|domain| domain.constrained);
    let stored = column.generated.as_ref().is_some_and(|generated| generated.stored);
    let default = column.default.clone();
    constrained
        || stored
        || column.serial
        || column.identity.is_some()
        || default.is_some_and(|text| volatile::is_volatile(draft, &text))
}

fn drop_column(draft: &mut Draft<'_>, table: &ObjectName, column: &str, cascade: bool) {
    let key = draft.key(table);
    draft.lock_family(&key, AccessExclusiveLock);
    for member in draft.family(&key) {
        let Some(stored) = draft.before.tables.get(&member) else { continue };
        for own in &stored.constraints {
            if let ConstraintKind::ForeignKey { columns, ref_table, .. } = &own.kind
                && columns.iter().any(|used| used == column)
            {
                draft.lock_family(ref_table, AccessExclusiveLock);
            }
        }
        if cascade {
            drop::views(draft, draft.before.views_using(&member, column));
            let children: Vec<ObjectName> = draft
                .before
                .references_to(&member)
                .filter(|(_, own)| {
                    matches!(&own.kind, ConstraintKind::ForeignKey { ref_columns, .. } if ref_columns.iter().any(|used| used == column))
                })
                .map(|(child, _)| child.clone())
                .collect();
            for child in children {
                draft.lock_family(&child, AccessExclusiveLock);
            }
        }
    }
}

fn set_not_null(draft: &mut Draft<'_>, table: &ObjectName, column: &str) {
    let key = draft.key(table);
    draft.lock_family(&key, AccessExclusiveLock);
    for leaf in draft.leaves(&key) {
        let Some(stored) = draft.before.tables.get(&leaf) else { continue };
        let already = stored.column(column).is_some_and(|own| !own.nullable);
        let proven = draft.before.version.major >= 12 && proof::not_null(stored, column);
        if !already && !proven {
            draft.scans.insert(leaf);
        }
    }
}
