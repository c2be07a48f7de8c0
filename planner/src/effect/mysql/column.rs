//! `ADD`, `DROP` and `RENAME COLUMN`.

use super::key;
use super::target::{Target, names};
use crate::catalog::expression::{calls, mentions};
use crate::dialect::Dialect;
use crate::effect::LockMode::{LockNone, LockShared};
use crate::statement::operation::{ColumnDefinition, Constraint, ConstraintKind};

/// Columns beyond which MySQL adds none at once. Source: `facts/safety.md` §2.2.
const MOST_COLUMNS: usize = 1022;

pub(super) fn add(target: &mut Target<'_, '_>, column: &ColumnDefinition, constraints: &[Constraint]) {
    let stored = column.generated.as_ref().is_some_and(|generated| generated.stored);
    let is_virtual = column.generated.as_ref().is_some_and(|generated| !generated.stored);
    // MariaDB cannot move a column past virtual ones in place.
    let moves = column.place.is_some() && target.is_maria() && target.has_generated(false);
    if !target.is_innodb() || stored || moves || is_worked_out(target, column) {
        target.copy();
    } else if column.identity.is_some() || column.serial {
        target.rebuild_with(LockShared);
    } else if is_virtual || is_instant(target, column) {
        target.instant();
    } else {
        target.rebuild();
    }
    for constraint in constraints {
        match &constraint.kind {
            ConstraintKind::Check { .. } if target.is_maria() => {}
            // MySQL reads a key written at the column and makes none.
            ConstraintKind::ForeignKey { .. } if !target.is_maria() => {}
            // Its index is built with the new table.
            ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } => {
                target.rebuild();
                let name = format!("{}.{}", target.key.name, column.name);
                target.draft.builds.insert(name);
            }
            ConstraintKind::ForeignKey { .. } if target.draft.before.foreign_keys_off => target.rebuild(),
            _ => key::add(target, constraint, &[]),
        }
    }
}

/// Whether the new column's value is worked out for every row.
fn is_worked_out(target: &Target<'_, '_>, column: &ColumnDefinition) -> bool {
    let Some(default) = column.default.as_deref() else { return false };
    let called = calls(default, Dialect::MySql);
    let calls = |known: &[&str]| called.iter().filter(|name| known.iter().any(|known| name.eq_ignore_ascii_case(known))).count();
    if !target.is_maria() {
        let now = calls(&["now", "current_timestamp", "localtime", "localtimestamp"]);
        return default.trim_start().starts_with('(') || now < called.len();
    }
    // MariaDB works the others out once, `rand()` too.
    let mut columns = target.table.into_iter().flat_map(|table| &table.columns);
    calls(&["uuid", "uuid_short", "sys_guid", "sysdate", "nextval"]) > 0
        || columns.any(|own| mentions(default, &own.name, Dialect::MySql))
}

/// Whether the column is only noted, and told to readers of old rows.
fn is_instant(target: &mut Target<'_, '_>, column: &ColumnDefinition) -> bool {
    if target.has_method("fulltext") || target.is_compressed() || (target.is_maria() && target.has_indexed_virtual()) {
        return false;
    }
    if target.is_maria() {
        return true;
    }
    let room = target.table.is_none_or(|table| table.columns.len() < MOST_COLUMNS);
    let placed = column.place.is_some();
    room && (!placed || target.is_mysql_since(29, "a column is added at any place at once"))
}

pub(super) fn drop(target: &mut Target<'_, '_>, column: &str) {
    let Some(table) = target.table else { return target.instant() };
    let Some(own) = table.columns.iter().find(|own| own.name.eq_ignore_ascii_case(column)) else { return target.instant() };
    if !target.is_innodb() {
        return target.copy();
    }
    if table.primary_key().iter().any(|key| key.eq_ignore_ascii_case(column)) {
        return target.rebuild();
    }
    if super::key::sorts_by(target, column) {
        return target.copy();
    }
    let is_virtual = own.generated.as_ref().is_some_and(|generated| !generated.stored);
    if target.is_maria() {
        if target.has_indexed_virtual() && !is_virtual {
            return target.copy();
        }
        if target.is_compressed() || (target.has_method("fulltext") && !is_virtual) {
            // With the last full-text index gone nothing keeps writers out.
            let last = table.indexes.values().filter(|index| index.method == "fulltext").all(|index| {
                let mut columns = names(&index.columns);
                columns.all(|name| name.eq_ignore_ascii_case(column))
            });
            target.rebuild_with(if last || !target.has_method("fulltext") { LockNone } else { LockShared });
        } else if target.is_indexed(column) {
            target.indexes(LockNone);
        } else {
            target.instant();
        }
        return;
    }
    let plain = !target.is_indexed(column) && !target.has_method("fulltext") && !target.is_compressed();
    let stored = own.generated.as_ref().is_some_and(|generated| generated.stored);
    let free = is_virtual && !target.is_indexed(column);
    if free || (plain && !stored && target.is_mysql_since(29, "a column is dropped at once")) {
        target.instant();
    } else {
        target.rebuild();
    }
}

pub(super) fn rename(target: &mut Target<'_, '_>, column: &str) {
    if target.is_maria() {
        return target.instant();
    }
    let key = target.key.clone();
    let referenced = target.draft.before.references_to(&key).any(|(_, own)| {
        matches!(&own.kind, ConstraintKind::ForeignKey { ref_columns, .. } if ref_columns.iter().any(|name| name.eq_ignore_ascii_case(column)))
    });
    if !referenced && target.is_mysql_since(28, "a column is renamed at once") { target.instant() } else { target.metadata() }
}
