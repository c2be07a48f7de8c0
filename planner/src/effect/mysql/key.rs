//! Indexes, keys and checks.

use super::target::{Target, names};
use crate::effect::LockMode::{LockNone, LockShared};
use crate::statement::operation::{Constraint, ConstraintKind, CreateIndex, Operation};

/// `CREATE INDEX`, `ADD INDEX`.
pub(super) fn create(target: &mut Target<'_, '_>, create: &CreateIndex, all: &[Operation]) {
    let method = create.method.as_deref().unwrap_or_default();
    let own: Vec<&str> = names(&create.columns).collect();
    if method.is_empty() && !create.unique && is_renamed(target, &own, all) {
        return target.metadata();
    }
    target.draft.builds.insert(create.name.clone().unwrap_or_else(|| target.key.name.clone()));
    if create.unique && method.is_empty() && own.len() == create.columns.len() && sorts(target, &own, all) {
        return target.rebuild();
    }
    match method {
        // The first one of a table brings a hidden column with it.
        "fulltext" if !target.has_method("fulltext") && target.is_innodb() => target.rebuild_with(LockShared),
        "fulltext" | "spatial" | "rtree" => target.indexes(LockShared),
        _ => target.indexes(LockNone),
    }
    let key = target.key.clone();
    target.draft.scan(&key);
}

/// Whether a new unique key is what the rows are sorted by from now on: the first one without NULL of a table that has no
/// primary key.
fn sorts(target: &Target<'_, '_>, columns: &[&str], all: &[Operation]) -> bool {
    let Some(table) = target.table.filter(|_| target.is_innodb()) else { return false };
    let required = |name: &str| table.columns.iter().any(|own| own.name.eq_ignore_ascii_case(name) && !own.nullable);
    let sorted = table.constraints.iter().any(|own| match &own.kind {
        ConstraintKind::PrimaryKey { .. } => true,
        ConstraintKind::Unique { columns, .. } => columns.iter().all(|name| required(name)),
        _ => false,
    });
    let other = table.indexes.values().filter(|index| index.unique);
    let sorted = sorted
        || other
            .into_iter()
            .any(|index| names(&index.columns).count() == index.columns.len() && names(&index.columns).all(required));
    !sorted && !adds_primary(all) && !columns.is_empty() && columns.iter().all(|name| required(name))
}

/// An index that another one of the same columns takes the place of is only renamed.
fn is_renamed(target: &Target<'_, '_>, columns: &[&str], all: &[Operation]) -> bool {
    let Some(table) = target.table.filter(|_| target.is_maria()) else { return false };
    let dropped = all.iter().filter_map(|operation| match operation {
        Operation::DropIndex { index, .. } => table.indexes.get(&index.name),
        _ => None,
    });
    dropped.filter(|index| !index.unique).any(|index| names(&index.columns).eq(columns.iter().copied()))
}

/// `DROP INDEX`.
pub(super) fn drop_index(target: &mut Target<'_, '_>, name: &str, all: &[Operation]) {
    let Some(table) = target.table else { return target.indexes(LockNone) };
    let unique = table.constraints.iter().find(|own| own.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name)));
    if let Some(constraint) = unique {
        return drop(target, &constraint.name.clone().unwrap_or_default(), all);
    }
    let replaced = table.indexes.get(name).is_some_and(|index| {
        let columns: Vec<&str> = names(&index.columns).collect();
        let same =
            |other: &CreateIndex| !other.unique && other.method.is_none() && names(&other.columns).eq(columns.iter().copied());
        !index.unique && all.iter().any(|other| matches!(other, Operation::CreateIndex(other) if same(other)))
    });
    if replaced && target.is_maria() { target.instant() } else { target.indexes(LockNone) }
}

/// `ADD CONSTRAINT`.
pub(super) fn add(target: &mut Target<'_, '_>, constraint: &Constraint, all: &[Operation]) {
    match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } => add_primary(target, columns, all),
        ConstraintKind::Unique { columns, .. } if sorts(target, &columns.iter().map(String::as_str).collect::<Vec<_>>(), all) => {
            target.draft.builds.insert(constraint.name.clone().unwrap_or_else(|| target.key.name.clone()));
            target.rebuild();
        }
        ConstraintKind::Unique { .. } => {
            target.draft.builds.insert(constraint.name.clone().unwrap_or_else(|| target.key.name.clone()));
            target.indexes(LockNone);
            let key = target.key.clone();
            target.draft.scan(&key);
        }
        ConstraintKind::ForeignKey { .. } if target.draft.before.foreign_keys_off => {
            target.indexes(LockNone);
            target.draft.builds.insert(constraint.name.clone().unwrap_or_else(|| target.key.name.clone()));
        }
        // The rows are checked, and only a copy does that.
        ConstraintKind::ForeignKey { .. } => target.copy(),
        ConstraintKind::Check { .. } if constraint.enforced => target.copy(),
        ConstraintKind::Check { .. } => target.metadata(),
        ConstraintKind::NotNull { .. } | ConstraintKind::Exclude { .. } => {
            target.draft.opaque = Some("neither MySQL nor MariaDB has such a constraint".to_owned());
        }
    }
}

fn add_primary(target: &mut Target<'_, '_>, columns: &[String], all: &[Operation]) {
    let same = |own: &[String]| own.len() == columns.len() && own.iter().zip(columns).all(|(a, b)| a.eq_ignore_ascii_case(b));
    let gone = drops_primary(all);
    let kept = target.table.is_some_and(|table| gone && same(table.primary_key()));
    if kept && target.is_maria() {
        return target.instant();
    }
    // A unique key without NULL is what the rows are sorted by already.
    let clustered = target.table.is_some_and(|table| {
        let unique =
            table.constraints.iter().any(|own| matches!(&own.kind, ConstraintKind::Unique { columns, .. } if same(columns)));
        let required = |name: &String| table.columns.iter().any(|own| own.name.eq_ignore_ascii_case(name) && !own.nullable);
        unique && columns.iter().all(required)
    });
    target.draft.builds.insert(format!("{}.PRIMARY", target.key.name));
    if clustered && target.is_maria() && !gone {
        target.indexes(LockNone);
    } else if target.is_maria() && target.has_generated(true) {
        target.copy();
    } else {
        target.rebuild();
    }
}

/// Whether a unique key without NULL has the very columns of the primary key, and so keeps the rows in their order.
fn is_sorted_without_primary(target: &Target<'_, '_>) -> bool {
    let Some(table) = target.table.filter(|_| target.is_maria() && target.is_innodb()) else { return false };
    let key = table.primary_key();
    table.constraints.iter().any(|own| match &own.kind {
        ConstraintKind::Unique { columns, .. } => {
            columns.len() == key.len() && columns.iter().zip(key).all(|(a, b)| a.eq_ignore_ascii_case(b))
        }
        _ => false,
    })
}

/// Whether the rows of a table without a primary key are sorted by a unique key that the column is part of.
pub(super) fn sorts_by(target: &Target<'_, '_>, column: &str) -> bool {
    let Some(table) = target.table.filter(|table| table.primary_key().is_empty() && target.is_innodb()) else { return false };
    let required = |name: &String| table.columns.iter().any(|own| own.name.eq_ignore_ascii_case(name) && !own.nullable);
    table.constraints.iter().any(|own| match &own.kind {
        ConstraintKind::Unique { columns, .. } => {
            columns.iter().all(required) && columns.iter().any(|name| name.eq_ignore_ascii_case(column))
        }
        _ => false,
    })
}

/// Whether the statement drops the primary key.
pub(super) fn drops_primary(all: &[Operation]) -> bool {
    all.iter().any(|operation| {
        matches!(operation, Operation::DropConstraint { constraint, .. } if constraint.eq_ignore_ascii_case("PRIMARY"))
    })
}

/// Whether the statement adds one.
fn adds_primary(all: &[Operation]) -> bool {
    let primary = |constraint: &Constraint| matches!(constraint.kind, ConstraintKind::PrimaryKey { .. });
    all.iter().any(|operation| match operation {
        Operation::AddConstraint { constraint, .. } => primary(constraint),
        Operation::AddColumn { constraints, .. } => constraints.iter().any(primary),
        _ => false,
    })
}

/// `DROP CONSTRAINT` and its kin.
pub(super) fn drop(target: &mut Target<'_, '_>, name: &str, all: &[Operation]) {
    if name.eq_ignore_ascii_case("PRIMARY") {
        // With a new one the table is sorted anew once, which that one says.
        if adds_primary(all) {
            return target.metadata();
        }
        return if is_sorted_without_primary(target) { target.indexes(LockNone) } else { target.copy() };
    }
    let Some(table) = target.table else { return target.metadata() };
    let found = table.constraints.iter().find(|own| own.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name)));
    match found.map(|own| &own.kind) {
        Some(ConstraintKind::Unique { columns, .. }) => {
            let required = |name: &String| table.columns.iter().any(|own| own.name.eq_ignore_ascii_case(name) && !own.nullable);
            // Without a primary key the first unique key without NULL is what the rows are sorted by.
            if table.primary_key().is_empty() && columns.iter().all(required) { target.copy() } else { target.indexes(LockNone) }
        }
        _ if target.has_index(name) => target.indexes(LockNone),
        _ => target.metadata(),
    }
}
