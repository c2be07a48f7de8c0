//! Recovery points that runs made.

use crate::audit::Deed;
use crate::exit::Outcome;
use crate::recovery::RecoveryPoint;
use crate::store::Store;
use crate::store::sql::{json, sql};

impl Store {
    /// Keeps where one is.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_recovery_point(&self, point: &RecoveryPoint) -> Outcome<()> {
        let text = json(point)?;
        let mut change = self.change().await?;
        let query =
            sql("INSERT INTO recovery_points (run, at, point) VALUES ($1, $2, $3)").bind(&point.run).bind(&point.at).bind(text);
        query.run(&mut change).await?;
        let detail = format!("before {}: {}", point.step, point.file.as_deref().unwrap_or("nothing to copy"));
        change.note(Deed { action: "run.copied", subject: point.run.clone(), detail, ..Deed::default() }).await?;
        change.commit().await
    }

    /// Those of a run, oldest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn recovery_points(&self, run: &str) -> Outcome<Vec<RecoveryPoint>> {
        let rows = sql("SELECT point FROM recovery_points WHERE run = $1 ORDER BY at, rowid").bind(run).all(&self.pool).await?;
        rows.iter().map(|row| row.json(0)).collect()
    }
}
