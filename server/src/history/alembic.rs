//! `alembic_version`, as Alembic makes and changes it (`facts/alembic.md` §2.5).

use std::collections::BTreeSet;

use planner::name::ObjectName;

use crate::exit::{Exit, Failure};
use crate::journal::StepError;
use crate::target::{DbError, Target};

/// Creates the table with Alembic's column and key name; `key`: with a primary key at all.
///
/// # Errors
/// The server's refusal.
pub async fn create(target: &mut Target, table: &ObjectName, key: bool) -> Result<(), DbError> {
    let name = target.quoted_bare(&format!("{}_pkc", table.name));
    let key = if key { format!(", CONSTRAINT {name} PRIMARY KEY (version_num)") } else { String::new() };
    let sql = format!("CREATE TABLE {} (version_num VARCHAR(32) NOT NULL{key})", target.quoted(table));
    target.execute(&sql).await.map(drop)
}

/// The rows.
///
/// # Errors
/// The server's refusal.
pub async fn rows(target: &mut Target, table: &ObjectName) -> Result<BTreeSet<String>, DbError> {
    let rows = target.rows(&format!("SELECT version_num FROM {}", target.quoted(table))).await?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

/// Rows that go, rows that come. Where one goes and one comes it is an UPDATE, as Alembic does it: all but the last
/// of the longer list are deleted or inserted, the last pair is updated.
///
/// # Errors
/// The server's refusal, or a row that is not there: somebody else moved the version in between.
pub async fn change(target: &mut Target, table: &ObjectName, delete: &[String], insert: &[String]) -> Result<(), StepError> {
    let name = target.quoted(table);
    let (mut gone, mut come) = (delete.to_vec(), insert.to_vec());
    let pair = if gone.is_empty() || come.is_empty() { None } else { gone.pop().zip(come.pop()) };
    for version in gone {
        let changed = target.execute(&format!("DELETE FROM {name} WHERE version_num = {}", target.literal(&version))).await?;
        expect_one(changed, "deleting", &version, table)?;
    }
    for version in come {
        let changed = target.execute(&format!("INSERT INTO {name} (version_num) VALUES ({})", target.literal(&version))).await?;
        expect_one(changed, "inserting", &version, table)?;
    }
    if let Some((from, to)) = pair {
        let (old, new) = (target.literal(&from), target.literal(&to));
        let changed = target.execute(&format!("UPDATE {name} SET version_num = {new} WHERE version_num = {old}")).await?;
        expect_one(changed, "updating", &from, table)?;
    }
    Ok(())
}

fn expect_one(changed: u64, verb: &str, version: &str, table: &ObjectName) -> Result<(), StepError> {
    if changed == 1 {
        return Ok(());
    }
    Err(StepError::Stop(Failure::new(
        Exit::Failed,
        format!("{table} was expected to match one row when {verb} {version}; {changed} found. The step was rolled back."),
        "Another tool changed the version table in between: look at it, then plan again.",
    )))
}
