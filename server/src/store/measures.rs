//! What runs cost.

use std::collections::BTreeMap;

use crate::exit::Outcome;
use crate::measure::Measures;
use crate::store::sql::{Row, json, sql};
use crate::store::{Store, now};

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
        let text = json(&all)?;
        let kept = sql("INSERT INTO measures (run, at, measures) VALUES ($1, $2, $3) \
             ON CONFLICT (run) DO UPDATE SET at = excluded.at, measures = excluded.measures");
        kept.bind(run).bind(now()).bind(text).run(&self.pool).await.map(drop)
    }

    /// What a run cost; absent: it is under way, or was never measured.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn measures_of(&self, run: &str) -> Outcome<Option<Measures>> {
        let row = sql("SELECT measures FROM measures WHERE run = $1").bind(run).first(&self.pool).await;
        row?.map(|row| row.json(0)).transpose()
    }

    /// What each run cost, by its id.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn measures(&self) -> Outcome<BTreeMap<String, Measures>> {
        let rows = sql("SELECT run, measures FROM measures").all(&self.pool).await?;
        let one = |row: &Row| Ok((row.get(0)?, row.json(1)?));
        rows.iter().map(one).collect()
    }
}
