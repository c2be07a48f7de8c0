//! The live schema of a PostgreSQL database (11 and later), read from `pg_catalog`.
//!
//! The search path is set to `public` for the reading, because the server prints names of types,
//! sequences and functions by it: the same database must give the same bytes over every connection.

use std::collections::{BTreeMap, BTreeSet};

use planner::catalog::schema::{
    CheckSchema, ColumnSchema, EnumSchema, ForeignKeySchema, IndexSchema, NamedObject, Schema, TableSchema,
};
use planner::dialect::Dialect;
use planner::plan::pre_image::is_side_table;
use sqlx::{PgConnection, Row};

/// Left out everywhere: the server's own schemas, temporary ones, and what an extension brought along.
const OWN_SCHEMAS: &str = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'";

type Tables = BTreeMap<i64, TableSchema>;

/// Reads the schema. `exclude` names tables and functions (`name` or `schema.name`) that are left out with all that belongs to
/// them: history and journal tables.
///
/// # Errors
/// The server's refusal.
pub async fn read<S: AsRef<str> + Sync>(conn: &mut PgConnection, exclude: &[S]) -> Result<Schema, sqlx::Error> {
    let path: String = sqlx::query_scalar("SELECT pg_catalog.current_setting('search_path')").fetch_one(&mut *conn).await?;
    set_path(conn, "public").await?;
    let schema = read_visible(conn, exclude).await;
    set_path(conn, &path).await?;
    schema
}

async fn set_path(conn: &mut PgConnection, path: &str) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_catalog.set_config('search_path', $1, false)").bind(path).execute(conn).await?;
    Ok(())
}

async fn read_visible<S: AsRef<str> + Sync>(conn: &mut PgConnection, exclude: &[S]) -> Result<Schema, sqlx::Error> {
    let mut schema = Schema { dialect: Dialect::Postgres, ..Schema::default() };
    let mut tables = Tables::new();
    let mut excluded = BTreeSet::new();
    let mut indexes: BTreeMap<i64, Vec<IndexSchema>> = BTreeMap::new();
    for row in sqlx::query(relations()).fetch_all(&mut *conn).await? {
        let oid: i64 = row.try_get("oid")?;
        let name = NamedObject { schema: row.try_get("schema")?, name: row.try_get("name")? };
        let owner: Option<i64> = row.try_get("owner")?;
        if is_excluded(&name, exclude) || owner.is_some_and(|owner| excluded.contains(&owner)) {
            excluded.insert(oid);
            continue;
        }
        match row.try_get::<String, _>("kind")?.as_str() {
            "r" | "p" | "f" => {
                tables.insert(oid, TableSchema { schema: name.schema, name: name.name, ..TableSchema::default() });
            }
            "S" => schema.sequences.push(name),
            _ => schema.views.push(name),
        }
    }
    columns(conn, &mut tables).await?;
    constraints(conn, &mut tables).await?;
    read_indexes(conn, &mut indexes).await?;
    for (oid, mut table) in tables {
        table.indexes = indexes.remove(&oid).unwrap_or_default();
        table.indexes.sort();
        table.unique.sort();
        table.foreign_keys.sort();
        table.checks.sort();
        schema.tables.push(table);
    }
    schema.enums = enums(conn).await?;
    schema.functions = functions(conn).await?;
    schema.functions.retain(|function| !is_excluded(function, exclude));
    schema.tables.sort_by(|a, b| (&a.schema, &a.name).cmp(&(&b.schema, &b.name)));
    schema.views.sort();
    schema.sequences.sort();
    Ok(schema)
}

fn is_excluded<S: AsRef<str>>(name: &NamedObject, exclude: &[S]) -> bool {
    let full = format!("{}.{}", name.schema.as_deref().unwrap_or_default(), name.name);
    let named = exclude.iter().any(|excluded| excluded.as_ref() == name.name || excluded.as_ref() == full);
    named || is_side_table(&name.name)
}

/// Not brought along by an extension. `class` is the catalog and `oid` the object.
fn own(class: &str, oid: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.{class}'::pg_catalog.regclass \
         AND d.objid = {oid} AND d.deptype = 'e')"
    )
}

/// Tables before what they own.
fn relations() -> sqlx::AssertSqlSafe<String> {
    let own = own("pg_class", "c.oid");
    sqlx::AssertSqlSafe(format!(
        "SELECT c.oid::pg_catalog.int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, \
         (SELECT d.refobjid::pg_catalog.int8 FROM pg_catalog.pg_depend d WHERE c.relkind = 'S' AND d.objid = c.oid \
          AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
          AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i') LIMIT 1) AS owner \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND {OWN_SCHEMAS} AND {own} \
         ORDER BY c.relkind = 'S', n.nspname, c.relname"
    ))
}

async fn columns(conn: &mut PgConnection, tables: &mut Tables) -> Result<(), sqlx::Error> {
    // attgenerated came with 12; the row as JSON has it where it is there.
    let sql = "SELECT a.attrelid::pg_catalog.int8 AS oid, a.attname::text AS name, \
         pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable, \
         pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS default, a.attidentity::text AS identity, \
         COALESCE(pg_catalog.to_jsonb(a) ->> 'attgenerated', '') <> '' AS generated \
         FROM pg_catalog.pg_attribute a \
         LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";
    for row in sqlx::query(sql).fetch_all(conn).await? {
        let Some(table) = tables.get_mut(&row.try_get::<i64, _>("oid")?) else { continue };
        let expression: Option<String> = row.try_get("default")?;
        let generated: bool = row.try_get("generated")?;
        let identity = match row.try_get::<String, _>("identity")?.as_str() {
            "a" => Some("always".to_owned()),
            "d" => Some("by default".to_owned()),
            _ => None,
        };
        table.columns.push(ColumnSchema {
            name: row.try_get("name")?,
            data_type: row.try_get("type")?,
            nullable: row.try_get("nullable")?,
            // The default NULL is none; where the type has a modifier the server keeps it, with a cast.
            default: expression.clone().filter(|text| !generated && text != "NULL" && !text.starts_with("NULL::")),
            identity,
            generated: expression.filter(|_| generated),
        });
    }
    Ok(())
}

/// Names of the columns that an array of column numbers stands for, in its order.
const KEY_NAMES: &str = "ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(NUMBERS) WITH ORDINALITY k(attnum, place) \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = RELATION AND a.attnum = k.attnum ORDER BY k.place)";

fn key_names(numbers: &str, relation: &str) -> String {
    KEY_NAMES.replace("NUMBERS", numbers).replace("RELATION", relation)
}

async fn constraints(conn: &mut PgConnection, tables: &mut Tables) -> Result<(), sqlx::Error> {
    let (own, parent) = (key_names("c.conkey", "c.conrelid"), key_names("c.confkey", "c.confrelid"));
    let sql = format!(
        "SELECT c.conrelid::pg_catalog.int8 AS oid, c.conname::text AS name, c.contype::text AS kind, c.convalidated AS validated, \
         {own} AS columns, {parent} AS ref_columns, rn.nspname::text AS ref_schema, r.relname::text AS ref_table, \
         c.confdeltype::text AS on_delete, pg_catalog.pg_get_expr(c.conbin, c.conrelid) AS expression \
         FROM pg_catalog.pg_constraint c \
         LEFT JOIN pg_catalog.pg_class r ON r.oid = c.confrelid \
         LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace \
         WHERE c.conrelid <> 0 AND c.contype IN ('p', 'u', 'f', 'c') ORDER BY c.conrelid, c.conname, c.oid"
    );
    for row in sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await? {
        let Some(table) = tables.get_mut(&row.try_get::<i64, _>("oid")?) else { continue };
        let columns: Vec<String> = row.try_get("columns")?;
        match row.try_get::<String, _>("kind")?.as_str() {
            "p" => table.primary_key = columns,
            "u" => table.unique.push(columns),
            "c" => table.checks.push(CheckSchema {
                name: row.try_get("name")?,
                expression: row.try_get::<Option<String>, _>("expression")?.unwrap_or_default(),
                validated: row.try_get("validated")?,
            }),
            _ => {
                let foreign_key = ForeignKeySchema {
                    columns,
                    ref_schema: row.try_get("ref_schema")?,
                    ref_table: row.try_get::<Option<String>, _>("ref_table")?.unwrap_or_default(),
                    ref_columns: row.try_get("ref_columns")?,
                    on_delete: action(&row.try_get::<String, _>("on_delete")?),
                };
                // A foreign key to a partitioned table has one more row for each partition of the parent.
                if !table.foreign_keys.contains(&foreign_key) {
                    table.foreign_keys.push(foreign_key);
                }
            }
        }
    }
    Ok(())
}

fn action(code: &str) -> Option<String> {
    let action = match code {
        "c" => "CASCADE",
        "r" => "RESTRICT",
        "n" => "SET NULL",
        "d" => "SET DEFAULT",
        _ => return None,
    };
    Some(action.to_owned())
}

async fn read_indexes(conn: &mut PgConnection, indexes: &mut BTreeMap<i64, Vec<IndexSchema>>) -> Result<(), sqlx::Error> {
    let sql = "SELECT i.indrelid::pg_catalog.int8 AS oid, c.relname::text AS name, i.indisunique AS unique, i.indisvalid AS valid, \
         pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate, \
         ARRAY(SELECT COALESCE(a.attname::text, pg_catalog.pg_get_indexdef(i.indexrelid, k.place::pg_catalog.int4, true)) \
               FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY k(attnum, place) \
               LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum <> 0 \
               WHERE k.place <= i.indnkeyatts ORDER BY k.place) AS columns \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) \
         ORDER BY i.indrelid, c.relname";
    for row in sqlx::query(sql).fetch_all(conn).await? {
        indexes.entry(row.try_get("oid")?).or_default().push(IndexSchema {
            name: row.try_get("name")?,
            columns: row.try_get("columns")?,
            unique: row.try_get("unique")?,
            predicate: row.try_get("predicate")?,
            valid: row.try_get("valid")?,
        });
    }
    Ok(())
}

async fn enums(conn: &mut PgConnection) -> Result<Vec<EnumSchema>, sqlx::Error> {
    let own = own("pg_type", "t.oid");
    let sql = format!(
        "SELECT n.nspname::text AS schema, t.typname::text AS name, \
         ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS values \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         WHERE t.typtype = 'e' AND {OWN_SCHEMAS} AND {own} ORDER BY n.nspname, t.typname"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await?;
    let read = |row: &sqlx::postgres::PgRow| {
        Ok(EnumSchema { schema: row.try_get("schema")?, name: row.try_get("name")?, values: row.try_get("values")? })
    };
    rows.iter().map(read).collect()
}

async fn functions(conn: &mut PgConnection) -> Result<Vec<NamedObject>, sqlx::Error> {
    let own = own("pg_proc", "p.oid");
    let sql = format!(
        "SELECT DISTINCT n.nspname::text AS schema, p.proname::text AS name \
         FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.deptype = 'i' \
                         AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass) \
         WHERE p.prokind IN ('f', 'p') AND {OWN_SCHEMAS} AND {own} ORDER BY 1, 2"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await?;
    let read = |row: &sqlx::postgres::PgRow| Ok(NamedObject { schema: row.try_get("schema")?, name: row.try_get("name")? });
    let mut found: Vec<NamedObject> = rows.iter().map(read).collect::<Result<_, sqlx::Error>>()?;
    found.sort();
    Ok(found)
}
