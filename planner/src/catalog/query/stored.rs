//! What is stored: columns of views, types of columns, and which relations are the server's own.

use std::borrow::Cow;

use super::{Origin, Output, resolve};
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::command::Out;
use crate::statement::operation::ColumnDefinition;

/// The columns of a stored view: those of its definition, else those of its query where that names each of them.
pub(crate) fn columns_of<'a>(catalog: &'a Catalog, key: &ObjectName) -> Option<Cow<'a, [ColumnDefinition]>> {
    let view = catalog.views.get(key)?;
    if let Some(columns) = &view.columns {
        return Some(Cow::Borrowed(columns));
    }
    // What `*` stood for when the view was made is not known.
    let command = crate::statement::parse::command(&view.query, catalog.dialect).ok()?;
    if command.block.outputs.iter().any(|out| matches!(out, Out::Star(_))) || view.reads.contains(key) {
        return None;
    }
    let outputs = resolve(&command, catalog).outputs?;
    let column = |output: Output| {
        let Origin::Column(table, column) = output.from else { return None };
        let (data_type, nullable) = type_of(catalog, &table, &column)?;
        Some(ColumnDefinition { name: output.name?, data_type, nullable, ..ColumnDefinition::default() })
    };
    outputs.into_iter().map(column).collect::<Option<Vec<_>>>().map(Cow::Owned)
}

/// Type and nullability of a column of a stored table or view.
pub(crate) fn type_of(catalog: &Catalog, key: &ObjectName, column: &str) -> Option<(String, bool)> {
    let column = |columns: &[ColumnDefinition]| {
        let column = columns.iter().find(|own| catalog.same(&own.name, column))?;
        Some((column.data_type.clone(), column.nullable))
    };
    match catalog.tables.get(key) {
        Some(table) => column(&table.columns),
        None => column(&columns_of(catalog, key)?),
    }
}

/// Relations of the server itself.
pub(crate) fn is_system(name: &ObjectName, dialect: Dialect) -> bool {
    let schema = name.schema.as_deref().map(str::to_lowercase);
    match dialect {
        Dialect::Postgres => match schema.as_deref() {
            Some("pg_catalog" | "information_schema" | "pg_toast") => true,
            _ => name.name.starts_with("pg_"),
        },
        Dialect::Sqlite => {
            let name = name.name.to_lowercase();
            let functions = ["json_each", "json_tree", "jsonb_each", "jsonb_tree", "generate_series", "dbstat"];
            name.starts_with("sqlite_") || name.starts_with("pragma_") || functions.contains(&name.as_str())
        }
        Dialect::MySql | Dialect::MariaDb => {
            schema.as_deref().is_some_and(|schema| ["information_schema", "performance_schema", "mysql", "sys"].contains(&schema))
                || name.name.eq_ignore_ascii_case("dual")
                || is_sequence(&name.name)
        }
    }
}

/// A table of MariaDB's engine of sequences: `seq_1_to_100`.
fn is_sequence(name: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match name.split('_').collect::<Vec<_>>().as_slice() {
        ["seq", from, "to", to] | ["seq", from, "to", to, "step", _] => number(from) && number(to),
        _ => false,
    }
}
