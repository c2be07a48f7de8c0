//! Rows of each table as `verify` counted them last, by environment and database.

use std::collections::BTreeMap;

use sqlx::Row;

use crate::exit::Outcome;
use crate::store::{Store, broken, now};

impl Store {
    /// What was counted last, and when; absent: nothing yet.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn row_counts(&self, environment: &str, target: &str) -> Outcome<Option<(String, BTreeMap<String, u64>)>> {
        let row = sqlx::query("SELECT counts, at FROM row_counts WHERE environment = ? AND target = ?")
            .bind(environment)
            .bind(target)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| broken(&error))?;
        let Some(row) = row else { return Ok(None) };
        let at: String = row.try_get(1).map_err(|error| broken(&error))?;
        Ok(Some((at, super::runs::decode(&row, 0)?)))
    }

    /// Keeps what was counted now, in place of what was counted before.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_row_counts(&self, environment: &str, target: &str, counts: &BTreeMap<String, u64>) -> Outcome<()> {
        let text = serde_json::to_string(counts).map_err(|error| broken(&error))?;
        sqlx::query(
            "INSERT INTO row_counts (environment, target, at, counts) VALUES (?, ?, ?, ?) \
             ON CONFLICT (environment, target) DO UPDATE SET at = excluded.at, counts = excluded.counts",
        )
        .bind(environment)
        .bind(target)
        .bind(now())
        .bind(text)
        .execute(&self.pool)
        .await
        .map(drop)
        .map_err(|error| broken(&error))
    }
}
