//! Views and materialized views.

use crate::sort::Gather;
use std::collections::BTreeSet;

use litemap::LiteMap;

use super::{Outcome, Together, create as creation, drop as drops, rows};
use crate::catalog::{Catalog, View};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::CreateView;

pub(super) fn create(catalog: &mut Catalog, create: &CreateView) -> Outcome {
    let key = creation::new_name(catalog, &create.view, create.temporary)?;
    let old = catalog.views.get(&key);
    if catalog.relation_exists(&key) {
        match old {
            Some(view) if create.replace && !view.materialized && !create.materialized => {}
            _ if create.if_not_exists => return Ok(()),
            _ if create.replace && old.is_none() => return Err(format!("\"{}\" is not a view", key.name)),
            _ => return Err(creation::exists(catalog, &create.view)),
        }
    }
    // SQLite looks at a view's tables only when the view is used.
    if catalog.dialect != Dialect::Sqlite {
        rows::reads(catalog, &create.reads)?;
    }
    let view = View {
        materialized: create.materialized,
        reads: create.reads.iter().map(|name| catalog.resolve(name)).gather(),
        reads_columns: columns(catalog, create),
        query: create.query.clone(),
        columns: create.outputs.as_deref().and_then(|outputs| super::create_as::columns(catalog, outputs)),
        indexes: LiteMap::new(),
    };
    catalog.views.insert(key, view);
    Ok(())
}

/// The columns a view depends on. `*` stands for those the table has now.
fn columns(catalog: &Catalog, create: &CreateView) -> BTreeSet<(ObjectName, String)> {
    let mut used = BTreeSet::new();
    for (table, column) in &create.reads_columns {
        let key = catalog.resolve(table);
        match catalog.tables.get(&key) {
            Some(stored) if column == "*" => used.extend(stored.columns.iter().map(|own| (key.clone(), own.name.clone()))),
            Some(stored) => {
                if let Some(own) = stored.columns.iter().find(|own| catalog.same(&own.name, column)) {
                    used.insert((key, own.name.clone()));
                }
            }
            None => {
                used.insert((key, column.clone()));
            }
        }
    }
    used
}

pub(super) fn drop(
    catalog: &mut Catalog,
    name: &ObjectName,
    materialized: bool,
    if_exists: bool,
    cascade: bool,
    together: &Together,
) -> Outcome {
    let kind = if materialized { "materialized view" } else { "view" };
    let Some(key) = catalog.view_key(name) else {
        return match catalog.table_key(name) {
            Some(_) => Err(format!("\"{}\" is not a {kind}", name.name)),
            None if if_exists => Ok(()),
            None if catalog.dialect == Dialect::Postgres => Err(format!("{kind} \"{name}\" does not exist")),
            None => Err(format!("no such view: {name}")),
        };
    };
    if catalog.views.get(&key).is_some_and(|view| view.materialized != materialized) {
        return Err(format!("\"{}\" is not a {kind}", name.name));
    }
    let readers = catalog.views_reading(&key);
    let needed = readers.iter().any(|reader| !together.contains(reader));
    if needed && !cascade && catalog.dialect == Dialect::Postgres {
        return Err(format!("cannot drop {kind} {} because other objects depend on it", super::column::shown(&key)));
    }
    if catalog.dialect == Dialect::Postgres {
        drops::views(catalog, &readers);
    }
    catalog.views.remove(&key);
    let _ = catalog.remove_triggers(&key);
    Ok(())
}

pub(super) fn refresh(catalog: &Catalog, name: &ObjectName) -> Outcome {
    match catalog.view_key(name).and_then(|key| catalog.views.get(&key)) {
        Some(view) if view.materialized => Ok(()),
        Some(_) => Err(format!("\"{}\" is not a materialized view", name.name)),
        None => Err(rows::missing(catalog, name)),
    }
}
