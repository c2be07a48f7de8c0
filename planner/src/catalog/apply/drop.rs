//! `DROP` of tables, types and schemas, and everything that goes with them.

use super::column::shown;
use super::{Outcome, Together, rows};
use crate::catalog::Catalog;
use crate::catalog::expression::mentions;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Sort;
use crate::statement::operation::ConstraintKind;

/// `DROP TABLE`.
pub(super) fn table(catalog: &mut Catalog, name: &ObjectName, if_exists: bool, cascade: bool, together: &Together) -> Outcome {
    let Some(key) = catalog.table_key(name) else {
        return match catalog.view_key(name) {
            Some(_) if catalog.dialect == Dialect::Sqlite => Err(format!("use DROP VIEW to delete view {name}")),
            Some(_) => Err(format!("\"{}\" is not a table", name.name)),
            None if if_exists => Ok(()),
            None => Err(match catalog.dialect {
                Dialect::Postgres => match name.schema.as_ref().filter(|schema| !catalog.schemas.contains(*schema)) {
                    Some(schema) => format!("schema \"{schema}\" does not exist"),
                    None => format!("table \"{}\" does not exist", name.name),
                },
                Dialect::Sqlite => rows::missing(catalog, name),
                Dialect::MySql | Dialect::MariaDb => format!("Unknown table '{name}'"),
            }),
        };
    };
    let going = with_partitions(catalog, &key);
    // MariaDB drops one after the other.
    let at_once = catalog.dialect != Dialect::MariaDb;
    let goes = |other: &ObjectName| going.contains(other) || (at_once && together.contains(other));
    let stays = |other: &ObjectName| !goes(other);
    if !cascade && catalog.dialect != Dialect::Sqlite {
        let referenced = going.iter().any(|member| catalog.references_to(member).any(|(child, _)| stays(child)));
        let read = going.iter().any(|member| catalog.views_reading(member).iter().any(stays));
        let inherited = going.iter().any(|member| catalog.descendants(member).iter().any(stays));
        let needed = match catalog.dialect {
            Dialect::Postgres => referenced || read || inherited,
            _ => referenced && !catalog.foreign_keys_off,
        };
        if needed {
            return Err(needed_message(catalog, &key));
        }
    }
    for member in going {
        remove_table(catalog, &member);
    }
    Ok(())
}

fn needed_message(catalog: &Catalog, key: &ObjectName) -> String {
    match catalog.dialect {
        Dialect::Postgres | Dialect::Sqlite => format!("cannot drop table {} because other objects depend on it", shown(key)),
        Dialect::MySql | Dialect::MariaDb => format!("Cannot drop table '{}' referenced by a foreign key constraint", key.name),
    }
}

/// The table and its partitions: they go with it, asked or not.
fn with_partitions(catalog: &Catalog, key: &ObjectName) -> Vec<ObjectName> {
    let mut going = vec![key.clone()];
    let is_partition = |child: &ObjectName| catalog.tables.get(child).is_some_and(|table| table.partition_of.is_some());
    going.extend(catalog.descendants(key).into_iter().filter(is_partition));
    going
}

/// Takes a table out with everything that cannot be without it.
pub(in crate::catalog) fn remove_table(catalog: &mut Catalog, key: &ObjectName) {
    let foreign: Vec<(ObjectName, Option<String>)> =
        catalog.references_to(key).map(|(child, constraint)| (child.clone(), constraint.name.clone())).collect();
    catalog.tables.remove(key);
    if catalog.dialect == Dialect::Postgres {
        for (child, constraint) in foreign {
            super::drop_constraint::remove(catalog, &child, &constraint.unwrap_or_default());
        }
        let readers = catalog.views_reading(key);
        views(catalog, &readers);
        for child in catalog.heirs(key) {
            remove_table(catalog, &child);
        }
    }
    catalog.sequences.retain(|_, owner| owner.as_ref().is_none_or(|(table, _)| table != key));
    let _ = catalog.remove_triggers(key);
}

/// Takes views out, and the views that read them.
pub(in crate::catalog) fn views(catalog: &mut Catalog, names: &[ObjectName]) {
    for name in names {
        if catalog.views.remove(name).is_some() {
            let readers = catalog.views_reading(name);
            views(catalog, &readers);
            let _ = catalog.remove_triggers(name);
        }
    }
}

/// What `DROP COLUMN … CASCADE` takes along elsewhere: views, foreign keys, generated columns.
pub(super) fn column_dependents(catalog: &mut Catalog, key: &ObjectName, column: &str) {
    let using = catalog.views_using(key, column);
    views(catalog, &using);
    let foreign: Vec<(ObjectName, String)> = catalog
        .references_to(key)
        .filter(|(_, constraint)| match &constraint.kind {
            ConstraintKind::ForeignKey { ref_columns, .. } => ref_columns.iter().any(|used| catalog.same(used, column)),
            _ => false,
        })
        .filter_map(|(child, constraint)| Some((child.clone(), constraint.name.clone()?)))
        .collect();
    for (child, constraint) in foreign {
        super::drop_constraint::remove(catalog, &child, &constraint);
    }
    let dialect = catalog.dialect;
    if let Some(table) = catalog.edit(key) {
        table.columns.retain(|own| {
            own.name == column
                || !own.generated.as_ref().is_some_and(|generated| mentions(&generated.expression, column, dialect))
        });
    }
}

/// Columns of a user type: table and column.
pub(crate) fn columns_of_type(catalog: &Catalog, key: &ObjectName) -> Vec<(ObjectName, String)> {
    let mut found = Vec::new();
    for (table, stored) in catalog.tables.unordered() {
        for column in &stored.columns {
            if is_type(catalog, &column.data_type, key) {
                found.push((table.clone(), column.name.clone()));
            }
        }
    }
    // Columns stay in the order they stand in.
    found.order_by(|(a, _), (b, _)| a.cmp(b));
    found
}

/// Whether a column type, as written or as the server prints it, is the user type `key` or an array of it.
#[must_use]
pub(crate) fn is_type(catalog: &Catalog, data_type: &str, key: &ObjectName) -> bool {
    let name = type_name(data_type);
    let known = |candidate: &ObjectName| catalog.enums.contains_key(candidate) || catalog.types.contains_key(candidate);
    name.name == key.name && catalog.find(&name, known).as_ref() == Some(key)
}

/// The name of a type without array brackets and modifiers.
#[must_use]
pub(crate) fn type_name(data_type: &str) -> ObjectName {
    let bare = data_type.split(['[', '(']).next().unwrap_or_default().trim();
    let part = |text: &str| crate::name::fold(text.trim(), Dialect::Postgres);
    match bare.split_once('.') {
        Some((schema, name)) => ObjectName::qualified(part(schema), part(name)),
        None => ObjectName::bare(part(bare)),
    }
}

/// `DROP TYPE`, `DROP DOMAIN`.
pub(super) fn user_type(catalog: &mut Catalog, name: &ObjectName, if_exists: bool, cascade: bool) -> Outcome {
    let known = |key: &ObjectName| catalog.enums.contains_key(key) || catalog.types.contains_key(key);
    let Some(key) = catalog.find(name, known) else {
        return if if_exists { Ok(()) } else { Err(format!("type \"{name}\" does not exist")) };
    };
    let used = columns_of_type(catalog, &key);
    if !used.is_empty() && !cascade {
        return Err(format!("cannot drop type {} because other objects depend on it", shown(&key)));
    }
    for (table, column) in used {
        super::column::drop(catalog, &table, &column, true, true)?;
    }
    catalog.enums.remove(&key);
    catalog.types.remove(&key);
    Ok(())
}

/// `DROP SCHEMA`.
pub(super) fn schema(catalog: &mut Catalog, schema: &str, if_exists: bool, cascade: bool) -> Outcome {
    if !catalog.schemas.contains(schema) {
        return if if_exists { Ok(()) } else { Err(format!("schema \"{schema}\" does not exist")) };
    }
    let inside = |key: &ObjectName| key.schema.as_deref() == Some(schema);
    let empty = !catalog.tables.keys().chain(catalog.views.keys()).chain(catalog.sequences.keys()).any(inside)
        && !catalog.enums.keys().chain(catalog.types.keys()).chain(catalog.functions.keys()).any(inside);
    if !empty && !cascade {
        return Err(format!("cannot drop schema {schema} because other objects depend on it"));
    }
    let tables: Vec<ObjectName> = catalog.tables.keys().filter(|key| inside(key)).cloned().collect();
    for key in tables {
        remove_table(catalog, &key);
    }
    let gone: Vec<ObjectName> = catalog.views.keys().filter(|key| inside(key)).cloned().collect();
    views(catalog, &gone);
    let types: Vec<ObjectName> = catalog.enums.keys().chain(catalog.types.keys()).filter(|key| inside(key)).cloned().collect();
    for key in types {
        user_type(catalog, &key, true, true)?;
    }
    catalog.sequences.retain(|key, _| !inside(key));
    catalog.functions.retain(|key, _| !inside(key));
    catalog.schemas.remove(schema);
    Ok(())
}
