//! Renames, and everything that follows a name.

use super::column::{constraint_uses, family, index_uses};
use super::{Outcome, create, rows};
use crate::catalog::expression;
use crate::catalog::{Catalog, Index, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Gather;
use crate::statement::operation::{ConstraintKind, IndexPart};

/// `ALTER TABLE … RENAME TO`, which PostgreSQL takes for views, sequences and indexes too.
pub(super) fn relation(catalog: &mut Catalog, name: &ObjectName, to: &str) -> Outcome {
    let is_index = catalog.table_key(name).is_none() && catalog.view_key(name).is_none() && catalog.index_owner(name).is_some();
    if is_index && catalog.dialect == Dialect::Postgres {
        return super::index::rename(catalog, name, None, to);
    }
    let known = |key: &ObjectName| {
        catalog.tables.contains_key(key) || catalog.views.contains_key(key) || catalog.sequences.contains_key(key)
    };
    let old = catalog.find(name, known).ok_or_else(|| rows::missing(catalog, name))?;
    let new = ObjectName { schema: old.schema.clone(), name: super::naming::shortened(to, catalog.dialect).to_owned() };
    let same_but_case = catalog.dialect != Dialect::Postgres && new.name.eq_ignore_ascii_case(&old.name);
    if catalog.relation_exists(&new) && !same_but_case {
        return Err(match catalog.dialect {
            Dialect::Sqlite => format!("there is already another table or index with this name: {to}"),
            _ => create::exists(catalog, &new),
        });
    }
    follow(catalog, &old, &new);
    Ok(())
}

/// `SET SCHEMA`: indexes, constraints and owned sequences move along.
pub(super) fn set_schema(catalog: &mut Catalog, name: &ObjectName, schema: &str) -> Outcome {
    let known = |key: &ObjectName| {
        catalog.tables.contains_key(key) || catalog.views.contains_key(key) || catalog.sequences.contains_key(key)
    };
    let old = catalog.find(name, known).ok_or_else(|| rows::missing(catalog, name))?;
    if !catalog.schemas.contains(schema) {
        return Err(format!("schema \"{schema}\" does not exist"));
    }
    let new = ObjectName::qualified(schema, old.name.clone());
    if old == new {
        return Ok(());
    }
    if catalog.relation_exists(&new) {
        return Err(format!("relation \"{}\" already exists in schema \"{schema}\"", new.name));
    }
    let owned: Vec<ObjectName> = catalog
        .sequences
        .iter()
        .filter(|(_, owner)| owner.as_ref().is_some_and(|(table, _)| *table == old))
        .map(|(sequence, _)| sequence.clone())
        .collect();
    follow(catalog, &old, &new);
    for sequence in owned {
        let moved = ObjectName::qualified(schema, sequence.name.clone());
        follow(catalog, &sequence, &moved);
    }
    Ok(())
}

/// Stores a relation under its new name and mends every place that names it.
pub(super) fn follow(catalog: &mut Catalog, old: &ObjectName, new: &ObjectName) {
    if let Some(table) = catalog.tables.remove(old) {
        catalog.put(new.clone(), table);
        let dialect = catalog.dialect;
        if let Some(table) = catalog.edit(new) {
            rename_generated(dialect, table, &old.name, &new.name);
        }
        for key in catalog.naming(old) {
            if !catalog.tables.get(&key).is_some_and(|table| names_table(table, old)) {
                continue;
            }
            if let Some(table) = catalog.edit(&key) {
                mend_table(table, old, new);
            }
        }
        let owned = |_: &ObjectName, owner: &Option<(ObjectName, String)>| owner.as_ref().is_some_and(|(table, _)| table == old);
        catalog.sequences.change(owned, |owner| owner.iter_mut().for_each(|(table, _)| *table = new.clone()));
    }
    if let Some(view) = catalog.views.remove(old) {
        if !view.indexes.is_empty() {
            catalog.note_indexed_view(new);
        }
        catalog.views.insert(new.clone(), view);
    }
    let users = super::object::defaults_using(catalog, old);
    if let Some(owner) = catalog.sequences.remove(old) {
        catalog.sequences.insert(new.clone(), owner);
        mend_defaults(catalog, &users, new);
    }
    let renamed = |table: ObjectName| if table == *old { new.clone() } else { table };
    catalog.views.change(
        |_, view| view.reads.contains(old),
        |view| {
            view.reads = std::mem::take(&mut view.reads).into_iter().map(renamed).gather();
            let columns = std::mem::take(&mut view.reads_columns);
            view.reads_columns = columns.into_iter().map(|(table, column)| (renamed(table), column)).gather();
        },
    );
    for ((_, name), trigger) in catalog.remove_triggers(old) {
        catalog.triggers.insert((new.clone(), name), trigger);
    }
}

/// MySQL and MariaDB rename the constraints whose names begin with the table's as theirs would.
fn rename_generated(dialect: Dialect, table: &mut Table, old: &str, new: &str) {
    let endings: &[&str] = match dialect {
        Dialect::MySql => &["_ibfk_", "_chk_"],
        Dialect::MariaDb => &["_ibfk_"],
        Dialect::Postgres | Dialect::Sqlite => return,
    };
    for constraint in &mut table.constraints {
        let Some(rest) = constraint.name.as_deref().and_then(|name| name.strip_prefix(old)) else { continue };
        if endings.iter().any(|ending| rest.starts_with(ending)) {
            constraint.name = Some(format!("{new}{rest}"));
        }
    }
}

fn names_table(table: &Table, old: &ObjectName) -> bool {
    table.inherits.contains(old)
        || table.partition_of.as_ref().is_some_and(|(parent, _)| parent == old)
        || table
            .constraints
            .iter()
            .any(|constraint| matches!(&constraint.kind, ConstraintKind::ForeignKey { ref_table, .. } if ref_table == old))
}

fn mend_table(table: &mut Table, old: &ObjectName, new: &ObjectName) {
    for parent in table.inherits.iter_mut().filter(|parent| *parent == old) {
        *parent = new.clone();
    }
    if let Some((parent, _)) = table.partition_of.as_mut().filter(|(parent, _)| parent == old) {
        *parent = new.clone();
    }
    for constraint in &mut table.constraints {
        if let ConstraintKind::ForeignKey { ref_table, .. } = &mut constraint.kind
            && ref_table == old
        {
            *ref_table = new.clone();
        }
    }
}

/// Defaults name their sequence by identity, so they print its new name.
fn mend_defaults(catalog: &mut Catalog, users: &[(ObjectName, String)], new: &ObjectName) {
    for (table, column) in users {
        let columns = catalog.edit(table).into_iter().flat_map(|table| &mut table.columns);
        columns.filter(|own| own.name == *column).for_each(|own| own.default = Some(create::next_value(new)));
    }
}

/// `RENAME COLUMN`.
pub(super) fn column(catalog: &mut Catalog, name: &ObjectName, column: &str, to: &str) -> Outcome {
    let Some(key) = catalog.table_key(name) else {
        return rows::relation(catalog, name).map(|_| ());
    };
    let Some(table) = catalog.tables.get(&key) else { return Ok(()) };
    if !rows::has_column(catalog, table, column) {
        return Err(match catalog.dialect {
            Dialect::Postgres => format!("column \"{column}\" does not exist"),
            _ => rows::no_column(catalog, &key, column),
        });
    }
    if table.columns.iter().any(|own| own.name != column && catalog.same(&own.name, to)) {
        return Err(match catalog.dialect {
            Dialect::Postgres => format!("column \"{to}\" of relation \"{}\" already exists", key.name),
            Dialect::Sqlite => format!("duplicate column name: {to}"),
            Dialect::MySql | Dialect::MariaDb => format!("Duplicate column name '{to}'"),
        });
    }
    let stored =
        table.columns.iter().find(|own| catalog.same(&own.name, column)).map_or(column, |own| own.name.as_str()).to_owned();
    for member in family(catalog, &key) {
        rename_in(catalog, &member, &stored, to);
    }
    Ok(())
}

fn rename_in(catalog: &mut Catalog, key: &ObjectName, from: &str, to: &str) {
    let dialect = catalog.dialect;
    if let Some(table) = catalog.edit(key) {
        if matches!(dialect, Dialect::MySql | Dialect::MariaDb) {
            keep_index_name(table, from);
        }
        rename_own(table, from, to, dialect);
        if table.own_not_null.remove(from) {
            table.own_not_null.insert(to.to_owned());
        }
    }
    let children: Vec<ObjectName> = catalog.references_to(key).map(|(child, _)| child.clone()).collect();
    for child in children {
        for constraint in catalog.edit(&child).into_iter().flat_map(|table| &mut table.constraints) {
            if let ConstraintKind::ForeignKey { ref_table, ref_columns, .. } = &mut constraint.kind
                && ref_table == key
            {
                replace(ref_columns, from, to);
            }
        }
    }
    let old = (key.clone(), from.to_owned());
    catalog.views.change(
        |_, view| view.reads_columns.contains(&old),
        |view| {
            view.reads_columns.remove(&old);
            view.reads_columns.insert((key.clone(), to.to_owned()));
        },
    );
    let new = Some((key.clone(), to.to_owned()));
    let old = Some(old);
    catalog.sequences.change(|_, owner| *owner == old, |owner| owner.clone_from(&new));
}

/// Whether a foreign key's name is one that MySQL or MariaDB made up, with that of the table as it was then.
fn is_made_up(name: &str) -> bool {
    name.rsplit_once("_ibfk_").is_some_and(|(_, number)| number.bytes().all(|c| c.is_ascii_digit()))
}

/// A renamed column: the index that MySQL or MariaDB made for a foreign key without a name keeps the column's old one.
fn keep_index_name(table: &mut Table, column: &str) {
    let made = table.constraints.iter().find_map(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey { columns, .. } if columns.first().is_some_and(|first| first == column) => {
            constraint.name.clone().filter(|name| is_made_up(name)).map(|name| (name, columns.clone()))
        }
        _ => None,
    });
    if let Some((name, columns)) = made {
        keep_index(table, &name, &columns);
    }
}

/// Notes the index that MySQL or MariaDB made for a foreign key, where none served it: it stays when the key goes, and bears
/// the key's name or, where that is made up, its first column's.
pub(super) fn keep_index(table: &mut Table, constraint: &str, columns: &[String]) {
    let parts: Vec<IndexPart> = columns.iter().cloned().map(IndexPart::Column).collect();
    let served = table.indexes.values().any(|index| index.columns.starts_with(&parts))
        || table.constraints.iter().any(|own| match &own.kind {
            ConstraintKind::PrimaryKey { columns: key } | ConstraintKind::Unique { columns: key, .. } => key.starts_with(columns),
            _ => false,
        });
    let name = made_index(constraint, columns);
    if !served && !name.is_empty() {
        let index = Index { method: "btree".to_owned(), columns: parts, valid: true, for_key: true, ..Index::default() };
        table.indexes.insert(name.to_owned(), index);
    }
}

/// The name of the index that MySQL or MariaDB makes for a foreign key.
pub(super) fn made_index<'a>(constraint: &'a str, columns: &'a [String]) -> &'a str {
    let first = columns.first().map_or(constraint, String::as_str);
    if is_made_up(constraint) { first } else { constraint }
}

fn replace(columns: &mut [String], from: &str, to: &str) {
    columns.iter_mut().filter(|column| *column == from).for_each(|column| to.clone_into(column));
}

fn rename_own(table: &mut Table, from: &str, to: &str, dialect: Dialect) {
    for column in &mut table.columns {
        if column.name == from {
            to.clone_into(&mut column.name);
        }
        if let Some(generated) = &mut column.generated {
            generated.expression = expression::rename(&generated.expression, from, to, dialect);
        }
    }
    for constraint in table.constraints.iter_mut().filter(|constraint| constraint_uses(constraint, from, dialect)) {
        match &mut constraint.kind {
            ConstraintKind::PrimaryKey { columns }
            | ConstraintKind::Unique { columns, .. }
            | ConstraintKind::ForeignKey { columns, .. } => replace(columns, from, to),
            ConstraintKind::Check { expression } | ConstraintKind::Exclude { definition: expression } => {
                *expression = expression::rename(expression, from, to, dialect);
            }
            ConstraintKind::NotNull { column } => to.clone_into(column),
        }
    }
    for (_, index) in table.indexes.iter_mut().filter(|(_, index)| index_uses(index, from, dialect)) {
        replace(&mut index.include, from, to);
        if let Some(predicate) = &mut index.predicate {
            *predicate = expression::rename(predicate, from, to, dialect);
        }
        for part in &mut index.columns {
            match part {
                IndexPart::Column(name) if name == from => to.clone_into(name),
                IndexPart::Column(_) => {}
                IndexPart::Expression(text) => *text = expression::rename(text, from, to, dialect),
            }
        }
    }
}
