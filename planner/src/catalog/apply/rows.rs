//! Statements that read or write rows: the names they need must be there.

use super::{Outcome, Together};
use crate::catalog::{Catalog, Table, query};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{CommentKind, DataChange, Operation};

/// The server's words for a relation that is not there.
pub(crate) fn missing(catalog: &Catalog, name: &ObjectName) -> String {
    match (catalog.dialect, &name.schema) {
        (Dialect::Postgres, Some(schema)) if !catalog.schemas.contains(schema) => {
            return format!("schema \"{schema}\" does not exist");
        }
        _ => {}
    }
    match catalog.dialect {
        Dialect::Postgres => format!("relation \"{name}\" does not exist"),
        Dialect::Sqlite => format!("no such table: {name}"),
        Dialect::MySql | Dialect::MariaDb => format!("Table '{name}' doesn't exist"),
    }
}

/// The server's words for a column that is not there.
pub(crate) fn no_column(catalog: &Catalog, table: &ObjectName, column: &str) -> String {
    match catalog.dialect {
        Dialect::Postgres => format!("column \"{column}\" of relation \"{}\" does not exist", table.name),
        Dialect::Sqlite => format!("no such column: \"{column}\""),
        Dialect::MySql | Dialect::MariaDb => format!("Unknown column '{column}' in '{}'", table.name),
    }
}

/// The stored name of a table, or the server's refusal.
pub(super) fn table(catalog: &Catalog, name: &ObjectName) -> Result<ObjectName, String> {
    catalog.table_key(name).ok_or_else(|| missing(catalog, name))
}

/// The stored name of a table, view or sequence, or the server's refusal.
pub(super) fn relation(catalog: &Catalog, name: &ObjectName) -> Result<ObjectName, String> {
    catalog
        .find(name, |key| catalog.relation_exists(key))
        .or_else(|| is_system(catalog, name).then(|| name.clone()))
        .ok_or_else(|| missing(catalog, name))
}

/// All of them must be there.
pub(super) fn relations(catalog: &Catalog, names: &[ObjectName]) -> Outcome {
    names.iter().try_for_each(|name| relation(catalog, name).map(drop))
}

/// Extensions of PostgreSQL's own distribution, and pgvector, that make functions, types and operators only.
const BRING_NO_RELATION: &[&str] = &[
    "amcheck",
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dblink",
    "dict_int",
    "dict_xsyn",
    "earthdistance",
    "fuzzystrmatch",
    "hstore",
    "insert_username",
    "intagg",
    "intarray",
    "isn",
    "lo",
    "ltree",
    "moddatetime",
    "pg_trgm",
    "pgcrypto",
    "pgrowlocks",
    "pgstattuple",
    "plpgsql",
    "postgres_fdw",
    "seg",
    "tablefunc",
    "tsm_system_rows",
    "unaccent",
    "uuid-ossp",
    "vector",
    "xml2",
];

/// Whether a relation belongs to the server, or may belong to an extension.
fn is_system(catalog: &Catalog, name: &ObjectName) -> bool {
    query::is_system(name, catalog.dialect) || extended(catalog)
}

/// Whether an extension may have brought relations.
pub(crate) fn extended(catalog: &Catalog) -> bool {
    catalog.extensions.iter().any(|extension| !BRING_NO_RELATION.contains(&extension.as_str()))
}

/// Every relation that is read must exist.
pub(super) fn reads(catalog: &Catalog, names: &[ObjectName]) -> Outcome {
    names.iter().try_for_each(|name| read(catalog, name).map(|_| ()))
}

/// The stored name of a relation in a query, which PostgreSQL misses as such also where its schema is not there.
fn read(catalog: &Catalog, name: &ObjectName) -> Result<ObjectName, String> {
    relation(catalog, name).map_err(|message| match catalog.dialect {
        Dialect::Postgres => format!("relation \"{name}\" does not exist"),
        _ => message,
    })
}

/// What a query or data change names must be there.
pub(super) fn named(catalog: &Catalog, operation: &Operation) -> Outcome {
    match operation {
        Operation::Insert(written) | Operation::Update(written) | Operation::Delete(written) => change(catalog, written),
        Operation::Select { reads: names, .. } => reads(catalog, names),
        _ => Ok(()),
    }
}

/// `INSERT`, `UPDATE`, `DELETE`.
fn change(catalog: &Catalog, change: &DataChange) -> Outcome {
    // The server reads a `WITH` clause first.
    let with = change.whole_because.as_deref().is_some_and(|why| why.ends_with("a WITH clause"));
    if with {
        reads(catalog, &change.reads)?;
    }
    let key = read(catalog, &change.table)?;
    reads(catalog, &change.reads)?;
    let Some(table) = catalog.tables.get(&key) else { return Ok(()) };
    for column in &change.columns {
        if !has_column(catalog, table, column) {
            // PostgreSQL reads expressions before it looks for the columns that are set.
            let first = catalog.dialect == Dialect::Postgres && change.uses.contains(column);
            return Err(if first { format!("column \"{column}\" does not exist") } else { no_column(catalog, &key, column) });
        }
    }
    Ok(())
}

/// Whether a table has a column of that name, or may have one.
pub(super) fn has_column(catalog: &Catalog, table: &Table, column: &str) -> bool {
    // A virtual table of SQLite's has hidden columns too: its own name, `rank`.
    table.columns_unknown
        || table.options.contains_key("module")
        || table.columns.iter().any(|own| catalog.same(&own.name, column))
        || is_system_column(catalog, column)
}

/// Columns that every table has without naming them.
pub(crate) fn is_system_column(catalog: &Catalog, column: &str) -> bool {
    match catalog.dialect {
        Dialect::Postgres => matches!(column, "ctid" | "xmin" | "xmax" | "cmin" | "cmax" | "tableoid"),
        Dialect::Sqlite => matches!(column.to_ascii_lowercase().as_str(), "rowid" | "oid" | "_rowid_"),
        Dialect::MySql | Dialect::MariaDb => false,
    }
}

/// `TRUNCATE`.
pub(super) fn truncate(catalog: &Catalog, name: &ObjectName, cascade: bool, together: &Together) -> Outcome {
    let key = table(catalog, name)?;
    let referenced = catalog.references_to(&key).any(|(child, _)| *child != key && !together.contains(child));
    if referenced && !cascade && catalog.dialect == Dialect::Postgres {
        return Err("cannot truncate a table referenced in a foreign key constraint".to_owned());
    }
    Ok(())
}

/// `COMMENT ON`.
pub(super) fn comment(
    catalog: &mut Catalog,
    kind: CommentKind,
    object: &ObjectName,
    column: Option<&str>,
    text: Option<&str>,
) -> Outcome {
    match kind {
        CommentKind::Other => Ok(()),
        CommentKind::Column => {
            let key = relation(catalog, object)?;
            let (Some(table), Some(column)) = (catalog.tables.get(&key), column) else { return Ok(()) };
            if !has_column(catalog, table, column) {
                return Err(no_column(catalog, &key, column));
            }
            let columns = catalog.edit(&key).into_iter().flat_map(|table| &mut table.columns);
            columns.filter(|own| own.name == column).for_each(|own| own.comment = text.map(str::to_owned));
            Ok(())
        }
        CommentKind::Table => {
            let key = relation(catalog, object)?;
            if let Some(table) = catalog.edit(&key) {
                table.comment = text.map(str::to_owned);
            }
            Ok(())
        }
    }
}
