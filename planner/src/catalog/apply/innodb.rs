//! What MySQL and MariaDB refuse for the sake of a foreign key, judged by the schema before and behind a whole statement.
//!
//! Source: MariaDB 10.11, asked (`server/tests/suite/oracle/mariadb_keys.sql`); MySQL 8 checks the same in `InnoDB`.

use super::Outcome;
use super::key_types::{innodb_changed, innodb_refuses, is_lengthened};
use crate::catalog::{Catalog, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, Constraint, ConstraintKind, IndexPart, Operation};

/// A foreign key where it is kept.
struct Key<'a> {
    child: &'a ObjectName,
    table: &'a Table,
    own: &'a Constraint,
    columns: &'a [String],
    parent: &'a ObjectName,
    ref_columns: &'a [String],
    sets_null: bool,
}

impl<'a> Key<'a> {
    fn of(child: &'a ObjectName, table: &'a Table, own: &'a Constraint) -> Option<Self> {
        let ConstraintKind::ForeignKey { columns, ref_table, ref_columns, on_delete, on_update } = &own.kind else { return None };
        let null = |action: &Option<String>| action.as_ref().is_some_and(|action| action.to_ascii_lowercase().contains("null"));
        let sets_null = null(on_delete) || null(on_update);
        Some(Self { child, table, own, columns, parent: ref_table, ref_columns, sets_null })
    }

    fn name(&self) -> &'a str {
        self.own.name.as_deref().unwrap_or_default()
    }
}

/// Whether a schema is kept by these rules.
pub(super) const fn applies(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::MySql | Dialect::MariaDb)
}

/// What the server refuses of a statement that would lead from one schema to another.
pub(super) fn check(before: &Catalog, after: &Catalog, operations: &[Operation]) -> Outcome {
    for operation in operations {
        match operation {
            Operation::DropColumn { table, column, .. } => keeps_column(before, operations, table, column)?,
            Operation::Truncate { table, .. } => may_truncate(before, table)?,
            _ => {}
        }
    }
    let mut done: Vec<ObjectName> = Vec::new();
    for table in operations.iter().filter(|operation| shapes(operation)).filter_map(Operation::subject) {
        let key = after.resolve(table);
        if !done.contains(&key) {
            standing(before, after, operations, &key)?;
            formed(before, after, &key)?;
            done.push(key);
        }
    }
    Ok(())
}

/// Whether an operation makes or changes a table.
const fn shapes(operation: &Operation) -> bool {
    use Operation as O;
    !matches!(
        operation,
        O::Insert(_) | O::Update(_) | O::Delete(_) | O::Truncate { .. } | O::DropTable { .. } | O::CreateTrigger { .. }
    )
}

fn keys<'a>(catalog: &'a Catalog, child: &'a ObjectName) -> impl Iterator<Item = Key<'a>> {
    catalog.tables.get(child).into_iter().flat_map(move |table| keys_of(child, table))
}

/// The foreign keys of a table and those that refer to it.
fn around<'a>(catalog: &'a Catalog, key: &'a ObjectName) -> Vec<Key<'a>> {
    let others = catalog.references_to(key).filter(|(child, _)| *child != key);
    let others = others.filter_map(|(child, own)| Key::of(child, catalog.tables.get(child)?, own));
    keys(catalog, key).chain(others).collect()
}

/// The column of a table, in whatever case it is written.
fn column<'a>(catalog: &Catalog, table: &'a Table, name: &str) -> Option<&'a ColumnDefinition> {
    table.columns.iter().find(|own| catalog.same(&own.name, name))
}

/// Whether the engine keeps foreign keys.
fn is_innodb(table: &Table) -> bool {
    table.options.get("engine").is_none_or(|engine| engine.eq_ignore_ascii_case("innodb"))
}

fn used_elsewhere(key: &Key<'_>, column: &str) -> String {
    format!("Cannot change column '{column}': used in a foreign key constraint '{}' of table '{}'", key.name(), key.child.name)
}

/// A column that a foreign key has on either side goes with the key only.
fn keeps_column(before: &Catalog, operations: &[Operation], table: &ObjectName, column: &str) -> Outcome {
    let Some(key) = before.table_key(table) else { return Ok(()) };
    let goes = |name: &str| {
        operations
            .iter()
            .any(|operation| matches!(operation, Operation::DropConstraint { constraint, .. } if before.same(constraint, name)))
    };
    let has = |columns: &[String]| columns.iter().any(|own| before.same(own, column));
    for own in around(before, &key) {
        if *own.child == key && has(own.columns) && !goes(own.name()) {
            return Err(format!("Cannot drop column '{column}': needed in a foreign key constraint '{}'", own.name()));
        }
        if *own.parent == key && has(own.ref_columns) && !(*own.child == key && goes(own.name())) {
            let child = &own.child.name;
            return Err(format!(
                "Cannot drop column '{column}': needed in a foreign key constraint '{}' of table '{child}'",
                own.name()
            ));
        }
    }
    Ok(())
}

/// Other tables' rows may refer to those that would go.
fn may_truncate(before: &Catalog, table: &ObjectName) -> Outcome {
    let Some(key) = before.table_key(table).filter(|_| !before.foreign_keys_off) else { return Ok(()) };
    match before.references_to(&key).find(|(child, _)| **child != key) {
        Some((child, own)) => Err(format!(
            "Cannot truncate a table referenced in a foreign key constraint ('{}', CONSTRAINT '{}')",
            child.name,
            own.name.as_deref().unwrap_or_default()
        )),
        None => Ok(()),
    }
}

/// What the foreign keys that stay need: their columns as they are, an index on either side, and the engine.
fn standing(before: &Catalog, after: &Catalog, operations: &[Operation], key: &ObjectName) -> Outcome {
    for old in around(before, key) {
        let Some(table) = after.tables.get(old.child) else { continue };
        let same = |own: &&Constraint| own.name.as_deref().is_some_and(|name| after.same(name, old.name()));
        let Some(new) = table.constraints.iter().filter(same).find_map(|own| Key::of(old.child, table, own)) else { continue };
        let (Some(parent_before), Some(parent)) = (before.tables.get(old.parent), after.tables.get(new.parent)) else { continue };
        // MariaDB keeps them whether or not it checks (MDEV-31086).
        if after.dialect == Dialect::MariaDb || !before.foreign_keys_off {
            keeps_types(after, &old, &new, parent_before, parent)?;
        }
        let holds = |name: &&String| column(after, new.table, name).is_some_and(|own| !own.nullable);
        if let Some(name) = new.columns.iter().find(holds).filter(|_| old.sets_null) {
            let key = new.name();
            return Err(format!("Column '{name}' cannot be NOT NULL: needed in a foreign key constraint '{key}' SET NULL"));
        }
        let left = |old: &Table, new: &Table| {
            (is_innodb(old) && !is_innodb(new)) || (old.partition_by.is_none() && new.partition_by.is_some())
        };
        if left(old.table, new.table) || left(parent_before, parent) {
            return Err("Cannot delete or update a parent row: a foreign key constraint fails".to_owned());
        }
        if !before.foreign_keys_off {
            keeps_index(&old, &new, parent, operations, key, before)?;
        }
    }
    Ok(())
}

fn keeps_types(after: &Catalog, old: &Key<'_>, new: &Key<'_>, parent_before: &Table, parent: &Table) -> Outcome {
    let changed = |before: &Table, from: &String, after_table: &Table, to: &String| {
        let (Some(a), Some(b)) = (column(after, before, from), column(after, after_table, to)) else { return false };
        // MySQL lengthens a text in place.
        let lengthened = after.dialect == Dialect::MySql && is_lengthened(&a.data_type, &b.data_type);
        !lengthened && innodb_changed((before, a), (after_table, b), after.version)
    };
    if let Some((_, column)) = old.columns.iter().zip(new.columns).find(|(from, to)| changed(old.table, from, new.table, to)) {
        return Err(format!("Cannot change column '{column}': used in a foreign key constraint '{}'", new.name()));
    }
    let of_parent = old.ref_columns.iter().zip(new.ref_columns).find(|(from, to)| changed(parent_before, from, parent, to));
    of_parent.map_or(Ok(()), |(_, column)| Err(used_elsewhere(new, column)))
}

/// An index that a foreign key needs goes only where another serves it.
fn keeps_index(
    old: &Key<'_>,
    new: &Key<'_>,
    parent: &Table,
    operations: &[Operation],
    changed: &ObjectName,
    before: &Catalog,
) -> Outcome {
    let needed = |index: &str| Err(format!("Cannot drop index '{index}': needed in a foreign key constraint"));
    let dropped = |name: &str| {
        operations
            .iter()
            .any(|operation| matches!(operation, Operation::DropIndex { index, .. } if before.same(&index.name, name)))
    };
    if new.child == changed && !serves(new.table, new.columns, false) {
        // The server made one, unless the table had one.
        if serves(old.table, old.columns, false) {
            return needed(old.columns.first().map_or("", String::as_str));
        }
        let made = super::rename::made_index(old.name(), old.columns);
        if dropped(made) {
            return needed(made);
        }
    }
    if new.parent == changed && !serves(parent, new.ref_columns, true) {
        return needed(new.ref_columns.first().map_or("", String::as_str));
    }
    Ok(())
}

/// Whether an index has the columns in front, whole. `InnoDB` keeps the primary key behind every other, which `extended` counts.
pub(super) fn serves(table: &Table, columns: &[String], extended: bool) -> bool {
    let begins = |parts: &mut dyn Iterator<Item = &str>| {
        columns.iter().all(|column| parts.next().is_some_and(|part| part.eq_ignore_ascii_case(column)))
    };
    let behind: &[String] = if extended { table.primary_key() } else { &[] };
    let by_key = table.constraints.iter().any(|own| match &own.kind {
        ConstraintKind::PrimaryKey { columns } => begins(&mut columns.iter().map(String::as_str)),
        ConstraintKind::Unique { columns, .. } => begins(&mut columns.iter().chain(behind).map(String::as_str)),
        _ => false,
    });
    by_key
        || table.indexes.values().any(|index| {
            let names = index.columns.iter().map(|part| match part {
                IndexPart::Column(name) => name.as_str(),
                IndexPart::Expression(_) => "",
            });
            begins(&mut names.chain(behind.iter().map(String::as_str)))
        })
}

/// Whether the new foreign keys of a table can be made.
fn formed(before: &Catalog, after: &Catalog, key: &ObjectName) -> Outcome {
    let old = before.tables.get(key).map(|table| table.constraints.as_slice()).unwrap_or_default();
    for own in keys(after, key).filter(|own| !old.contains(own.own)).filter(|own| is_innodb(own.table)) {
        if own.table.partition_by.is_some() {
            return Err("Partitioned tables do not support FOREIGN KEY".to_owned());
        }
        let twin = |(child, table): (&ObjectName, &Table)| {
            child != key && keys_of(child, table).any(|other| after.same(other.name(), own.name()))
        };
        if !own.name().is_empty() && after.with_constraint(key.schema.as_deref(), own.name()).any(twin) {
            return Err(format!("Duplicate foreign key constraint name '{}'", own.name()));
        }
        // SET foreign_key_checks = 0 lets the parent come later.
        let Some(parent) = after.tables.get(own.parent) else { continue };
        if let Some(why) = unformed(after, &own, parent) {
            return Err(format!("Foreign key constraint is incorrectly formed: {why}"));
        }
    }
    Ok(())
}

fn keys_of<'a>(child: &'a ObjectName, table: &'a Table) -> impl Iterator<Item = Key<'a>> {
    table.constraints.iter().filter_map(move |own| Key::of(child, table, own))
}

/// What is wrong with a foreign key.
fn unformed(after: &Catalog, own: &Key<'_>, parent: &Table) -> Option<String> {
    let name = &own.parent.name;
    if !is_innodb(parent) || parent.partition_by.is_some() || parent.temporary {
        return Some(format!("'{name}' is no table of InnoDB, is partitioned or temporary"));
    }
    if parent.columns_unknown {
        return None;
    }
    for (from, other) in own.columns.iter().zip(own.ref_columns) {
        let Some(key) = column(after, parent, other) else { return Some(format!("'{name}' has no column '{other}'")) };
        let Some(mine) = column(after, own.table, from) else { continue };
        if innodb_refuses((own.table, mine), (parent, key), after.version) {
            let (a, b) = (&mine.data_type, &key.data_type);
            return Some(format!("'{from}' is {a}, '{name}.{other}' is {b}, or of another collation"));
        }
        if own.sets_null && !mine.nullable {
            return Some(format!("'{from}' is NOT NULL, and SET NULL would set it"));
        }
    }
    if own.ref_columns.is_empty() || !serves(parent, own.ref_columns, true) {
        return Some(format!("'{name}' has no index that begins with ({})", own.ref_columns.join(", ")));
    }
    None
}
