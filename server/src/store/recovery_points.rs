//! Recovery points that runs made.

use crate::audit::Deed;
use crate::exit::Outcome;
use crate::recovery::RecoveryPoint;
use crate::store::{Store, broken};

impl Store {
    /// Keeps where one is.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_recovery_point(&self, point: &RecoveryPoint) -> Outcome<()> {
        let text = serde_json::to_string(point).map_err(|error| broken(&error))?;
        let mut change = self.change().await?;
        let query = sqlx::query("INSERT INTO recovery_points (run, at, point) VALUES (?, ?, ?)")
            .bind(&point.run)
            .bind(&point.at)
            .bind(text);
        query.execute(change.sql()).await.map_err(|error| broken(&error))?;
        let detail = format!("before {}: {}", point.step, point.file.as_deref().unwrap_or("nothing to copy"));
        change.note(Deed { action: "run.copied", subject: point.run.clone(), detail, ..Deed::default() }).await?;
        change.commit().await
    }

    /// Those of a run, oldest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn recovery_points(&self, run: &str) -> Outcome<Vec<RecoveryPoint>> {
        let rows = sqlx::query("SELECT point FROM recovery_points WHERE run = ? ORDER BY at, rowid")
            .bind(run)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| broken(&error))?;
        rows.iter().map(|row| super::runs::decode(row, 0)).collect()
    }
}
