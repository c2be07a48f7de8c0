//! Indexes.

use super::column::family;
use super::{
    Outcome, attached, create, index_method, innodb,
    naming::{Names, shortened},
    rows,
};
use crate::catalog::{Catalog, Index};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{Constraint, ConstraintKind, CreateIndex, IndexPart, ReindexKind};

pub(super) fn create(catalog: &mut Catalog, create: &CreateIndex) -> Outcome {
    let on_view = catalog.table_key(&create.table).is_none().then(|| catalog.view_key(&create.table)).flatten();
    let key = match on_view {
        Some(key) => key,
        None => rows::table(catalog, &create.table).map_err(|message| match (catalog.dialect, &create.table.schema) {
            (Dialect::Sqlite, None) => format!("no such table: main.{}", create.table.name),
            _ => message,
        })?,
    };
    if !catalog.views.get(&key).is_none_or(|view| view.materialized) {
        return Err(format!("cannot create index on relation \"{}\"", key.name));
    }
    if let Some(name) = &create.name {
        let taken = taken(catalog, &key, shortened(name, catalog.dialect));
        if taken && create.if_not_exists {
            return Ok(());
        }
        if taken {
            return Err(already(catalog, name));
        }
    }
    columns_exist(catalog, &key, create)?;
    if let (Dialect::Postgres, Some(table)) = (catalog.dialect, catalog.tables.get(&key)) {
        index_method::check(catalog, table, create)?;
    }
    let partitioned = catalog.tables.get(&key).is_some_and(|table| table.partition_by.is_some());
    if partitioned && create.concurrently {
        return Err(format!("cannot create index on partitioned table \"{}\" concurrently", key.name));
    }
    store(catalog, &key, create, create.name.as_deref(), !(partitioned && create.only && has_partitions(catalog, &key)));
    if partitioned && !create.only {
        for member in family(catalog, &key).into_iter().skip(1) {
            let new = definition(create, true);
            let there = catalog
                .tables
                .get(&member)
                .is_some_and(|table| table.indexes.values().any(|own| attached::same_definition(own, &new)));
            if !there {
                store(catalog, &member, create, None, true);
            }
        }
    }
    Ok(())
}

fn has_partitions(catalog: &Catalog, key: &ObjectName) -> bool {
    !catalog.descendants(key).is_empty()
}

fn taken(catalog: &Catalog, key: &ObjectName, name: &str) -> bool {
    match catalog.dialect {
        // MySQL's index names live inside their table.
        Dialect::MySql | Dialect::MariaDb => {
            catalog.tables.get(key).is_some_and(|table| table.index_names().any(|own| own.eq_ignore_ascii_case(name)))
        }
        Dialect::Postgres | Dialect::Sqlite => {
            catalog.relation_exists(&ObjectName { schema: key.schema.clone(), name: name.to_owned() })
        }
    }
}

fn already(catalog: &Catalog, name: &str) -> String {
    match catalog.dialect {
        Dialect::Postgres => create::exists(catalog, &ObjectName::bare(name)),
        Dialect::Sqlite => format!("index {name} already exists"),
        Dialect::MySql | Dialect::MariaDb => format!("Duplicate key name '{name}'"),
    }
}

fn columns_exist(catalog: &Catalog, key: &ObjectName, create: &CreateIndex) -> Outcome {
    let Some(table) = catalog.tables.get(key) else { return Ok(()) };
    let named = create.columns.iter().filter_map(|part| match part {
        IndexPart::Column(name) => Some(name),
        IndexPart::Expression(_) => None,
    });
    for column in named.chain(&create.include) {
        if !rows::has_column(catalog, table, column) {
            return Err(match catalog.dialect {
                Dialect::Postgres => format!("column \"{column}\" does not exist"),
                Dialect::Sqlite => format!("no such column: {column}"),
                Dialect::MySql | Dialect::MariaDb => format!("Key column '{column}' doesn't exist in table"),
            });
        }
    }
    Ok(())
}

fn definition(create: &CreateIndex, valid: bool) -> Index {
    Index {
        unique: create.unique,
        method: create.method.clone().unwrap_or_else(|| "btree".to_owned()),
        columns: create.columns.clone(),
        include: create.include.clone(),
        predicate: create.predicate.clone(),
        valid,
        for_key: false,
    }
}

fn store(catalog: &mut Catalog, key: &ObjectName, create: &CreateIndex, name: Option<&str>, valid: bool) {
    let name = match name {
        Some(name) => shortened(name, catalog.dialect).to_owned(),
        None => {
            let mut names = Names::beside(catalog, key);
            // MySQL's and MariaDB's index names live inside their table.
            if matches!(catalog.dialect, Dialect::MySql | Dialect::MariaDb) {
                let own = catalog.tables.get(key).into_iter().flat_map(|table| table.index_names());
                own.for_each(|name| names.take(name));
            }
            names.index(&key.name, &create.columns, &create.include)
        }
    };
    let index = definition(create, valid);
    if let Some(table) = catalog.edit(key) {
        table.indexes.retain(|_, own| !own.for_key || !index.columns.starts_with(&own.columns));
        table.indexes.insert(name, index);
    } else if let Some(view) = catalog.views.get_mut(key) {
        view.indexes.insert(name, index);
        catalog.note_indexed_view(key);
    }
}

/// Foreign keys that stand on a unique index: child and constraint name.
pub(crate) fn needing(catalog: &Catalog, key: &ObjectName, index: &Index) -> Vec<(ObjectName, String)> {
    let constraints = catalog.tables.get(key).map(|table| table.constraints.as_slice()).unwrap_or_default();
    let stands = |constraint: &&(&ObjectName, &Constraint)| match &constraint.1.kind {
        ConstraintKind::ForeignKey { ref_columns, .. } => {
            index.is_key_over(ref_columns) && !constraints.iter().any(|own| own.is_key_over(ref_columns))
        }
        _ => false,
    };
    let keys = catalog.references_to(key).filter(|one| stands(&one));
    keys.filter_map(|(child, constraint)| Some((child.clone(), constraint.name.clone()?))).collect()
}

/// Owner and stored name of an index; `MySQL` names the table too.
fn find(catalog: &Catalog, index: &ObjectName, table: Option<&ObjectName>) -> Result<(ObjectName, String), String> {
    let found = match table.filter(|_| matches!(catalog.dialect, Dialect::MySql | Dialect::MariaDb)) {
        Some(table) => {
            let key = rows::table(catalog, table)?;
            let stored = catalog.tables.get(&key);
            stored.and_then(|table| {
                table.index_names().find(|own| own.eq_ignore_ascii_case(&index.name)).map(|own| (key.clone(), own.to_owned()))
            })
        }
        None => catalog.index_owner(index),
    };
    found.ok_or_else(|| match catalog.dialect {
        Dialect::Postgres => format!("index \"{index}\" does not exist"),
        Dialect::Sqlite => format!("no such index: {index}"),
        Dialect::MySql | Dialect::MariaDb => format!("Can't DROP '{}'; check that column/key exists", index.name),
    })
}

pub(super) fn drop(
    catalog: &mut Catalog,
    index: &ObjectName,
    table: Option<&ObjectName>,
    if_exists: bool,
    cascade: bool,
) -> Outcome {
    if let (Some(table), Dialect::MySql | Dialect::MariaDb) = (table, catalog.dialect) {
        super::rows::relation(catalog, table)?;
    }
    let (key, name) = match find(catalog, index, table) {
        Ok(found) => found,
        Err(_) if if_exists || backs_foreign_key(catalog, index, table) => return Ok(()),
        Err(message) => return Err(message),
    };
    if let Some(view) = catalog.views.get_mut(&key) {
        view.indexes.remove(&name);
        return Ok(());
    }
    let Some(stored) = catalog.tables.get(&key) else { return Ok(()) };
    if stored.constraint(&name).is_some() && !stored.indexes.contains_key(&name) {
        return drop_backing(catalog, &key, &name);
    }
    let Some(definition) = stored.indexes.get(&name).cloned() else { return Ok(()) };
    let needing = if catalog.dialect == Dialect::Postgres { needing(catalog, &key, &definition) } else { Vec::new() };
    if !needing.is_empty() && !cascade {
        return Err(format!("cannot drop index {name} because other objects depend on it"));
    }
    for (child, constraint) in needing {
        super::drop_constraint::remove(catalog, &child, &constraint);
    }
    let partitioned = stored_is_partitioned(catalog, &key);
    for member in if partitioned { family(catalog, &key) } else { vec![key.clone()] } {
        if let Some(table) = catalog.edit(&member) {
            table
                .indexes
                .retain(|own, index| if member == key { *own != name } else { !attached::same_definition(index, &definition) });
        }
    }
    Ok(())
}

/// Whether MySQL or MariaDB made an index of that name for a foreign key that no other serves: it bears the key's name, or
/// its first column's.
fn backs_foreign_key(catalog: &Catalog, index: &ObjectName, table: Option<&ObjectName>) -> bool {
    let Some(table) = table.and_then(|table| catalog.table(table)) else { return false };
    innodb::applies(catalog.dialect)
        && table.constraints.iter().any(|own| match &own.kind {
            ConstraintKind::ForeignKey { columns, .. } => {
                let mut names = own.name.iter().chain(columns.first());
                names.any(|name| name.eq_ignore_ascii_case(&index.name)) && !innodb::serves(table, columns, false)
            }
            _ => false,
        })
}

fn stored_is_partitioned(catalog: &Catalog, key: &ObjectName) -> bool {
    catalog.tables.get(key).is_some_and(|table| table.partition_by.is_some())
}

/// An index behind a constraint goes only with it; `MySQL` knows no difference.
fn drop_backing(catalog: &mut Catalog, key: &ObjectName, name: &str) -> Outcome {
    match catalog.dialect {
        Dialect::Postgres => {
            Err(format!("cannot drop index {name} because constraint {name} on table {} requires it", super::column::shown(key)))
        }
        Dialect::Sqlite => Err("index associated with UNIQUE or PRIMARY KEY constraint cannot be dropped".to_owned()),
        Dialect::MySql | Dialect::MariaDb => {
            super::drop_constraint::remove(catalog, key, name);
            Ok(())
        }
    }
}

pub(super) fn rename(catalog: &mut Catalog, index: &ObjectName, table: Option<&ObjectName>, to: &str) -> Outcome {
    if catalog.dialect == Dialect::Postgres && catalog.index_owner(index).is_none() && catalog.table_key(index).is_some() {
        return super::rename::relation(catalog, index, to);
    }
    let (key, name) = find(catalog, index, table).map_err(|message| match catalog.dialect {
        Dialect::Postgres => format!("relation \"{index}\" does not exist"),
        _ => message,
    })?;
    let to = shortened(to, catalog.dialect);
    if taken(catalog, &key, to) {
        return Err(already(catalog, to));
    }
    if let Some(view) = catalog.views.get_mut(&key) {
        if let Some(index) = view.indexes.remove(&name) {
            view.indexes.insert(to.to_owned(), index);
        }
        return Ok(());
    }
    let Some(table) = catalog.edit(&key) else { return Ok(()) };
    if let Some(index) = table.indexes.remove(&name) {
        table.indexes.insert(to.to_owned(), index);
    } else if let Some(own) = table.constraints.iter_mut().find(|own| own.name.as_deref() == Some(name.as_str())) {
        own.name = Some(to.to_owned());
    }
    Ok(())
}

pub(super) fn reindex(catalog: &Catalog, kind: ReindexKind, name: &ObjectName) -> Outcome {
    match kind {
        ReindexKind::Index => catalog.index_owner(name).map(|_| ()).ok_or_else(|| format!("relation \"{name}\" does not exist")),
        ReindexKind::Table => rows::relation(catalog, name).map(|_| ()),
        ReindexKind::Many => Ok(()),
    }
}
