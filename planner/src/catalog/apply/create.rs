//! `CREATE TABLE` in all its forms.

use std::sync::Arc;

use super::{Outcome, attached, constraint, definition, like, naming::Names, object};
use crate::catalog::{Catalog, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, ConstraintKind, CreateTable};

/// The stored name of a new relation.
pub(super) fn new_name(catalog: &Catalog, name: &ObjectName, temporary: bool) -> Result<ObjectName, String> {
    if catalog.dialect != Dialect::Postgres {
        return Ok(catalog.place(name));
    }
    if temporary {
        return Ok(ObjectName::qualified(crate::catalog::lookup::TEMPORARY, name.name.clone()));
    }
    if name.schema.is_none() && catalog.search_path.is_empty() {
        return Err("no schema has been selected to create in".to_owned());
    }
    let key = catalog.place(name);
    let schema = key.schema.as_deref().unwrap_or_default();
    if name.schema.is_some() && !catalog.schemas.contains(schema) && schema != "pg_temp" {
        return Err(format!("schema \"{schema}\" does not exist"));
    }
    Ok(ObjectName { name: super::naming::shortened(&key.name, catalog.dialect).to_owned(), ..key })
}

pub(super) fn table(catalog: &mut Catalog, create: &CreateTable) -> Outcome {
    let key = new_name(catalog, &create.table, create.temporary)?;
    if catalog.relation_exists(&key) {
        return if create.if_not_exists { Ok(()) } else { Err(exists(catalog, &create.table)) };
    }
    let mut table = Table {
        temporary: create.temporary,
        partition_by: create.partition_by.clone(),
        options: create.options.clone(),
        ..Table::default()
    };
    take_over(catalog, create, &mut table)?;
    for column in &create.columns {
        let in_key = create.constraints.iter().any(|own| is_key_over(&own.kind, &column.name));
        definition::check(catalog, &table, column, in_key)?;
        add_own(&mut table, &object::with_printed_type(catalog, column), create)?;
    }
    let sequences = sequences(catalog, &key, &mut table);
    let mut constraints = like::constraints(catalog, &create.like);
    constraints.extend(create.constraints.iter().cloned());
    constraint::add_all(catalog, &key, &mut table, &constraints)?;
    like::indexes(catalog, &key, &create.like, &mut table);
    if let Some((parent, bound)) = &create.partition_of {
        let parent = catalog.table_key(parent).ok_or_else(|| format!("relation \"{parent}\" does not exist"))?;
        attached::copy_to_partition(catalog, &parent, &key, &mut table);
        table.partition_of = Some((parent, bound.clone()));
    }
    for (sequence, column) in sequences {
        catalog.sequences.insert(sequence, Some((key.clone(), column)));
    }
    catalog.put(key, Arc::new(table));
    Ok(())
}

fn is_key_over(kind: &ConstraintKind, column: &str) -> bool {
    matches!(kind, ConstraintKind::PrimaryKey { columns } if columns.iter().any(|own| own.eq_ignore_ascii_case(column)))
}

/// The server's words for a name that is taken.
pub(super) fn exists(catalog: &Catalog, name: &ObjectName) -> String {
    match catalog.dialect {
        Dialect::Postgres => format!("relation \"{}\" already exists", name.name),
        Dialect::Sqlite if catalog.view_key(name).is_some() => format!("view {} already exists", name.name),
        Dialect::Sqlite => format!("table {} already exists", name.name),
        Dialect::MySql | Dialect::MariaDb => format!("Table '{}' already exists", name.name),
    }
}

/// Columns and checks of `INHERITS`, `PARTITION OF` and `LIKE`.
fn take_over(catalog: &Catalog, create: &CreateTable, table: &mut Table) -> Outcome {
    for parent in &create.inherits {
        let key = catalog.table_key(parent).ok_or_else(|| format!("relation \"{parent}\" does not exist"))?;
        attached::merge_columns(catalog, &key, table);
        table.inherits.push(key);
    }
    for source in &create.like {
        table.columns.extend(like::columns(catalog, source)?);
        // MySQL and MariaDB take over how the table is stored, and its comment.
        if let (Dialect::MySql | Dialect::MariaDb, Some(stored)) = (catalog.dialect, catalog.table(&source.table)) {
            table.options.clone_from(&stored.options);
        }
    }
    if let Some((parent, _)) = &create.partition_of {
        let key = catalog.table_key(parent).ok_or_else(|| format!("relation \"{parent}\" does not exist"))?;
        let Some(stored) = catalog.tables.get(&key) else { return Ok(()) };
        if stored.partition_by.is_none() {
            return Err(format!("\"{}\" is not partitioned", key.name));
        }
        table.columns.clone_from(&stored.columns);
        table.columns.iter_mut().for_each(|column| column.comment = None);
    }
    Ok(())
}

fn add_own(table: &mut Table, column: &ColumnDefinition, create: &CreateTable) -> Outcome {
    let inherited = !create.inherits.is_empty() || create.partition_of.is_some();
    let twin = table.columns.iter_mut().find(|other| other.name == column.name);
    match twin {
        Some(twin) if inherited => {
            twin.nullable = twin.nullable && column.nullable;
            if !column.nullable {
                table.own_not_null.insert(column.name.clone());
            }
            if column.default.is_some() {
                twin.default.clone_from(&column.default);
            }
            Ok(())
        }
        Some(_) => Err(format!("column \"{}\" specified more than once", column.name)),
        None => {
            if inherited && !column.nullable {
                table.own_not_null.insert(column.name.clone());
            }
            table.columns.push(column.clone());
            Ok(())
        }
    }
}

/// Makes the sequences of `serial` and identity columns: their names, and the defaults that use them.
pub(super) fn sequences(catalog: &Catalog, key: &ObjectName, table: &mut Table) -> Vec<(ObjectName, String)> {
    if catalog.dialect != Dialect::Postgres {
        return Vec::new();
    }
    let mut names = Names::beside(catalog, key);
    names.take(&key.name);
    let mut made = Vec::new();
    for column in &mut table.columns {
        if let Some(sequence) = sequence_of(&mut names, key, column) {
            made.push((sequence, column.name.clone()));
        }
    }
    made
}

/// The sequence a new column brings along.
pub(super) fn sequence_of(names: &mut Names<'_>, key: &ObjectName, column: &mut ColumnDefinition) -> Option<ObjectName> {
    if !column.serial && column.identity.is_none() {
        return None;
    }
    column.nullable = false;
    let sequence = ObjectName { schema: key.schema.clone(), name: names.sequence(&key.name, &column.name) };
    if column.serial {
        column.default = Some(next_value(&sequence));
    }
    Some(sequence)
}

/// The default of a `serial` column as the server prints it under the standard search path.
pub(super) fn next_value(sequence: &ObjectName) -> String {
    let shown = match &sequence.schema {
        Some(schema) if schema != "public" => ObjectName::qualified(schema.clone(), sequence.name.clone()),
        _ => ObjectName::bare(sequence.name.clone()),
    };
    format!("nextval('{}'::regclass)", shown.sql(Dialect::Postgres).replace('\'', "''"))
}

/// A primary key makes its columns NOT NULL. (`SQLite` lets NULL into most of them, by an old bug that nobody means.)
pub(super) fn primary_key_not_null(table: &mut Table) {
    // A key of MySQL or SQLite may spell a column in another case; where both spellings are columns, it means its own.
    let key: Vec<String> = table.primary_key().to_vec();
    let meant = |own: &String| table.columns.iter().any(|column| column.name == *own);
    let (exact, loose): (Vec<String>, Vec<String>) = key.into_iter().partition(meant);
    let is_key = |name: &String| exact.contains(name) || loose.iter().any(|own| own.eq_ignore_ascii_case(name));
    for column in table.columns.iter_mut().filter(|column| is_key(&column.name)) {
        column.nullable = false;
    }
}

/// Whether a constraint is a primary key.
pub(super) const fn is_primary(kind: &ConstraintKind) -> bool {
    matches!(kind, ConstraintKind::PrimaryKey { .. })
}
