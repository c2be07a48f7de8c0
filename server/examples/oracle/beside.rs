//! What the catalog holds beside the schema that `flightplan schema` prints: triggers, row security policies, comments of
//! tables, the columns that own sequences. PostgreSQL's catalogs say the same of themselves.

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

/// Compares; empty on products other than PostgreSQL.
///
/// # Errors
/// A connection that is lost.
pub(crate) async fn compare(target: &mut Target, catalog: &Catalog) -> Result<Vec<Unlike>, DbError> {
    if catalog.dialect != Dialect::Postgres {
        return Ok(Vec::new());
    }
    let live = live(target).await?;
    let simulated = simulated(catalog);
    let unlike =
        |(subject, what): &(String, String), simulated: bool| Unlike { subject: subject.clone(), what: what.clone(), simulated };
    let mut found: Vec<Unlike> = simulated.difference(&live).map(|one| unlike(one, true)).collect();
    found.extend(live.difference(&simulated).map(|one| unlike(one, false)));
    Ok(found)
}

fn simulated(catalog: &Catalog) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let partition = |key: &ObjectName| catalog.tables.get(key).is_some_and(|table| table.partition_of.is_some());
    for ((table, name), trigger) in &catalog.triggers {
        // Those of a partition may be its parent's.
        if !partition(table) {
            let state = if trigger.disabled { "disabled trigger" } else { "trigger" };
            found.insert((table.to_string(), format!("{state} {name}")));
        }
    }
    for (key, table) in &catalog.tables {
        found.extend(table.policies.iter().map(|policy| (key.to_string(), format!("policy {policy}"))));
        // An empty comment is none.
        let comment = table.comment.as_ref().filter(|text| !text.is_empty());
        found.extend(comment.map(|text| (key.to_string(), format!("comment {text}"))));
    }
    for (sequence, owner) in &catalog.sequences {
        if let Some((table, column)) = owner {
            found.insert((sequence.to_string(), format!("owned by {table}.{column}")));
        }
    }
    found
}

async fn live(target: &mut Target) -> Result<BTreeSet<(String, String)>, DbError> {
    const USERS: &str = "n.nspname !~ '^pg_|^information_schema$'";
    let questions = [
        format!(
            "SELECT n.nspname || '.' || c.relname, \
             CASE WHEN t.tgenabled IN ('D', 'R') THEN 'disabled trigger ' ELSE 'trigger ' END || t.tgname \
             FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE NOT t.tgisinternal AND NOT c.relispartition AND {USERS}"
        ),
        format!(
            "SELECT n.nspname || '.' || c.relname, 'policy ' || p.polname FROM pg_policy p \
             JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {USERS}"
        ),
        format!(
            "SELECT n.nspname || '.' || c.relname, 'comment ' || d.description FROM pg_description d \
             JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0 \
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND {USERS}"
        ),
        format!(
            "SELECT n.nspname || '.' || c.relname, 'owned by ' || tn.nspname || '.' || tc.relname || '.' || a.attname \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_depend d ON d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') \
             AND d.refclassid = 'pg_class'::regclass \
             JOIN pg_class tc ON tc.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = tc.relnamespace \
             JOIN pg_attribute a ON a.attrelid = tc.oid AND a.attnum = d.refobjsubid WHERE c.relkind = 'S' AND {USERS}"
        ),
    ];
    let mut found = BTreeSet::new();
    for question in questions {
        for row in target.rows(&question).await? {
            if let [Some(subject), Some(what)] = row.as_slice() {
                found.insert((subject.clone(), what.clone()));
            }
        }
    }
    Ok(found)
}
