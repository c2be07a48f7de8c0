//! The live schema of a SQLite database, read with its pragmas.
//!
//! Checks, generated expressions, partial-index predicates and index expressions exist only as the
//! text that SQLite keeps of the command, so that text goes through the planner's own parser.

use std::collections::BTreeMap;

use planner::catalog::schema::{
    CheckSchema, ColumnSchema, ForeignKeySchema, IndexSchema, NamedObject, OpaqueSchema, Schema, TableSchema,
};
use planner::dialect::Dialect;
use planner::plan::pre_image::is_side_table;
use planner::statement::operation::{ColumnDefinition, ConstraintKind, CreateTable, IndexPart, Operation};
use planner::statement::parse::parse;
use sqlx::{Row, SqliteConnection};

/// Reads the schema, without the tables in which virtual tables keep their contents. `exclude` names tables that are left out with all that belongs to them.
///
/// # Errors
/// The database's refusal.
pub async fn read<S: AsRef<str> + Sync>(conn: &mut SqliteConnection, exclude: &[S]) -> Result<Schema, sqlx::Error> {
    let mut schema = Schema { dialect: Dialect::Sqlite, ..Schema::default() };
    let sql = "SELECT type, name, COALESCE(sql, '') AS sql FROM sqlite_schema \
         WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND name NOT IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow') ORDER BY name";
    for row in sqlx::query(sql).fetch_all(&mut *conn).await? {
        let name: String = row.try_get("name")?;
        let excluded = |excluded: &S| excluded.as_ref().trim_start_matches("main.").eq_ignore_ascii_case(&name);
        if exclude.iter().any(excluded) || is_side_table(&name) {
            continue;
        }
        if row.try_get::<String, _>("type")? == "view" {
            schema.views.push(NamedObject { schema: None, name });
            continue;
        }
        let text: String = row.try_get("sql")?;
        let written = written_table(&text);
        if written.is_none() {
            let reason = format!("the checks of table {name} could not be read from its CREATE statement");
            schema.opaque.push(OpaqueSchema { file: String::new(), line: 0, reason });
        }
        schema.tables.push(table(conn, name, &written.unwrap_or_default()).await?);
    }
    schema.tables.sort_by(|a, b| a.name.cmp(&b.name));
    schema.views.sort();
    Ok(schema)
}

/// The `CREATE TABLE` that SQLite keeps, as the planner reads it.
fn written_table(sql: &str) -> Option<CreateTable> {
    let (operations, _) = parse(sql, Dialect::Sqlite);
    operations.into_iter().find_map(|operation| match operation {
        Operation::CreateTable(create) => Some(create),
        _ => None,
    })
}

async fn table(conn: &mut SqliteConnection, name: String, written: &CreateTable) -> Result<TableSchema, sqlx::Error> {
    let mut table = TableSchema { name, ..TableSchema::default() };
    let mut key: BTreeMap<i64, String> = BTreeMap::new();
    let sql = "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid";
    for row in sqlx::query(sql).bind(&table.name).fetch_all(&mut *conn).await? {
        let column: String = row.try_get("name")?;
        // A virtual table hides what only its queries use.
        if row.try_get::<i64, _>("hidden")? == 1 {
            continue;
        }
        let place: i64 = row.try_get("pk")?;
        if place > 0 {
            key.insert(place, column.clone());
        }
        let as_written = written.columns.iter().find(|own| own.name.eq_ignore_ascii_case(&column));
        table.columns.push(ColumnSchema {
            data_type: row.try_get("type")?,
            nullable: row.try_get::<i64, _>("notnull")? == 0 && place == 0,
            default: row.try_get("dflt_value")?,
            identity: None,
            generated: as_written.and_then(generated).filter(|_| row.try_get::<i64, _>("hidden").is_ok_and(|hidden| hidden > 1)),
            name: column,
        });
    }
    table.primary_key = key.into_values().collect();
    for constraint in &written.constraints {
        if let ConstraintKind::Check { expression } = &constraint.kind {
            let name = constraint.name.clone().unwrap_or_default();
            table.checks.push(CheckSchema { name, expression: expression.clone(), validated: true });
        }
    }
    foreign_keys(conn, &mut table).await?;
    indexes(conn, &mut table).await?;
    table.checks.sort();
    Ok(table)
}

fn generated(column: &ColumnDefinition) -> Option<String> {
    column.generated.as_ref().map(|generated| generated.expression.clone())
}

async fn foreign_keys(conn: &mut SqliteConnection, table: &mut TableSchema) -> Result<(), sqlx::Error> {
    // Without a column list the parent's primary key is meant.
    let sql = "SELECT f.id, f.\"table\" AS parent, f.\"from\" AS own, f.on_delete, \
         COALESCE(f.\"to\", (SELECT p.name FROM pragma_table_info(f.\"table\") p WHERE p.pk = f.seq + 1)) AS target \
         FROM pragma_foreign_key_list(?) f ORDER BY f.id, f.seq";
    let mut keys: BTreeMap<i64, ForeignKeySchema> = BTreeMap::new();
    for row in sqlx::query(sql).bind(&table.name).fetch_all(conn).await? {
        let key = keys.entry(row.try_get("id")?).or_default();
        key.ref_table = row.try_get("parent")?;
        key.on_delete = Some(row.try_get::<String, _>("on_delete")?).filter(|action| action != "NO ACTION");
        key.columns.push(row.try_get("own")?);
        if let Some(target) = row.try_get::<Option<String>, _>("target")? {
            key.ref_columns.push(target);
        }
    }
    table.foreign_keys = keys.into_values().collect();
    table.foreign_keys.sort();
    Ok(())
}

async fn indexes(conn: &mut SqliteConnection, table: &mut TableSchema) -> Result<(), sqlx::Error> {
    let sql = "SELECT l.name, l.\"unique\", l.origin, COALESCE(s.sql, '') AS sql \
         FROM pragma_index_list(?) l LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = l.name ORDER BY l.name";
    for row in sqlx::query(sql).bind(&table.name).fetch_all(&mut *conn).await? {
        let name: String = row.try_get("name")?;
        match row.try_get::<String, _>("origin")?.as_str() {
            "pk" => {}
            "u" => table.unique.push(index_columns(conn, &name).await?),
            _ => {
                let unique = row.try_get::<i64, _>("unique")? != 0;
                let index = written_index(&row.try_get::<String, _>("sql")?);
                let (columns, predicate) = match index {
                    Some(index) => index,
                    None => (index_columns(conn, &name).await?, None),
                };
                table.indexes.push(IndexSchema { name, columns, unique, predicate, valid: true });
            }
        }
    }
    table.unique.sort();
    table.indexes.sort();
    Ok(())
}

async fn index_columns(conn: &mut SqliteConnection, index: &str) -> Result<Vec<String>, sqlx::Error> {
    let sql = "SELECT COALESCE(name, '') AS name FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno";
    sqlx::query(sql).bind(index).fetch_all(conn).await?.iter().map(|row| row.try_get("name")).collect()
}

/// Key parts and predicate of a `CREATE INDEX` that SQLite keeps.
fn written_index(sql: &str) -> Option<(Vec<String>, Option<String>)> {
    let (operations, _) = parse(sql, Dialect::Sqlite);
    operations.into_iter().find_map(|operation| match operation {
        Operation::CreateIndex(create) => {
            let part = |part: IndexPart| match part {
                IndexPart::Column(text) | IndexPart::Expression(text) => text,
            };
            Some((create.columns.into_iter().map(part).collect(), create.predicate))
        }
        _ => None,
    })
}
