//! Which runs took back which.

use planner::protocol::Run;
use sqlx::Row;

use crate::audit::Deed;
use crate::exit::Outcome;
use crate::store::{Store, broken};

impl Store {
    /// Notes that a run goes back to the state before another.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn note_rollback(&self, run: &str, undone: &str) -> Outcome<()> {
        let mut change = self.change().await?;
        let query = sqlx::query("INSERT INTO rollbacks (run, undone) VALUES (?, ?) ON CONFLICT (run) DO NOTHING");
        query.bind(run).bind(undone).execute(change.sql()).await.map_err(|error| broken(&error))?;
        let detail = format!("to the state before run {undone}");
        change.note(Deed { action: "run.takes-back", subject: run.to_owned(), detail, ..Deed::default() }).await?;
        change.commit().await
    }

    /// The run before which a run went back to; absent: it was no such rollback.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn undone_by(&self, run: &str) -> Outcome<Option<String>> {
        let row = sqlx::query("SELECT undone FROM rollbacks WHERE run = ?").bind(run).fetch_optional(&self.pool).await;
        row.map_err(|error| broken(&error))?.map(|row| row.try_get(0)).transpose().map_err(|error| broken(&error))
    }

    /// The runs that went back to the state before one, oldest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn rollbacks_of(&self, undone: &str) -> Outcome<Vec<Run>> {
        let rows = sqlx::query(
            "SELECT runs.run FROM rollbacks JOIN runs ON runs.id = rollbacks.run WHERE undone = ? ORDER BY started_at, id",
        )
        .bind(undone)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| broken(&error))?;
        rows.iter().map(|row| super::runs::decode(row, 0)).collect()
    }
}
