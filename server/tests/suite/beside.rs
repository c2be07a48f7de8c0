//! What the catalog holds beside the schema that `flightplan schema` prints: triggers, row security policies, comments of
//! tables and columns, the columns that own sequences. PostgreSQL and MariaDB say the same of themselves. The tests and
//! `cargo xtask oracle` compare.

use std::collections::BTreeSet;

use planner::catalog::Catalog;
use planner::dialect::Dialect;
use planner::name::ObjectName;
use server::target::{DbError, Target};

/// What one side has and the other has not: the relation it is about, what it is, and which side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unlike {
    pub(crate) subject: String,
    pub(crate) what: String,
    pub(crate) simulated: bool,
}

/// Compares; empty on SQLite.
///
/// # Errors
/// A connection that is lost.
pub(crate) async fn compare(target: &mut Target, catalog: &Catalog) -> Result<Vec<Unlike>, DbError> {
    let questions = match catalog.dialect {
        Dialect::Postgres => POSTGRES,
        Dialect::MySql | Dialect::MariaDb => MARIADB,
        Dialect::Sqlite => return Ok(Vec::new()),
    };
    let mut live = BTreeSet::new();
    for question in questions {
        for row in target.rows(question).await? {
            if let [Some(subject), Some(what)] = row.as_slice() {
                live.insert((subject.clone(), what.clone()));
            }
        }
    }
    let simulated = simulated(catalog);
    let unlike =
        |(subject, what): &(String, String), simulated: bool| Unlike { subject: subject.clone(), what: what.clone(), simulated };
    let mut found: Vec<Unlike> = simulated.difference(&live).map(|one| unlike(one, true)).collect();
    found.extend(live.difference(&simulated).map(|one| unlike(one, false)));
    Ok(found)
}

fn simulated(catalog: &Catalog) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let of_partition = |key: &ObjectName| catalog.tables.get(key).is_some_and(|table| table.partition_of.is_some());
    for ((table, name), trigger) in catalog.triggers.iter() {
        // Those of a partition may be its parent's.
        if !of_partition(table) {
            let state = if trigger.disabled { "disabled trigger" } else { "trigger" };
            found.insert((table.to_string(), format!("{state} {name}")));
        }
    }
    // The server's own words name no other database.
    let own = catalog.tables.iter().filter(|(key, _)| catalog.dialect == Dialect::Postgres || key.schema.is_none());
    for (key, table) in own.filter(|(_, table)| !table.temporary) {
        found.extend(table.policies.iter().map(|policy| (key.to_string(), format!("policy {policy}"))));
        // An empty comment is none.
        let comment = table.comment.as_ref().or_else(|| table.options.get("comment")).filter(|text| !text.is_empty());
        found.extend(comment.map(|text| (key.to_string(), format!("comment {text}"))));
        for column in &table.columns {
            let comment = column.comment.as_ref().filter(|text| !text.is_empty());
            found.extend(comment.map(|text| (key.to_string(), format!("comment of {}: {text}", column.name))));
        }
    }
    for (sequence, owner) in catalog.sequences.iter() {
        if let Some((table, column)) = owner {
            found.insert((sequence.to_string(), format!("owned by {table}.{column}")));
        }
    }
    found
}

/// PostgreSQL's catalogs: a relation, and what stands beside it.
const POSTGRES: &[&str] = &[
    "SELECT n.nspname || '.' || c.relname, \
     CASE WHEN t.tgenabled IN ('D', 'R') THEN 'disabled trigger ' ELSE 'trigger ' END || t.tgname \
     FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE NOT t.tgisinternal AND NOT c.relispartition AND n.nspname !~ '^pg_|^information_schema$'",
    "SELECT n.nspname || '.' || c.relname, 'policy ' || p.polname FROM pg_policy p \
     JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname !~ '^pg_|^information_schema$'",
    "SELECT n.nspname || '.' || c.relname, COALESCE('comment of ' || a.attname || ': ', 'comment ') || d.description \
     FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass \
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0 \
     JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_|^information_schema$'",
    "SELECT n.nspname || '.' || c.relname, 'owned by ' || tn.nspname || '.' || tc.relname || '.' || a.attname \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     JOIN pg_depend d ON d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') \
     AND d.refclassid = 'pg_class'::regclass \
     JOIN pg_class tc ON tc.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = tc.relnamespace \
     JOIN pg_attribute a ON a.attrelid = tc.oid AND a.attnum = d.refobjsubid \
     WHERE c.relkind = 'S' AND n.nspname !~ '^pg_|^information_schema$'",
];

/// MariaDB's `information_schema`, the same.
const MARIADB: &[&str] = &[
    "SELECT event_object_table, CONCAT('trigger ', trigger_name) FROM information_schema.triggers \
     WHERE trigger_schema = DATABASE()",
    "SELECT table_name, CONCAT('comment ', table_comment) FROM information_schema.tables \
     WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND table_comment <> ''",
    "SELECT c.table_name, CONCAT('comment of ', c.column_name, ': ', c.column_comment) FROM information_schema.columns c \
     JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
     WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' AND c.column_comment <> ''",
];
