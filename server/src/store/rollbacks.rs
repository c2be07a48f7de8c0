//! Which runs took back which.

use planner::protocol::Run;

use crate::audit::Deed;
use crate::exit::Outcome;
use crate::store::Store;
use crate::store::sql::sql;

impl Store {
    /// Notes that a run goes back to the state before another.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn note_rollback(&self, run: &str, undone: &str) -> Outcome<()> {
        let mut change = self.change().await?;
        let query = sql("INSERT INTO rollbacks (run, undone) VALUES ($1, $2) ON CONFLICT (run) DO NOTHING");
        query.bind(run).bind(undone).run(&mut change).await?;
        let detail = format!("to the state before run {undone}");
        change.note(Deed { action: "run.takes-back", subject: run.to_owned(), detail, ..Deed::default() }).await?;
        change.commit().await
    }

    /// The run before which a run went back to; absent: it was no such rollback.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn undone_by(&self, run: &str) -> Outcome<Option<String>> {
        sql("SELECT undone FROM rollbacks WHERE run = $1").bind(run).value(&self.pool).await
    }

    /// The runs that went back to the state before one, oldest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn rollbacks_of(&self, undone: &str) -> Outcome<Vec<Run>> {
        let rows =
            sql("SELECT runs.run FROM rollbacks JOIN runs ON runs.id = rollbacks.run WHERE undone = $1 ORDER BY started_at, id")
                .bind(undone)
                .all(&self.pool)
                .await?;
        rows.iter().map(|row| row.json(0)).collect()
    }
}
