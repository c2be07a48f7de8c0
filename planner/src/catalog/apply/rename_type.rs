//! Renames of types and schemas: columns of the type and objects in the schema follow.

use super::{Outcome, drop, rename};
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::name::{ObjectName, quote};

/// `ALTER TYPE/DOMAIN … RENAME TO`.
pub(super) fn user_type(catalog: &mut Catalog, name: &ObjectName, to: &str) -> Outcome {
    let known = |key: &ObjectName| catalog.enums.contains_key(key) || catalog.types.contains_key(key);
    let old = catalog.find(name, known).ok_or_else(|| format!("type \"{name}\" does not exist"))?;
    let new = ObjectName { schema: old.schema.clone(), name: to.to_owned() };
    if catalog.enums.contains_key(&new) || catalog.types.contains_key(&new) {
        return Err(format!("type \"{to}\" already exists"));
    }
    move_type(catalog, &old, &new);
    Ok(())
}

/// Stores a type under its new name, and gives it to the columns of the type.
fn move_type(catalog: &mut Catalog, old: &ObjectName, new: &ObjectName) {
    for (table, column) in drop::columns_of_type(catalog, old) {
        let columns = catalog.edit(&table).into_iter().flat_map(|table| &mut table.columns);
        for own in columns.filter(|own| own.name == column) {
            let end = own.data_type.find('[').unwrap_or(own.data_type.len());
            let brackets = own.data_type.get(end..).unwrap_or_default().to_owned();
            own.data_type = format!("{}{brackets}", printed(new));
        }
    }
    if let Some(values) = catalog.enums.remove(old) {
        catalog.enums.insert(new.clone(), values);
    }
    if let Some(stored) = catalog.types.remove(old) {
        catalog.types.insert(new.clone(), stored);
    }
}

/// A type as the server prints it under the standard search path.
pub(super) fn printed(key: &ObjectName) -> String {
    match &key.schema {
        Some(schema) if schema != "public" => key.sql(Dialect::Postgres),
        _ => quote(&key.name, Dialect::Postgres),
    }
}

/// `ALTER SCHEMA … RENAME TO`.
pub(super) fn schema(catalog: &mut Catalog, schema: &str, to: &str) -> Outcome {
    if !catalog.schemas.contains(schema) {
        return Err(format!("schema \"{schema}\" does not exist"));
    }
    if catalog.schemas.contains(to) {
        return Err(format!("schema \"{to}\" already exists"));
    }
    catalog.schemas.remove(schema);
    catalog.schemas.insert(to.to_owned());
    let inside = |key: &&ObjectName| key.schema.as_deref() == Some(schema);
    let moved = |key: &ObjectName| ObjectName::qualified(to, key.name.clone());
    let types: Vec<ObjectName> = catalog.enums.keys().chain(catalog.types.keys()).filter(inside).cloned().collect();
    for key in types {
        move_type(catalog, &key, &moved(&key));
    }
    let relations: Vec<ObjectName> =
        catalog.tables.keys().chain(catalog.views.keys()).chain(catalog.sequences.keys()).filter(inside).cloned().collect();
    for key in relations {
        rename::follow(catalog, &key, &moved(&key));
    }
    let functions: Vec<ObjectName> = catalog.functions.keys().filter(inside).cloned().collect();
    for key in functions {
        if let Some(function) = catalog.functions.remove(&key) {
            catalog.functions.insert(moved(&key), function);
        }
    }
    Ok(())
}
