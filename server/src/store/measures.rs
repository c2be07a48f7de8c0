//! What runs cost.

use std::collections::BTreeMap;

use sqlx::Row;

use crate::exit::Outcome;
use crate::measure::Measures;
use crate::store::runs::decode;
use crate::store::{Store, broken, now};

impl Store {
    /// Keeps what a run cost; of one that goes on behind a gate the parts are added.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_measures(&self, run: &str, measures: &Measures) -> Outcome<()> {
        let mut all = self.measures_of(run).await?.unwrap_or_default();
        all.duration_ms += measures.duration_ms;
        all.lock_wait_ms = all.lock_wait_ms.max(measures.lock_wait_ms);
        all.transactions += measures.transactions;
        all.rows += measures.rows;
        all.errors += measures.errors;
        for (table, bytes) in &measures.table_bytes {
            *all.table_bytes.entry(table.clone()).or_default() += bytes;
        }
        let text = serde_json::to_string(&all).map_err(|error| broken(&error))?;
        let kept = sqlx::query("INSERT OR REPLACE INTO measures (run, at, measures) VALUES (?, ?, ?)");
        kept.bind(run).bind(now()).bind(text).execute(&self.pool).await.map(drop).map_err(|error| broken(&error))
    }

    /// What a run cost; absent: it is under way, or was never measured.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn measures_of(&self, run: &str) -> Outcome<Option<Measures>> {
        let row = sqlx::query("SELECT measures FROM measures WHERE run = ?").bind(run).fetch_optional(&self.pool).await;
        row.map_err(|error| broken(&error))?.as_ref().map(|row| decode(row, 0)).transpose()
    }

    /// What each run cost, by its id.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn measures(&self) -> Outcome<BTreeMap<String, Measures>> {
        let rows =
            sqlx::query("SELECT run, measures FROM measures").fetch_all(&self.pool).await.map_err(|error| broken(&error))?;
        let one = |row| {
            let run: String = Row::try_get(row, 0).map_err(|error| broken(&error))?;
            Ok((run, decode(row, 1)?))
        };
        rows.iter().map(one).collect()
    }
}
