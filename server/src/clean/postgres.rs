//! PostgreSQL: the objects of one schema in the order and by the queries of `PostgreSQLSchema.doClean` of 9.16.2.

use planner::name::ObjectName;

use super::names;
use crate::target::{DbError, Target, literal, quoted};

/// Drops everything in a schema but what belongs to an extension.
///
/// # Errors
/// The server's refusal.
pub(super) async fn drop_all(target: &mut Target, schema: &str) -> Result<(), DbError> {
    each(target, schema, &relations('m'), "DROP MATERIALIZED VIEW IF EXISTS {} CASCADE").await?;
    each(target, schema, &relations('v'), "DROP VIEW IF EXISTS {} CASCADE").await?;
    each(target, schema, TABLES, "DROP TABLE IF EXISTS {} CASCADE").await?;
    types(target, schema, true).await?;
    routines(target, schema).await?;
    each(target, schema, &types_of("e"), "DROP TYPE IF EXISTS {}").await?;
    each(target, schema, &types_of("d"), "DROP DOMAIN IF EXISTS {} CASCADE").await?;
    each(target, schema, SEQUENCES, "DROP SEQUENCE IF EXISTS {}").await?;
    types(target, schema, false).await?;
    extensions(target, schema).await
}

/// Tables that inherit from none; children go with their parents. Foreign tables Flyway leaves.
const TABLES: &str = "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname = {schema} AND c.relkind IN ('r', 'p') \
     AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.oid) \
     AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1";

const SEQUENCES: &str = "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname = {schema} AND c.relkind = 'S' \
     AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1";

fn relations(kind: char) -> String {
    format!(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {{schema}} AND \
         c.relkind = '{kind}' AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1"
    )
}

fn types_of(kind: &str) -> String {
    format!(
        "SELECT t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = {{schema}} AND \
         t.typtype = '{kind}' AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e') ORDER BY 1"
    )
}

async fn each(target: &mut Target, schema: &str, query: &str, statement: &str) -> Result<(), DbError> {
    for name in names(target, &query.replace("{schema}", &literal(schema))).await? {
        let name = quoted(&ObjectName::qualified(schema, name));
        target.execute(&statement.replace("{}", &name)).await?;
    }
    Ok(())
}

/// Base and composite types. Functions of a base type hang on it and it on them, so pseudo and user-defined ones are
/// made again as shells and go at the end.
async fn types(target: &mut Target, schema: &str, again: bool) -> Result<(), DbError> {
    let sql = format!(
        "SELECT t.typname, t.typcategory::text FROM pg_type t WHERE \
         (t.typrelid = 0 OR (SELECT c.relkind = 'c' FROM pg_class c WHERE c.oid = t.typrelid)) \
         AND NOT EXISTS (SELECT 1 FROM pg_type el WHERE el.oid = t.typelem AND el.typarray = t.oid) \
         AND t.typnamespace = (SELECT oid FROM pg_namespace WHERE nspname = {}) AND t.typtype NOT IN ('d', 'm') \
         AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e') ORDER BY 1",
        literal(schema)
    );
    let rows = target.rows(&sql).await?;
    let found: Vec<(String, String)> = rows
        .into_iter()
        .filter_map(|row| match <[Option<String>; 2]>::try_from(row) {
            Ok([Some(name), category]) => Some((quoted(&ObjectName::qualified(schema, name)), category.unwrap_or_default())),
            _ => None,
        })
        .collect();
    for (name, _) in &found {
        target.execute(&format!("DROP TYPE IF EXISTS {name} CASCADE")).await?;
    }
    for (name, _) in found.iter().filter(|(_, category)| again && matches!(category.as_str(), "P" | "U")) {
        target.execute(&format!("CREATE TYPE {name}")).await?;
    }
    Ok(())
}

async fn routines(target: &mut Target, schema: &str) -> Result<(), DbError> {
    let (aggregate, procedure) = match target.version().major {
        11.. => ("p.prokind = 'a'", "p.prokind = 'p'"),
        _ => ("p.proisagg", "false"),
    };
    let sql = format!(
        "SELECT format('%s %I.%I(%s)', CASE WHEN {aggregate} THEN 'AGGREGATE' WHEN {procedure} THEN 'PROCEDURE' ELSE 'FUNCTION' \
         END, n.nspname, p.proname, oidvectortypes(p.proargtypes)) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
         WHERE n.nspname = {} AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') ORDER BY 1",
        literal(schema)
    );
    for routine in names(target, &sql).await? {
        let (kind, signature) = routine.split_once(' ').unwrap_or(("FUNCTION", &routine));
        target.execute(&format!("DROP {kind} IF EXISTS {signature} CASCADE")).await?;
    }
    Ok(())
}

/// Extensions that this user owns and that live in the schema.
async fn extensions(target: &mut Target, schema: &str) -> Result<(), DbError> {
    let sql = format!(
        "SELECT e.extname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace \
         JOIN pg_roles r ON r.oid = e.extowner WHERE n.nspname = {} AND r.rolname = current_user ORDER BY 1",
        literal(schema)
    );
    for name in names(target, &sql).await? {
        target.execute(&format!("DROP EXTENSION IF EXISTS {} CASCADE", quoted(&ObjectName::bare(name)))).await?;
    }
    Ok(())
}
