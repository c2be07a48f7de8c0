//! Sequences, types, functions, triggers, schemas, extensions.

use std::sync::Arc;

use super::{Outcome, Together, column, create, rows};
use crate::catalog::call::Body;
use crate::catalog::{Catalog, Trigger, UserType, expression};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Sort;
use crate::statement::operation::{ColumnDefinition, EnumPosition, Operation};
use crate::statement::parse::type_name::user_defined;

/// `CREATE/ALTER/DROP SEQUENCE`.
pub(super) fn sequence(catalog: &mut Catalog, operation: &Operation, together: &Together) -> Outcome {
    match operation {
        Operation::CreateSequence { sequence, if_not_exists, owned_by } => {
            let key = create::new_name(catalog, sequence, false)?;
            if catalog.relation_exists(&key) {
                return if *if_not_exists { Ok(()) } else { Err(create::exists(catalog, sequence)) };
            }
            let owner = match owned_by {
                Some((table, column)) => Some((rows::table(catalog, table)?, column.clone())),
                None => None,
            };
            catalog.sequences.insert(key, owner);
            Ok(())
        }
        Operation::AlterSequence { sequence, owned_by } => {
            let key = find(catalog, sequence).ok_or_else(|| rows::missing(catalog, sequence))?;
            let owner = match owned_by {
                Some(Some((table, column))) => Some(Some((rows::table(catalog, table)?, column.clone()))),
                Some(None) => Some(None),
                None => None,
            };
            if let Some(owner) = owner {
                catalog.sequences.insert(key, owner);
            }
            Ok(())
        }
        Operation::DropSequence { sequence, if_exists, cascade } => {
            drop_sequence(catalog, sequence, *if_exists, *cascade, together)
        }
        _ => Ok(()),
    }
}

fn find(catalog: &Catalog, name: &ObjectName) -> Option<ObjectName> {
    catalog.find(name, |key| catalog.sequences.contains_key(key))
}

fn drop_sequence(catalog: &mut Catalog, name: &ObjectName, if_exists: bool, cascade: bool, together: &Together) -> Outcome {
    let Some(key) = find(catalog, name) else {
        return if if_exists { Ok(()) } else { Err(format!("sequence \"{name}\" does not exist")) };
    };
    let users = defaults_using(catalog, &key);
    if users.iter().any(|(table, _)| !together.contains(table)) && !cascade {
        return Err(format!("cannot drop sequence {} because other objects depend on it", super::column::shown(&key)));
    }
    for (table, column) in users {
        let columns = catalog.edit(&table).into_iter().flat_map(|table| &mut table.columns);
        columns.filter(|own| own.name == column).for_each(|own| own.default = None);
    }
    catalog.sequences.remove(&key);
    Ok(())
}

/// Columns whose default takes its values from a sequence.
pub(crate) fn defaults_using(catalog: &Catalog, key: &ObjectName) -> Vec<(ObjectName, String)> {
    let uses = |text: &str| {
        let inside = text.split_once("nextval(").and_then(|(_, rest)| rest.split('\'').nth(1));
        inside.is_some_and(|written| find(catalog, &super::drop::type_name(written)).as_ref() == Some(key))
    };
    let mut found = Vec::new();
    for (table, stored) in catalog.tables.unordered() {
        for column in &stored.columns {
            if column.default.as_deref().is_some_and(uses) {
                found.push((table.clone(), column.name.clone()));
            }
        }
    }
    found.order_by(|(a, _), (b, _)| a.cmp(b));
    found
}

pub(super) fn type_exists(catalog: &Catalog, key: &ObjectName) -> bool {
    catalog.enums.contains_key(key) || catalog.types.contains_key(key) || catalog.tables.contains_key(key)
}

/// A type as the server prints it under the standard search path: a user's type outside `public` with its schema.
pub(super) fn printed_type(catalog: &Catalog, data_type: &str) -> String {
    let named = user_defined(data_type).filter(|_| catalog.dialect == Dialect::Postgres);
    match named.and_then(|name| catalog.find(&name, |key| type_exists(catalog, key))) {
        Some(key) => {
            let brackets = data_type.find('[').and_then(|at| data_type.get(at..)).unwrap_or_default();
            format!("{}{brackets}", super::rename_type::printed(&key))
        }
        None => data_type.to_owned(),
    }
}

/// The column with its type as the server prints it.
pub(super) fn with_printed_type(catalog: &Catalog, column: &ColumnDefinition) -> ColumnDefinition {
    ColumnDefinition { data_type: printed_type(catalog, &column.data_type), ..column.clone() }
}

/// `CREATE TYPE`, `CREATE DOMAIN`.
pub(super) fn create_type(catalog: &mut Catalog, operation: &Operation) -> Outcome {
    let (name, stored) = match operation {
        Operation::CreateType { name } => (name, UserType::default()),
        Operation::CreateDomain { name, data_type, constrained } => {
            (name, UserType { base: Some(data_type.clone()), constrained: *constrained })
        }
        _ => return Ok(()),
    };
    let key = create::new_name(catalog, name, false)?;
    if type_exists(catalog, &key) {
        return Err(format!("type \"{}\" already exists", key.name));
    }
    catalog.types.insert(key, stored);
    Ok(())
}

/// Enum types and their values.
pub(super) fn enumeration(catalog: &mut Catalog, operation: &Operation) -> Outcome {
    match operation {
        Operation::CreateEnum { name, values } => {
            let key = create::new_name(catalog, name, false)?;
            if type_exists(catalog, &key) {
                return Err(format!("type \"{}\" already exists", key.name));
            }
            catalog.enums.insert(key, values.clone());
            Ok(())
        }
        Operation::AddEnumValue { name, value, if_not_exists, position } => {
            let values = values(catalog, name)?;
            if values.contains(value) {
                return if *if_not_exists { Ok(()) } else { Err(format!("enum label \"{value}\" already exists")) };
            }
            let place = |neighbour: &String| {
                values
                    .iter()
                    .position(|own| own == neighbour)
                    .ok_or_else(|| format!("\"{neighbour}\" is not an existing enum label"))
            };
            let at = match position {
                EnumPosition::Last => values.len(),
                EnumPosition::Before(neighbour) => place(neighbour)?,
                EnumPosition::After(neighbour) => place(neighbour)? + 1,
            };
            values.insert(at.min(values.len()), value.clone());
            Ok(())
        }
        Operation::RenameEnumValue { name, value, to } => {
            let values = values(catalog, name)?;
            if values.contains(to) {
                return Err(format!("enum label \"{to}\" already exists"));
            }
            let own = values.iter_mut().find(|own| *own == value);
            let own = own.ok_or_else(|| format!("\"{value}\" is not an existing enum label"))?;
            to.clone_into(own);
            rename_defaults(catalog, name, value, to);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A default is the value itself, not its label: it goes by the new one.
fn rename_defaults(catalog: &mut Catalog, name: &ObjectName, value: &str, to: &str) {
    let Some(key) = catalog.find(name, |key| catalog.enums.contains_key(key)) else { return };
    let (old, new) = (format!("'{}'", value.replace('\'', "''")), format!("'{}'", to.replace('\'', "''")));
    for (table, column) in super::drop::columns_of_type(catalog, &key) {
        let columns = catalog.edit(&table).into_iter().flat_map(|table| &mut table.columns);
        for own in columns.filter(|own| own.name == column) {
            if let Some(default) = own.default.as_mut().filter(|default| default.starts_with(&old)) {
                *default = default.replacen(&old, &new, 1);
            }
        }
    }
}

fn values<'a>(catalog: &'a mut Catalog, name: &ObjectName) -> Result<&'a mut Vec<String>, String> {
    let key = catalog.find(name, |key| catalog.enums.contains_key(key));
    let found = key.and_then(|key| catalog.enums.get_mut(&key));
    found.ok_or_else(|| format!("type \"{name}\" does not exist"))
}

pub(super) fn create_function(catalog: &mut Catalog, operation: &Operation) -> Outcome {
    let Operation::CreateFunction { name, arguments, replace, volatility, body, language, inlined } = operation else {
        return Ok(());
    };
    let commits = body.as_deref().is_some_and(crate::statement::words::commits);
    let key = create::new_name(catalog, name, false)?;
    let arguments = arguments.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(function) = catalog.functions.or_default(key) else { return Ok(()) };
    if !replace && function.overloads.contains_key(&arguments) {
        return Err(format!("function \"{}\" already exists with same argument types", name.name));
    }
    if catalog.dialect != Dialect::Postgres {
        // One name, one routine.
        function.overloads.clear();
    }
    function.volatility = *volatility;
    function.inlined.clone_from(inlined);
    function.commits |= commits;
    function.overloads.insert(arguments, Arc::new(Body::new(body.clone(), language.clone())));
    Ok(())
}

pub(super) fn rename_function(catalog: &mut Catalog, name: &ObjectName, to: &ObjectName) -> Outcome {
    let Some(key) = catalog.find(name, |key| catalog.functions.contains_key(key)) else {
        return if catalog.extensions.is_empty() { Err(format!("could not find a function named \"{name}\"")) } else { Ok(()) };
    };
    let new = ObjectName { schema: to.schema.clone().or_else(|| key.schema.clone()), name: to.name.clone() };
    if let Some(function) = catalog.functions.remove(&key) {
        catalog.functions.insert(new.clone(), function);
    }
    let follows: Vec<(ObjectName, String)> =
        catalog.triggers.iter().filter(|(_, trigger)| trigger.runs() == Some(&key)).map(|(own, _)| own.clone()).collect();
    for own in follows {
        if let Some(firing) = catalog.triggers.get_mut(&own).and_then(|trigger| trigger.firing.as_mut()) {
            Arc::make_mut(firing).function = new.clone();
        }
    }
    let dialect = catalog.dialect;
    let calls_it = |default: &String| expression::calls(default, dialect).contains(&key.name);
    let holders = catalog
        .tables
        .unordered()
        .filter(|(_, table)| table.columns.iter().any(|own| own.default.as_ref().is_some_and(calls_it)));
    let holders: Vec<ObjectName> = holders.map(|(own, _)| own.clone()).collect();
    for own in holders {
        let columns = catalog.edit(&own).map(|table| table.columns.as_mut_slice()).unwrap_or_default();
        for default in columns.iter_mut().filter_map(|column| column.default.as_mut()) {
            *default = expression::rename_function(default, &key.name, &new.name, dialect);
        }
    }
    Ok(())
}

/// The name alone says nothing about which overload goes: any one does.
pub(super) fn drop_function(catalog: &mut Catalog, name: &ObjectName, if_exists: bool, cascade: bool) -> Outcome {
    let Some(key) = catalog.find(name, |key| catalog.functions.contains_key(key)) else {
        let known = if_exists || !catalog.extensions.is_empty();
        return if known { Ok(()) } else { Err(format!("could not find a function named \"{name}\"")) };
    };
    let running = catalog.triggers_running(&key);
    if !running.is_empty() && !cascade {
        return Err(format!("cannot drop function {}() because other objects depend on it", column::shown(&key)));
    }
    let last = catalog.functions.get_mut(&key).is_none_or(|function| {
        if let Some(first) = function.overloads.first().map(|(arguments, _)| arguments.clone()) {
            function.overloads.remove(&first);
        }
        function.overloads.is_empty()
    });
    if last {
        catalog.functions.remove(&key);
        for trigger in &running {
            catalog.triggers.remove(trigger);
        }
    }
    Ok(())
}

pub(super) fn create_trigger(catalog: &mut Catalog, operation: &Operation) -> Outcome {
    let Operation::CreateTrigger { table, name, replace, firing } = operation else { return Ok(()) };
    let key = rows::relation(catalog, table)?;
    if let Some(firing) = firing {
        runs(catalog, &firing.function)?;
    }
    let firing = firing.clone().map(|mut firing| {
        firing.function = catalog.resolve(&firing.function);
        Arc::new(firing)
    });
    let own = (key.clone(), name.clone());
    let known = catalog.triggers.contains_key(&own);
    if !known || *replace {
        catalog.triggers.insert(own, Trigger { firing, disabled: false });
    }
    if known && !replace {
        return Err(match catalog.dialect {
            Dialect::Postgres => format!("trigger \"{name}\" for relation \"{}\" already exists", key.name),
            Dialect::Sqlite => format!("trigger {name} already exists"),
            Dialect::MySql | Dialect::MariaDb => "Trigger already exists".to_owned(),
        });
    }
    Ok(())
}

/// The function of a trigger must be there, unless something that is not read may have brought it.
fn runs(catalog: &Catalog, function: &ObjectName) -> Outcome {
    const OWN: [&str; 4] =
        ["tsvector_update_trigger", "tsvector_update_trigger_column", "suppress_redundant_updates_trigger", "unique_key_recheck"];
    let known = || catalog.find(function, |key| catalog.functions.contains_key(key)).is_some();
    let silent = catalog.opaque || !catalog.extensions.is_empty() || OWN.contains(&function.name.as_str());
    if silent || known() { Ok(()) } else { Err(format!("function {function}() does not exist")) }
}

pub(super) fn drop_trigger(catalog: &mut Catalog, table: Option<&ObjectName>, name: &str, if_exists: bool) -> Outcome {
    let found = match table {
        Some(table) => match rows::relation(catalog, table) {
            Ok(key) => catalog.triggers.remove(&(key.clone(), name.to_owned())).ok_or(key.name),
            Err(_) if if_exists => return Ok(()),
            Err(message) => return Err(message),
        },
        None => {
            let stored = catalog.triggers.keys().find(|(_, own)| catalog.same(own, name)).cloned();
            stored.and_then(|stored| catalog.triggers.remove(&stored)).ok_or_else(String::new)
        }
    };
    match found {
        Ok(_) => Ok(()),
        Err(_) if if_exists => Ok(()),
        Err(table) => Err(match catalog.dialect {
            Dialect::Postgres => format!("trigger \"{name}\" for table \"{table}\" does not exist"),
            Dialect::Sqlite => format!("no such trigger: {name}"),
            Dialect::MySql | Dialect::MariaDb => "Trigger does not exist".to_owned(),
        }),
    }
}

pub(super) fn create_schema(catalog: &mut Catalog, schema: &str, if_not_exists: bool) -> Outcome {
    if !catalog.schemas.insert(schema.to_owned()) && !if_not_exists {
        return Err(format!("schema \"{schema}\" already exists"));
    }
    Ok(())
}

pub(super) fn create_extension(catalog: &mut Catalog, name: &str, if_not_exists: bool) -> Outcome {
    if !catalog.extensions.insert(name.to_owned()) && !if_not_exists {
        return Err(format!("extension \"{name}\" already exists"));
    }
    Ok(())
}

pub(super) fn drop_extension(catalog: &mut Catalog, name: &str, if_exists: bool) -> Outcome {
    if !catalog.extensions.remove(name) && !if_exists {
        return Err(format!("extension \"{name}\" does not exist"));
    }
    Ok(())
}
