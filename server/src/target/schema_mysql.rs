//! The live schema of a MySQL or MariaDB database, read from `information_schema`.
//!
//! The database is what a schema is elsewhere; its name is left out, because a migration does not write it either.

use std::collections::{BTreeMap, BTreeSet};

use planner::catalog::schema::{
    CheckSchema, ColumnSchema, ForeignKeySchema, IndexSchema, NamedObject, Schema, TableSchema, backs_a_foreign_key,
};
use planner::dialect::Dialect;
use planner::plan::pre_image::is_side_table;
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, MySqlConnection, Row};

type Tables = BTreeMap<String, TableSchema>;

/// Reads the schema. `exclude` names tables that are left out with all that belongs to them.
///
/// # Errors
/// The server's refusal.
pub async fn read<S: AsRef<str> + Sync>(
    conn: &mut MySqlConnection,
    dialect: Dialect,
    exclude: &[S],
) -> Result<Schema, sqlx::Error> {
    let mut schema = Schema { dialect, ..Schema::default() };
    let mut tables = Tables::new();
    let sql = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = DATABASE()";
    for row in rows(conn, sql).await? {
        let name = text(&row, 0)?;
        if exclude.iter().any(|excluded| excluded.as_ref() == name) || is_side_table(&name) {
            continue;
        }
        match text(&row, 1)?.as_str() {
            "VIEW" | "SYSTEM VIEW" => schema.views.push(NamedObject { schema: None, name }),
            "SEQUENCE" => schema.sequences.push(NamedObject { schema: None, name }),
            _ => {
                tables.insert(name.clone(), TableSchema { name, ..TableSchema::default() });
            }
        }
    }
    columns(conn, dialect, &mut tables).await?;
    indexes(conn, dialect, &mut tables).await?;
    foreign_keys(conn, &mut tables).await?;
    checks(conn, dialect, &mut tables).await?;
    tables.values_mut().for_each(show_json);
    let sql = "SELECT DISTINCT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()";
    for row in rows(conn, sql).await? {
        schema.functions.push(NamedObject { schema: None, name: text(&row, 0)? });
    }
    schema.tables = tables.into_values().collect();
    for table in &mut schema.tables {
        table.indexes.sort();
        table.unique.sort();
        table.foreign_keys.sort();
        table.checks.sort();
    }
    schema.views.sort();
    schema.sequences.sort();
    schema.functions.sort();
    Ok(schema)
}

async fn rows(conn: &mut MySqlConnection, sql: &str) -> Result<Vec<MySqlRow>, sqlx::Error> {
    use futures_util::TryStreamExt;
    sqlx::raw_sql(AssertSqlSafe(sql)).fetch(conn).try_collect().await
}

fn optional(row: &MySqlRow, at: usize) -> Result<Option<String>, sqlx::Error> {
    row.try_get_unchecked(at)
}

fn text(row: &MySqlRow, at: usize) -> Result<String, sqlx::Error> {
    Ok(optional(row, at)?.unwrap_or_default())
}

async fn columns(conn: &mut MySqlConnection, dialect: Dialect, tables: &mut Tables) -> Result<(), sqlx::Error> {
    let sql = "SELECT table_name, column_name, column_type, is_nullable, column_default, extra, generation_expression \
         FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position";
    for row in rows(conn, sql).await? {
        let Some(table) = tables.get_mut(&text(&row, 0)?) else { continue };
        let extra = text(&row, 5)?;
        let data_type = without_width(&text(&row, 2)?);
        let default = optional(&row, 4)?.and_then(|value| default(value, &data_type, &extra, dialect));
        table.columns.push(ColumnSchema {
            name: text(&row, 1)?,
            nullable: text(&row, 3)? == "YES",
            default,
            identity: extra.to_ascii_lowercase().contains("auto_increment").then(|| "auto_increment".to_owned()),
            generated: optional(&row, 6)?.filter(|expression| !expression.is_empty()),
            data_type,
        });
    }
    Ok(())
}

/// The display width of an integer says nothing, and MySQL 8.0.19 no longer shows it; `tinyint(1)` stands for a boolean.
fn without_width(data_type: &str) -> String {
    let Some((head, tail)) = data_type.split_once("int(") else { return data_type.to_owned() };
    let plain = ["", "tiny", "small", "medium", "big"].contains(&head) && data_type != "tinyint(1)";
    match tail.split_once(')') {
        Some((_, rest)) if plain && !rest.contains("zerofill") => format!("{head}int{rest}"),
        _ => data_type.to_owned(),
    }
}

/// MariaDB's `json` is a `longtext` with a check, which keeps the column's first name when the column gets another.
fn show_json(table: &mut TableSchema) {
    for column in &mut table.columns {
        let own = format!("json_valid(`{}`)", column.name);
        let before = table.checks.len();
        if column.data_type == "longtext" {
            table.checks.retain(|check| check.expression != own);
        }
        if table.checks.len() < before {
            "json".clone_into(&mut column.data_type);
        }
    }
}

/// MariaDB shows an expression, and `NULL` for no default; MySQL shows a bare value, or an expression and says so.
fn default(value: String, data_type: &str, extra: &str, dialect: Dialect) -> Option<String> {
    if dialect == Dialect::MariaDb {
        return (value != "NULL").then_some(value);
    }
    let expression = extra.contains("DEFAULT_GENERATED") || value.starts_with("b'") || value.starts_with("0x");
    let number = ["int", "dec", "float", "double", "bit"].iter().any(|word| data_type.contains(word));
    if expression || number { Some(value) } else { Some(format!("'{}'", value.replace('\'', "''"))) }
}

async fn indexes(conn: &mut MySqlConnection, dialect: Dialect, tables: &mut Tables) -> Result<(), sqlx::Error> {
    // MySQL 8 has indexes on expressions, whose parts have no column name.
    let expression = if dialect == Dialect::MySql { "expression" } else { "NULL" };
    let sql = format!(
        "SELECT table_name, index_name, non_unique, COALESCE(column_name, {expression}) FROM information_schema.statistics \
         WHERE table_schema = DATABASE() ORDER BY table_name, index_name, seq_in_index"
    );
    let mut found: BTreeMap<(String, String), IndexSchema> = BTreeMap::new();
    for row in rows(conn, &sql).await? {
        let (table, name) = (text(&row, 0)?, text(&row, 1)?);
        let unique = text(&row, 2)? == "0";
        let index = found.entry((table, name.clone())).or_default();
        index.name = name;
        index.unique = unique;
        index.valid = true;
        index.columns.push(text(&row, 3)?);
    }
    for ((table, name), index) in found {
        let Some(table) = tables.get_mut(&table) else { continue };
        match (name.as_str(), index.unique) {
            ("PRIMARY", _) => table.primary_key = index.columns,
            (_, true) => table.unique.push(index.columns),
            (_, false) => table.indexes.push(index),
        }
    }
    Ok(())
}

async fn foreign_keys(conn: &mut MySqlConnection, tables: &mut Tables) -> Result<(), sqlx::Error> {
    let sql = "SELECT k.table_name, k.constraint_name, k.column_name, NULLIF(k.referenced_table_schema, DATABASE()), \
         k.referenced_table_name, k.referenced_column_name, r.delete_rule FROM information_schema.key_column_usage k \
         JOIN information_schema.referential_constraints r ON r.constraint_schema = k.constraint_schema \
         AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name \
         WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL \
         ORDER BY k.table_name, k.constraint_name, k.ordinal_position";
    let mut keys: BTreeMap<(String, String), ForeignKeySchema> = BTreeMap::new();
    for row in rows(conn, sql).await? {
        let key = keys.entry((text(&row, 0)?, text(&row, 1)?)).or_default();
        key.columns.push(text(&row, 2)?);
        key.ref_schema = optional(&row, 3)?;
        key.ref_table = text(&row, 4)?;
        key.ref_columns.push(text(&row, 5)?);
        // MariaDB says RESTRICT where nothing was written, MySQL says NO ACTION; both mean the same to InnoDB.
        key.on_delete = optional(&row, 6)?.filter(|action| action != "NO ACTION" && action != "RESTRICT");
    }
    for ((table, name), key) in keys {
        if let Some(table) = tables.get_mut(&table) {
            table.indexes.retain(|index| !backs_a_foreign_key(index, &[(&name, &key.columns)]));
            table.foreign_keys.push(key);
        }
    }
    Ok(())
}

async fn checks(conn: &mut MySqlConnection, dialect: Dialect, tables: &mut Tables) -> Result<(), sqlx::Error> {
    let sql = match dialect {
        Dialect::MariaDb => {
            "SELECT table_name, constraint_name, check_clause FROM information_schema.check_constraints \
             WHERE constraint_schema = DATABASE()"
        }
        _ => {
            "SELECT t.table_name, c.constraint_name, c.check_clause FROM information_schema.check_constraints c \
             JOIN information_schema.table_constraints t USING (constraint_schema, constraint_name) \
             WHERE c.constraint_schema = DATABASE()"
        }
    };
    let mut seen = BTreeSet::new();
    for row in rows(conn, sql).await? {
        let (owner, name) = (text(&row, 0)?, text(&row, 1)?);
        let Some(table) = tables.get_mut(&owner) else { continue };
        if seen.insert((owner, name.clone())) {
            table.checks.push(CheckSchema { name, expression: text(&row, 2)?, validated: true });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_of_integers_are_left_out_but_for_the_boolean() {
        assert_eq!(without_width("int(11)"), "int");
        assert_eq!(without_width("bigint(20) unsigned"), "bigint unsigned");
        for kept in ["tinyint(1)", "int(5) unsigned zerofill", "point", "varchar(20)"] {
            assert_eq!(without_width(kept), kept);
        }
    }
}
