//! Constraints that the server has not held every row against: PostgreSQL's NOT VALID ones, and foreign keys of rows that
//! came while nobody checked (`foreign_keys` off on SQLite, `foreign_key_checks=0` on MySQL, replication roles on
//! PostgreSQL). Indexes that are not valid hold nothing, either.

use std::time::Instant;

use planner::catalog::schema::{CheckSchema, ForeignKeySchema, Schema, TableSchema};
use planner::dialect::Dialect;
use planner::name::ObjectName;

use super::{Check, LIMITS, name_of};
use crate::target::{DbError, Target};

/// Asks of every foreign key, of every check that was not validated, and of every index.
pub async fn hold(target: &mut Target, schema: &Schema) -> Vec<Check> {
    let [_, all] = LIMITS;
    let begun = Instant::now();
    let mut found = Vec::new();
    for table in &schema.tables {
        for question in questions(target, schema, table) {
            let answer = if begun.elapsed() > all {
                Err(DbError::other("it would take too long".to_owned()))
            } else {
                count(target, &format!("SELECT count(*) {}", question.broken)).await
            };
            let (holds, said) = match answer {
                Ok(0) if question.validated => (true, "Every row keeps to it.".to_owned()),
                Ok(0) => (true, "Every row keeps to it, but it is not validated: the server does not rely on it.".to_owned()),
                Ok(rows) => (false, format!("{rows} row(s) break it.")),
                Err(error) => (false, format!("It could not be asked: {error}.")),
            };
            found.push(Check { name: question.name, holds, said });
        }
        for index in table.indexes.iter().filter(|index| !index.valid) {
            let name = format!("index {} of {}", index.name, name_of(table));
            found.push(Check { name, holds: false, said: "It is not valid: build it again, or drop it.".to_owned() });
        }
    }
    found
}

async fn count(target: &mut Target, sql: &str) -> Result<u64, DbError> {
    let [one, _] = LIMITS;
    let rows = target.read_only(sql, one).await?;
    let text = rows.into_iter().flatten().flatten().next();
    text.and_then(|text| text.parse().ok()).ok_or_else(|| DbError::other("it gave no number".to_owned()))
}

/// A query for the rows that break a constraint.
pub(crate) struct Question {
    /// What is asked about, for people.
    pub(crate) name: String,
    /// Whose rows, quoted.
    pub(crate) table: String,
    /// `FROM … WHERE …`; the table is `c`.
    pub(crate) broken: String,
    /// The server holds every new row against it, and has held the old ones.
    pub(crate) validated: bool,
}

/// What is to be asked about a table.
pub(crate) fn questions(target: &Target, schema: &Schema, table: &TableSchema) -> Vec<Question> {
    let keys = table.foreign_keys.iter().filter_map(|key| foreign_key(target, schema, table, key));
    let checks = table.checks.iter().filter(|check| !check.validated).map(|check| check_of(target, table, check));
    keys.chain(checks).collect()
}

fn foreign_key(target: &Target, schema: &Schema, table: &TableSchema, key: &ForeignKeySchema) -> Option<Question> {
    let parent = ObjectName { schema: key.ref_schema.clone().or_else(|| table.schema.clone()), name: key.ref_table.clone() };
    // SQLite keeps what a key without columns was written as.
    let columns = if key.ref_columns.is_empty() {
        let own = schema.tables.iter().find(|other| other.name.eq_ignore_ascii_case(&key.ref_table))?;
        &own.primary_key
    } else {
        &key.ref_columns
    };
    if columns.len() != key.columns.len() {
        return None;
    }
    let quote = |name: &String| target.quoted_bare(name);
    let present: Vec<String> = key.columns.iter().map(|column| format!("c.{} IS NOT NULL", quote(column))).collect();
    let pairs = columns.iter().zip(&key.columns);
    let equal: Vec<String> = pairs.map(|(parent, child)| format!("p.{} = c.{}", quote(parent), quote(child))).collect();
    Some(Question {
        name: format!("foreign key {} ({}) to {parent}", name_of(table), key.columns.join(", ")),
        table: target.quoted(&name_of(table)),
        broken: format!(
            "FROM {} c WHERE {} AND NOT EXISTS (SELECT 1 FROM {} p WHERE {})",
            target.quoted(&name_of(table)),
            present.join(" AND "),
            target.quoted(&parent),
            equal.join(" AND ")
        ),
        validated: true,
    })
}

fn check_of(target: &Target, table: &TableSchema, check: &CheckSchema) -> Question {
    let name = target.quoted(&name_of(table));
    let expression = check.expression.trim();
    let condition = match target.dialect() {
        Dialect::Postgres => expression.strip_prefix("CHECK ").unwrap_or(expression),
        _ => expression,
    };
    Question {
        name: format!("check {} of {}", check.name, name_of(table)),
        broken: format!("FROM {name} c WHERE NOT ({condition})"),
        table: name,
        validated: false,
    }
}
