//! Measures a live database: sizes, indexes, activity, what the server knows of the values. One file a product.
//!
//! Sizes alone ([`Target::statistics`]) decide how a plan runs. What is added here only makes estimates better, so whatever
//! this user may not see, or this version does not have, is left out.

mod mysql;
mod postgres;
mod sqlite;

use std::collections::BTreeMap;
use std::time::Duration;

use planner::project::statistics::{Statistics, TableStatistics};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::target::{DbError, Target, TextRow};

/// Sizes and everything else that can be seen. Activity is what happens within `sample`; none where that is zero.
///
/// # Errors
/// The server's refusal to tell sizes.
pub async fn measure(target: &mut Target, sample: Duration) -> Result<Statistics, DbError> {
    let mut statistics = target.statistics().await?;
    complete(target, &mut statistics).await;
    if !sample.is_zero() {
        activity(target, &mut statistics, sample).await;
    }
    Ok(statistics)
}

/// Adds to sizes what a few queries tell.
pub async fn complete(target: &mut Target, statistics: &mut Statistics) {
    statistics.dialect = Some(target.dialect());
    statistics.server_version = Some(target.version());
    let now = OffsetDateTime::now_utc();
    statistics.measured_at = now.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z")).ok();
    match target {
        Target::Postgres(_) => postgres::complete(target, statistics).await,
        Target::MySql(_) => mysql::complete(target, statistics).await,
        Target::Sqlite(_) => sqlite::complete(target, statistics).await,
    }
}

/// Rows read and written by table since some moment.
type Counters = BTreeMap<String, (u64, u64)>;

/// Reads the counters twice. They are told late (PostgreSQL: up to a second), so a short sample is a rough one.
async fn activity(target: &mut Target, statistics: &mut Statistics, sample: Duration) {
    let Some(before) = counters(target).await else { return };
    tokio::time::sleep(sample).await;
    let Some(after) = counters(target).await else { return };
    let rate = |from: u64, to: u64| {
        let rows = u128::from(to.saturating_sub(from)) * 1000 / sample.as_millis().max(1);
        u64::try_from(rows).unwrap_or(u64::MAX)
    };
    for (name, table) in &mut statistics.tables {
        if let (Some(before), Some(after)) = (before.get(name), after.get(name)) {
            table.reads_per_second = Some(rate(before.0, after.0));
            table.writes_per_second = Some(rate(before.1, after.1));
        }
    }
}

async fn counters(target: &mut Target) -> Option<Counters> {
    match target {
        Target::Postgres(_) => postgres::counters(target).await,
        Target::MySql(_) => mysql::counters(target).await,
        Target::Sqlite(_) => None,
    }
}

/// Rows of a query that this user may be refused, or that this version does not know.
async fn rows(target: &mut Target, sql: &str) -> Vec<TextRow> {
    match target.rows(sql).await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::debug!("left out: {error}");
            Vec::new()
        }
    }
}

/// The text of a column.
fn text(row: &TextRow, at: usize) -> Option<&str> {
    row.get(at)?.as_deref()
}

/// The number of a column; below zero is none.
fn number(row: &TextRow, at: usize) -> Option<u64> {
    text(row, at)?.parse().ok()
}

/// The fraction of a column.
fn fraction(row: &TextRow, at: usize) -> Option<f64> {
    text(row, at)?.parse().ok()
}

/// The table a row is about, by its name in the statistics.
fn table(statistics: &mut Statistics, name: Option<String>) -> Option<&mut TableStatistics> {
    statistics.tables.get_mut(&name?)
}
