//! Rows of each table as `verify` counted them last, by environment and database.

use std::collections::BTreeMap;

use crate::exit::Outcome;
use crate::store::sql::{json, sql};
use crate::store::{Store, now};

impl Store {
    /// What was counted last, and when; absent: nothing yet.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn row_counts(&self, environment: &str, target: &str) -> Outcome<Option<(String, BTreeMap<String, u64>)>> {
        let row = sql("SELECT counts, at FROM row_counts WHERE environment = $1 AND target = $2")
            .bind(environment)
            .bind(target)
            .first(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let at: String = row.get(1)?;
        Ok(Some((at, row.json(0)?)))
    }

    /// Keeps what was counted now, in place of what was counted before.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_row_counts(&self, environment: &str, target: &str, counts: &BTreeMap<String, u64>) -> Outcome<()> {
        let text = json(counts)?;
        sql("INSERT INTO row_counts (environment, target, at, counts) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (environment, target) DO UPDATE SET at = excluded.at, counts = excluded.counts")
        .bind(environment)
        .bind(target)
        .bind(now())
        .bind(text)
        .run(&self.pool)
        .await
        .map(drop)
    }
}
