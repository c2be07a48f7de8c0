//! What `clean` drops, in Flyway's order: one file a product.

pub mod mysql;
pub mod postgres;
pub mod sqlite;

use crate::target::{DbError, Target, TextRow};

/// Drops every object of a schema, each statement in the caller's transaction. Two rounds: what only the objects of
/// another schema held in place goes in the second one.
///
/// # Errors
/// The server's refusal.
pub async fn schema(target: &mut Target, schema: &str) -> Result<(), DbError> {
    match target {
        Target::Postgres(_) => postgres::drop_all(target, schema).await,
        Target::MySql(_) => mysql::drop_all(target, schema).await,
        Target::Sqlite(_) => sqlite::drop_all(target).await,
    }
}

/// The first column of a query.
async fn names(target: &mut Target, sql: &str) -> Result<Vec<String>, DbError> {
    Ok(target.rows(sql).await?.into_iter().filter_map(first).collect())
}

fn first(row: TextRow) -> Option<String> {
    row.into_iter().next().flatten()
}
