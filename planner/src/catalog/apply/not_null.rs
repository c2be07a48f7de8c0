//! `SET NOT NULL`, `DROP NOT NULL`, and what of it a table has from those above it.
//!
//! Source: PostgreSQL's `tablecmds.c` (`ATExecDropNotNull`, `ATExecSetNotNull`); since 18 a NOT NULL is a constraint that is
//! inherited like a check.

use super::Outcome;
use super::column::{each, with_column};
use crate::catalog::{Catalog, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{Constraint, ConstraintKind};

/// Whether a NOT NULL has a name and is inherited as constraints are.
pub(crate) const fn is_constraint(catalog: &Catalog) -> bool {
    matches!(catalog.dialect, Dialect::Postgres) && catalog.version.major >= 18
}

pub(super) fn set(catalog: &mut Catalog, name: &ObjectName, column: &str) -> Outcome {
    let Some(key) = with_column(catalog, name, column)? else { return Ok(()) };
    each(catalog, &key, column, |own| own.nullable = false);
    own(catalog, &key, column);
    Ok(())
}

pub(super) fn drop(catalog: &mut Catalog, name: &ObjectName, column: &str) -> Outcome {
    let Some(key) = with_column(catalog, name, column)? else { return Ok(()) };
    if catalog.dialect != Dialect::Postgres {
        each(catalog, &key, column, |own| own.nullable = true);
        return Ok(());
    }
    let Some(table) = catalog.tables.get(&key) else { return Ok(()) };
    let Some(stored) = table.column(column) else { return Ok(()) };
    if table.primary_key().iter().any(|own| own == column) {
        return Err(format!("column \"{column}\" is in a primary key"));
    }
    if stored.identity.is_some() {
        return Err(format!("column \"{column}\" of relation \"{}\" is an identity column", key.name));
    }
    if !stored.nullable {
        stays_inherited(catalog, &key, table, column)?;
    }
    take(catalog, &key, column);
    Ok(())
}

/// Takes a NOT NULL off a table, and off those below it that have it from nowhere else.
pub(super) fn take(catalog: &mut Catalog, key: &ObjectName, column: &str) {
    if !is_constraint(catalog) {
        return each(catalog, key, column, |own| own.nullable = true);
    }
    let mut left = vec![key.clone()];
    while let Some(member) = left.pop() {
        if let Some(table) = catalog.edit(&member) {
            table.own_not_null.remove(column);
            table.columns.iter_mut().filter(|own| own.name == *column).for_each(|own| own.nullable = true);
        }
        let goes = |child: &ObjectName| {
            let Some(table) = catalog.tables.get(child) else { return false };
            let other = demanding(catalog, table, column).is_some() || table.primary_key().iter().any(|own| own == column);
            !other && !table.own_not_null.contains(column)
        };
        left.extend(children(catalog, &member).into_iter().filter(goes));
    }
}

/// Tables that inherit from, or are partitions of, a stored table, directly.
pub(crate) fn children(catalog: &Catalog, key: &ObjectName) -> Vec<ObjectName> {
    let below = catalog.descendants(key).into_iter();
    below.filter(|child| catalog.tables.get(child).is_some_and(|table| parents(table).any(|parent| parent == key))).collect()
}

/// The tables that a table is a partition of or inherits from.
fn parents(table: &Table) -> impl Iterator<Item = &ObjectName> {
    table.partition_of.iter().map(|(parent, _)| parent).chain(&table.inherits)
}

/// The table right above one that lets no NULL into a column.
fn demanding<'a>(catalog: &Catalog, table: &'a Table, column: &str) -> Option<&'a ObjectName> {
    let demands = |parent: &&ObjectName| {
        let stored = catalog.tables.get(parent).and_then(|table| table.column(column));
        stored.is_some_and(|own| !own.nullable)
    };
    parents(table).find(demands)
}

/// A NOT NULL that a parent demands is not dropped below it.
fn stays_inherited(catalog: &Catalog, key: &ObjectName, table: &Table, column: &str) -> Outcome {
    if demanding(catalog, table, column).is_none() {
        return Ok(());
    }
    if table.partition_of.is_some() {
        return Err(format!("column \"{column}\" is marked NOT NULL in parent table"));
    }
    if !is_constraint(catalog) {
        return Ok(());
    }
    Err(cannot_drop(&format!("{}_{column}_not_null", first(catalog, key, column).name), key))
}

/// The table where an inherited NOT NULL began: it gave it its name.
fn first<'a>(catalog: &'a Catalog, key: &'a ObjectName, column: &str) -> &'a ObjectName {
    let mut at = key;
    while let Some(table) = catalog.tables.get(at).filter(|table| !table.own_not_null.contains(column))
        && let Some(above) = demanding(catalog, table, column)
    {
        at = above;
    }
    at
}

fn cannot_drop(constraint: &str, key: &ObjectName) -> String {
    format!("cannot drop inherited constraint \"{constraint}\" of relation \"{}\"", key.name)
}

/// A constraint that a parent has too is not dropped below it.
pub(super) fn check_inherited(catalog: &Catalog, key: &ObjectName, found: &Constraint) -> Outcome {
    let Some(table) = catalog.tables.get(key).filter(|_| catalog.dialect == Dialect::Postgres) else { return Ok(()) };
    let of_parent = |parent: &ObjectName| {
        let same = |own: &Constraint| match own.kind {
            ConstraintKind::Check { .. } => own.name == found.name && own.kind == found.kind,
            ConstraintKind::NotNull { .. } => false,
            _ => table.partition_of.is_some() && own.kind == found.kind,
        };
        catalog.tables.get(parent).is_some_and(|parent| parent.constraints.iter().any(same))
    };
    let demanded = match &found.kind {
        ConstraintKind::NotNull { column } => demanding(catalog, table, column).is_some(),
        _ => parents(table).any(of_parent),
    };
    if demanded { Err(cannot_drop(found.name.as_deref().unwrap_or_default(), key)) } else { Ok(()) }
}

/// Notes that a table with others above it demands the NOT NULL by itself.
pub(super) fn own(catalog: &mut Catalog, key: &ObjectName, column: &str) {
    if catalog.tables.get(key).is_some_and(|table| parents(table).next().is_some())
        && let Some(table) = catalog.edit(key)
    {
        table.own_not_null.insert(column.to_owned());
    }
}

/// `ALTER TABLE ONLY … DROP NOT NULL`: those right below keep it, as their own.
pub(super) fn pass_on(catalog: &mut Catalog, before: &Catalog, key: &ObjectName, column: &str) {
    for child in children(before, key) {
        own(catalog, &child, column);
    }
}

/// What the name of a constraint says of a NOT NULL that nobody named: its column.
pub(crate) fn named<'a>(catalog: &Catalog, table: &'a Table, constraint: &str) -> Option<&'a str> {
    // The table may have had another name when it was made.
    let is = |column: &str| constraint.ends_with(&format!("_{column}_not_null"));
    let columns = table.columns.iter().filter(|_| is_constraint(catalog));
    columns.filter(|own| !own.nullable).map(|own| own.name.as_str()).find(|column| is(column))
}

/// `DROP CONSTRAINT` of a NOT NULL that nobody named.
pub(super) fn drop_named(catalog: &mut Catalog, key: &ObjectName, column: &str, constraint: &str) -> Outcome {
    if catalog.tables.get(key).is_some_and(|table| demanding(catalog, table, column).is_some()) {
        return Err(cannot_drop(constraint, key));
    }
    drop(catalog, key, column)
}

/// Whether every table right below one lets no NULL into the column.
pub(super) fn below_have_it(catalog: &Catalog, key: &ObjectName, column: &str) -> bool {
    !children(catalog, key).iter().any(|child| lets_null(catalog, child, column))
}

/// Notes what a table demands by itself when it begins to inherit.
pub(super) fn begin_to_inherit(table: &mut Table) {
    let own = table.columns.iter().filter(|column| !column.nullable).map(|column| column.name.clone());
    table.own_not_null = own.collect();
}

/// Whether a table lets NULL into a column.
pub(super) fn lets_null(catalog: &Catalog, key: &ObjectName, column: &str) -> bool {
    catalog.tables.get(key).and_then(|table| table.column(column)).is_some_and(|own| own.nullable)
}
