//! Constraints: those of a new table or column, and the `ALTER TABLE` actions on them.

use super::column::family;
use super::{Outcome, create, drop_constraint, index_method, key_types, naming::Names, naming::shortened, rows};
use crate::catalog::{Catalog, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Sort;
use crate::statement::operation::{ColumnDefinition, Constraint, ConstraintKind, IndexPart};

/// Adds constraints to a table that is being made or changed: checks them, names them, stores them.
pub(super) fn add_all(catalog: &Catalog, key: &ObjectName, table: &mut Table, constraints: &[Constraint]) -> Outcome {
    let mut names = Names::beside(catalog, key);
    names.take(&key.name);
    // The server names checks while it makes the table, then builds indexes with the primary key first, then foreign keys.
    let rank = |constraint: &&Constraint| match constraint.kind {
        ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. } => 0,
        ConstraintKind::PrimaryKey { .. } => 1,
        ConstraintKind::Unique { .. } | ConstraintKind::Exclude { .. } => 2,
        ConstraintKind::ForeignKey { .. } => 3,
    };
    let mut ordered: Vec<&Constraint> = constraints.iter().collect();
    ordered.order_by_key(rank);
    for constraint in &without_twins(catalog, ordered) {
        let constraint = checked(catalog, key, table, constraint)?;
        let name = names.constraint(key, table, &constraint);
        if let (Some(name), Some(_)) = (&name, &constraint.name) {
            free(catalog, key, table, &constraint, name)?;
        }
        let constraint = Constraint { name, ..constraint };
        if catalog.dialect == Dialect::Postgres {
            key_types::implementable(catalog, key, table, &constraint)?;
            indexable(catalog, table, &constraint)?;
        }
        table.constraints.push(constraint);
        apply_not_null(table);
    }
    Ok(())
}

/// The server builds one index for `PRIMARY KEY` and `UNIQUE` over the same columns in one command; the one that is kept
/// takes the other's name where it has none.
fn without_twins(catalog: &Catalog, ordered: Vec<&Constraint>) -> Vec<Constraint> {
    let mut kept: Vec<Constraint> = Vec::new();
    for constraint in ordered {
        let twin = kept.iter_mut().find(|other| match (&other.kind, &constraint.kind) {
            (ConstraintKind::PrimaryKey { columns: own }, ConstraintKind::Unique { columns, nulls_distinct: true }) => {
                own == columns
            }
            (own @ ConstraintKind::Unique { .. }, other @ ConstraintKind::Unique { .. }) => own == other,
            _ => false,
        });
        let one_index = matches!(catalog.dialect, Dialect::Postgres | Dialect::Sqlite);
        match twin.filter(|twin| one_index && twin.deferrable == constraint.deferrable) {
            Some(twin) => twin.name = twin.name.take().or_else(|| constraint.name.clone()),
            None => kept.push(constraint.clone()),
        }
    }
    kept
}

/// NOT NULL that follows from primary keys and NOT NULL constraints.
fn apply_not_null(table: &mut Table) {
    create::primary_key_not_null(table);
    let named: Vec<String> = table
        .constraints
        .iter()
        .filter_map(|constraint| match &constraint.kind {
            ConstraintKind::NotNull { column } if constraint.validated => Some(column.clone()),
            _ => None,
        })
        .collect();
    for column in table.columns.iter_mut().filter(|column| named.contains(&column.name)) {
        column.nullable = false;
    }
}

/// The name must be free.
fn free(catalog: &Catalog, key: &ObjectName, table: &Table, constraint: &Constraint, name: &str) -> Outcome {
    if table.constraint(name).is_some() {
        return Err(format!("constraint \"{name}\" for relation \"{}\" already exists", key.name));
    }
    let relation = ObjectName { schema: key.schema.clone(), name: name.to_owned() };
    let own_index = constraint.using_index.as_deref() == Some(name);
    if catalog.dialect == Dialect::Postgres && constraint.has_index() && !own_index && catalog.relation_exists(&relation) {
        return Err(format!("relation \"{name}\" already exists"));
    }
    Ok(())
}

/// The constraint with every name resolved, or the server's refusal.
fn checked(catalog: &Catalog, key: &ObjectName, table: &Table, constraint: &Constraint) -> Result<Constraint, String> {
    let kind = match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } => {
            if table.constraints.iter().any(|own| create::is_primary(&own.kind)) {
                return Err(match catalog.dialect {
                    Dialect::Postgres => format!("multiple primary keys for table \"{}\" are not allowed", key.name),
                    Dialect::Sqlite => format!("table \"{}\" has more than one primary key", key.name),
                    Dialect::MySql | Dialect::MariaDb => "Multiple primary key defined".to_owned(),
                });
            }
            ConstraintKind::PrimaryKey { columns: key_columns(catalog, table, constraint, columns)? }
        }
        ConstraintKind::Unique { columns, nulls_distinct } => {
            ConstraintKind::Unique { columns: key_columns(catalog, table, constraint, columns)?, nulls_distinct: *nulls_distinct }
        }
        ConstraintKind::ForeignKey { columns, ref_table, ref_columns, on_delete, on_update } => {
            let (ref_table, ref_columns) = foreign_key(catalog, key, table, columns, ref_table, ref_columns)?;
            let columns = columns.clone();
            ConstraintKind::ForeignKey {
                columns,
                ref_table,
                ref_columns,
                on_delete: on_delete.clone(),
                on_update: on_update.clone(),
            }
        }
        ConstraintKind::NotNull { column } if !rows::has_column(catalog, table, column) => {
            return Err(rows::no_column(catalog, key, column));
        }
        other => other.clone(),
    };
    Ok(Constraint { kind, ..constraint.clone() })
}

/// Columns of a primary key or unique constraint; `USING INDEX` takes them from the index.
fn key_columns(catalog: &Catalog, table: &Table, constraint: &Constraint, columns: &[String]) -> Result<Vec<String>, String> {
    if let Some(index) = &constraint.using_index {
        let stored = table.indexes.get(index).ok_or_else(|| format!("index \"{index}\" does not exist"))?;
        if !stored.unique {
            return Err(format!("\"{index}\" is not a unique index"));
        }
        if stored.predicate.is_some() {
            return Err(format!("\"{index}\" is a partial index"));
        }
        if !stored.valid {
            return Err(format!("index \"{index}\" is not valid"));
        }
        let part = |part: &IndexPart| match part {
            IndexPart::Column(name) => Ok(name.clone()),
            IndexPart::Expression(_) => Err(format!("index \"{index}\" contains expressions")),
        };
        return stored.columns.iter().map(part).collect();
    }
    for column in columns {
        if !rows::has_column(catalog, table, column) {
            return Err(match catalog.dialect {
                Dialect::Postgres => format!("column \"{column}\" named in key does not exist"),
                Dialect::Sqlite => format!("no such column: {column}"),
                Dialect::MySql | Dialect::MariaDb => format!("Key column '{column}' doesn't exist in table"),
            });
        }
    }
    Ok(columns.to_vec())
}

/// Parent and its columns, resolved.
fn foreign_key(
    catalog: &Catalog,
    key: &ObjectName,
    table: &Table,
    columns: &[String],
    parent: &ObjectName,
    wanted: &[String],
) -> Result<(ObjectName, Vec<String>), String> {
    for column in columns {
        if !rows::has_column(catalog, table, column) {
            return Err(match catalog.dialect {
                Dialect::Sqlite => format!("unknown column \"{column}\" in foreign key definition"),
                _ => format!("column \"{column}\" referenced in foreign key constraint does not exist"),
            });
        }
    }
    let own_name = catalog.place(parent) == *key;
    let ref_key = match catalog.table_key(parent) {
        Some(found) => found,
        None if own_name => key.clone(),
        // SQLite takes a foreign key to a table that comes later.
        // So do MySQL and MariaDB while nobody checks.
        None if catalog.dialect == Dialect::Sqlite || catalog.foreign_keys_off => {
            return Ok((catalog.place(parent), wanted.to_vec()));
        }
        None => return Err(rows::missing(catalog, parent)),
    };
    let target = if ref_key == *key { table } else { catalog.tables.get(&ref_key).map_or(table, AsRef::as_ref) };
    let ref_columns = if wanted.is_empty() { target.primary_key().to_vec() } else { wanted.to_vec() };
    if catalog.dialect != Dialect::Postgres || target.columns_unknown {
        return Ok((ref_key, ref_columns));
    }
    if ref_columns.is_empty() {
        return Err(format!("there is no primary key for referenced table \"{}\"", ref_key.name));
    }
    if let Some(column) = ref_columns.iter().find(|column| target.column(column).is_none()) {
        return Err(format!("column \"{column}\" referenced in foreign key constraint does not exist"));
    }
    if ref_columns.len() != columns.len() {
        return Err("number of referencing and referenced columns for foreign key disagree".to_owned());
    }
    if !target.is_unique_over(&ref_columns) {
        return Err(format!("there is no unique constraint matching given keys for referenced table \"{}\"", ref_key.name));
    }
    Ok((ref_key, ref_columns))
}

/// `ADD CONSTRAINT`.
pub(super) fn add(catalog: &mut Catalog, name: &ObjectName, constraint: &Constraint) -> Outcome {
    let key = rows::table(catalog, name)?;
    let Some(stored) = catalog.tables.get(&key) else { return Ok(()) };
    refuse_on_partitioned(catalog, stored, constraint)?;
    let mut table = (**stored).clone();
    add_all(catalog, &key, &mut table, std::slice::from_ref(constraint))?;
    if let Some(index) = &constraint.using_index {
        table.indexes.remove(index);
    }
    let added = table.constraints.last().cloned();
    if let Some(
        ConstraintKind::ForeignKey { columns, .. }
        | ConstraintKind::Unique { columns, .. }
        | ConstraintKind::PrimaryKey { columns },
    ) = added.as_ref().map(|added| &added.kind)
    {
        // The new key's index serves the old one's purpose too.
        let parts: Vec<IndexPart> = columns.iter().cloned().map(IndexPart::Column).collect();
        table.indexes.retain(|_, index| !index.for_key || !parts.starts_with(&index.columns));
    }
    let children = catalog.descendants(&key);
    catalog.put(key, table.into());
    for child in children {
        if let Some(added) = &added {
            add_below(catalog, &child, added);
        }
    }
    Ok(())
}

fn refuse_on_partitioned(catalog: &Catalog, table: &Table, constraint: &Constraint) -> Outcome {
    if catalog.dialect != Dialect::Postgres || table.partition_by.is_none() {
        return Ok(());
    }
    if constraint.using_index.is_some() {
        return Err("ALTER TABLE / ADD CONSTRAINT USING INDEX is not supported on partitioned tables".to_owned());
    }
    Ok(())
}

/// Whether PostgreSQL builds the index of a primary key or unique constraint.
fn indexable(catalog: &Catalog, table: &Table, constraint: &Constraint) -> Outcome {
    let (ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns }) = &constraint.kind else {
        return Ok(());
    };
    if let Some((_, twice)) = columns.iter().enumerate().find(|(at, own)| columns.iter().take(*at).any(|other| other == *own)) {
        let kind = if create::is_primary(&constraint.kind) { "primary key" } else { "unique" };
        return Err(format!("column \"{twice}\" appears twice in {kind} constraint"));
    }
    index_method::of_key(catalog, table, columns)?;
    let by = table.partition_by.as_deref().unwrap_or_default();
    let lacks = table.columns.iter().find(|own| {
        crate::catalog::expression::mentions(by.split_once('(').map_or("", |(_, rest)| rest), &own.name, catalog.dialect)
            && !columns.contains(&own.name)
    });
    match lacks {
        Some(_) => Err("unique constraint on partitioned table must include all partitioning columns".to_owned()),
        None => Ok(()),
    }
}

/// The constraint on a child table: partitions get all kinds, inheritance children checks and NOT NULL only.
pub(super) fn add_below(catalog: &mut Catalog, child: &ObjectName, constraint: &Constraint) {
    let Some(stored) = catalog.tables.get(child) else { return };
    let mut table = (**stored).clone();
    let inherited = matches!(constraint.kind, ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. });
    if table.partition_of.is_none() && !inherited {
        return;
    }
    if inherited && constraint.name.as_deref().is_some_and(|name| table.constraint(name).is_some()) {
        return;
    }
    // Keys get a name of their own in each partition, checks and foreign keys the parent's.
    let keeps = inherited || matches!(constraint.kind, ConstraintKind::ForeignKey { .. });
    let name = if keeps { constraint.name.clone() } else { None };
    let copy = Constraint { name, ..constraint.clone() };
    let own = Names::beside(catalog, child).constraint(child, &table, &copy);
    table.constraints.push(Constraint { name: own, ..copy });
    apply_not_null(&mut table);
    catalog.put(child.clone(), table.into());
}

/// A new column of a parent, on its child.
pub(super) fn add_column_below(catalog: &mut Catalog, child: &ObjectName, column: &ColumnDefinition, constraints: &[Constraint]) {
    let Some(table) = catalog.edit(child) else { return };
    if table.column(&column.name).is_none() {
        table.columns.push(column.clone());
    }
    for constraint in constraints {
        add_below(catalog, child, constraint);
    }
}

/// The constraint must be there.
pub(super) fn exists(catalog: &Catalog, name: &ObjectName, constraint: &str) -> Outcome {
    let constraint = shortened(constraint, catalog.dialect);
    let key = rows::table(catalog, name)?;
    match catalog.tables.get(&key) {
        Some(table) if table.constraint(constraint).is_none() => Err(drop_constraint::no_constraint(catalog, &key, constraint)),
        _ => Ok(()),
    }
}

/// `VALIDATE CONSTRAINT`.
pub(super) fn validate(catalog: &mut Catalog, name: &ObjectName, constraint: &str) -> Outcome {
    exists(catalog, name, constraint)?;
    let constraint = shortened(constraint, catalog.dialect);
    let key = rows::table(catalog, name)?;
    for member in family(catalog, &key) {
        if let Some(table) = catalog.edit(&member) {
            let named = table.constraints.iter_mut().filter(|own| own.name.as_deref() == Some(constraint));
            named.for_each(|own| own.validated = true);
            apply_not_null(table);
        }
    }
    Ok(())
}

/// `RENAME CONSTRAINT`. A key's index takes the new name too, so it must be free among relations.
pub(super) fn rename(catalog: &mut Catalog, name: &ObjectName, constraint: &str, to: &str) -> Outcome {
    let wanted = |message: String| match catalog.dialect {
        Dialect::Postgres => message.replace(" of relation ", " for table "),
        _ => message,
    };
    exists(catalog, name, constraint).map_err(wanted)?;
    let (constraint, to) = (shortened(constraint, catalog.dialect), shortened(to, catalog.dialect));
    let key = rows::table(catalog, name)?;
    let Some(table) = catalog.tables.get(&key) else { return Ok(()) };
    let Some(found) = table.constraint(constraint).cloned() else { return Ok(()) };
    free(catalog, &key, table, &found, to)?;
    let inherited = matches!(found.kind, ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. });
    let members = if inherited { family(catalog, &key) } else { vec![key] };
    for member in members {
        if let Some(table) = catalog.edit(&member) {
            let named = table.constraints.iter_mut().filter(|own| own.name.as_deref() == Some(constraint));
            named.for_each(|own| own.name = Some(to.to_owned()));
        }
    }
    Ok(())
}
