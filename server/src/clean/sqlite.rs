//! SQLite: views, tables, counters (`SQLiteSchema.doClean` of 9.16.2).

use planner::name::ObjectName;

use super::names;
use crate::target::{DbError, Target, quoted};

/// Drops everything in the file.
///
/// # Errors
/// The library's refusal.
pub(super) async fn drop_all(target: &mut Target) -> Result<(), DbError> {
    for view in names(target, "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY 1").await? {
        target.execute(&format!("DROP VIEW IF EXISTS {}", quoted(&ObjectName::bare(view)))).await?;
    }
    // Virtual tables first: their shadow tables go with them.
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                  ORDER BY upper(sql) LIKE 'CREATE VIRTUAL%' DESC, name";
    for table in names(target, tables).await? {
        target.execute(&format!("DROP TABLE IF EXISTS {}", quoted(&ObjectName::bare(table)))).await?;
    }
    if !target.rows("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").await?.is_empty() {
        target.execute("DELETE FROM sqlite_sequence").await?;
    }
    Ok(())
}
