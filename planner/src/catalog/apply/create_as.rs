//! `CREATE TABLE … AS`, and the columns that a query gives out.

use std::sync::Arc;

use super::{Outcome, create, object, rows};
use crate::catalog::{Catalog, Table};
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, Operation, Output};

/// A table made by a query: its columns have names and types, no default and no NOT NULL.
pub(super) fn table(catalog: &mut Catalog, operation: &Operation) -> Outcome {
    let Operation::CreateTableAs { table, if_not_exists, temporary, reads, outputs } = operation else { return Ok(()) };
    let key = create::new_name(catalog, table, *temporary)?;
    if catalog.relation_exists(&key) {
        return if *if_not_exists { Ok(()) } else { Err(create::exists(catalog, table)) };
    }
    rows::reads(catalog, reads)?;
    let columns = outputs.as_deref().and_then(|outputs| columns(catalog, outputs));
    let columns_unknown = columns.is_none();
    let columns = columns.unwrap_or_default();
    catalog.put(key, Arc::new(Table { temporary: *temporary, columns, columns_unknown, ..Table::default() }));
    Ok(())
}

/// The columns of a query; `None` where one of its sources is not known.
pub(super) fn columns(catalog: &Catalog, outputs: &[Output]) -> Option<Vec<ColumnDefinition>> {
    let mut found: Vec<ColumnDefinition> = Vec::new();
    for output in outputs {
        match output {
            Output::All { table } => found.extend(source(catalog, table)?.iter().map(plain)),
            Output::Column { name, tables, column } => {
                let sources: Option<Vec<&[ColumnDefinition]>> = tables.iter().map(|table| source(catalog, table)).collect();
                let own = sources?.into_iter().flatten().find(|own| catalog.same(&own.name, column))?;
                found.push(ColumnDefinition { name: name.clone(), ..plain(own) });
            }
            Output::Value { name, data_type } => {
                let data_type = object::printed_type(catalog, data_type);
                found.push(ColumnDefinition { name: name.clone(), data_type, nullable: true, ..ColumnDefinition::default() });
            }
        }
    }
    let unique = |at: usize, column: &ColumnDefinition| !found.iter().take(at).any(|other| other.name == column.name);
    found.iter().enumerate().all(|(at, column)| unique(at, column)).then_some(found)
}

/// The columns of a table or view.
fn source<'a>(catalog: &'a Catalog, name: &ObjectName) -> Option<&'a [ColumnDefinition]> {
    if let Some(table) = catalog.table(name) {
        return (!table.columns_unknown).then_some(table.columns.as_slice());
    }
    catalog.view_key(name).and_then(|key| catalog.views.get(&key))?.columns.as_deref()
}

fn plain(column: &ColumnDefinition) -> ColumnDefinition {
    ColumnDefinition {
        name: column.name.clone(),
        data_type: column.data_type.clone(),
        nullable: true,
        collation: column.collation.clone(),
        ..ColumnDefinition::default()
    }
}
