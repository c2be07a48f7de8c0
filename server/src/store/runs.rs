//! Runs and their events.

use planner::protocol::{Run, RunEvent, RunState};
use sqlx::{QueryBuilder, Row, SqliteExecutor};

use crate::audit::Deed;
use crate::exit::Outcome;
use crate::store::alive::is_under_way;
use crate::store::audit::Change;
use crate::store::{Store, broken};

/// Events in one statement, at most.
const TOGETHER: usize = 100;

impl Store {
    /// Stores a run of this process, or its new state. Until it is over, a lock says that its process lives.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_run(&self, run: &Run) -> Outcome<()> {
        if is_under_way(run.state) {
            self.locks.hold(&run.id)?;
            return self.write_run(run).await;
        }
        self.write_run(run).await?;
        self.locks.release(&run.id);
        Ok(())
    }

    pub(super) async fn write_run(&self, run: &Run) -> Outcome<()> {
        let mut change = self.change().await?;
        change.run(run).await?;
        change.commit().await
    }

    /// All runs, newest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn runs(&self) -> Outcome<Vec<Run>> {
        let rows = sqlx::query("SELECT run FROM runs ORDER BY started_at DESC, id DESC")
            .fetch_all(&self.pool)
            .await
            .map_err(|error| broken(&error))?;
        rows.iter().map(|row| decode(row, 0)).collect()
    }

    /// One run.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn run(&self, id: &str) -> Outcome<Option<Run>> {
        let row = sqlx::query("SELECT run FROM runs WHERE id = ?").bind(id).fetch_optional(&self.pool).await;
        row.map_err(|error| broken(&error))?.as_ref().map(|row| decode(row, 0)).transpose()
    }

    /// Stores events of a run of this process and its state after them, in one transaction.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_story(&self, events: &[&RunEvent], run: &Run) -> Outcome<()> {
        if is_under_way(run.state) {
            self.locks.hold(&run.id)?;
        }
        let mut change = self.change().await?;
        for part in events.chunks(TOGETHER) {
            insert_events(change.sql(), part).await?;
        }
        change.run(run).await?;
        change.commit().await?;
        if !is_under_way(run.state) {
            self.locks.release(&run.id);
        }
        Ok(())
    }

    /// Stores an event.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_event(&self, event: &RunEvent) -> Outcome<()> {
        insert_events(&self.pool, &[event]).await
    }

    /// Events of a run behind a sequence number, in order.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn events(&self, run: &str, after: u64) -> Outcome<Vec<RunEvent>> {
        let rows = sqlx::query("SELECT event FROM events WHERE run = ? AND sequence > ? ORDER BY sequence")
            .bind(run)
            .bind(i64::try_from(after).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| broken(&error))?;
        rows.iter().map(|row| decode(row, 0)).collect()
    }
}

impl Change<'_> {
    /// Writes a run, and tells of its state where that is a new one.
    pub(super) async fn run(&mut self, run: &Run) -> Outcome<()> {
        let before: Option<String> = sqlx::query_scalar("SELECT json_extract(run, '$.state') FROM runs WHERE id = ?")
            .bind(&run.id)
            .fetch_optional(self.sql())
            .await
            .map_err(|error| broken(&error))?;
        insert_run(self.sql(), run).await?;
        if before.as_deref() == Some(run.state.word()) {
            return Ok(());
        }
        let action = match run.state {
            RunState::Pending => "run.asked",
            RunState::Running => "run.started",
            RunState::Done => "run.done",
            RunState::Failed => "run.failed",
            RunState::Stopped => "run.stopped",
            RunState::Waiting => "run.waiting",
        };
        let step = run.step.as_ref().map(|step| format!(" at {step}")).unwrap_or_default();
        self.note(Deed {
            actor: run.actor.clone(),
            action,
            environment: run.environment.clone(),
            subject: run.id.clone(),
            digest: run.digest.clone(),
            reason: run.message.clone(),
            detail: format!("{} of {} steps done{step} on {}", run.steps_done, run.steps, run.target),
        })
        .await
    }
}

async fn insert_run(to: impl SqliteExecutor<'_>, run: &Run) -> Outcome<()> {
    let text = serde_json::to_string(run).map_err(|error| broken(&error))?;
    sqlx::query(
        "INSERT INTO runs (id, digest, started_at, run) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET run = excluded.run",
    )
    .bind(&run.id)
    .bind(&run.digest)
    .bind(&run.started_at)
    .bind(text)
    .execute(to)
    .await
    .map(drop)
    .map_err(|error| broken(&error))
}

/// Several rows in one statement: each statement is a way to SQLite's thread and back.
pub(super) async fn insert_events(to: impl SqliteExecutor<'_>, events: &[&RunEvent]) -> Outcome<()> {
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        rows.push((event, serde_json::to_string(event).map_err(|error| broken(&error))?));
    }
    let mut insert = QueryBuilder::new("INSERT INTO events (run, sequence, event) ");
    insert.push_values(rows, |mut row, (event, text)| {
        row.push_bind(event.run.as_str()).push_bind(i64::try_from(event.sequence).unwrap_or(i64::MAX)).push_bind(text);
    });
    insert.build().execute(to).await.map(drop).map_err(|error| broken(&error))
}

pub(super) fn decode<T: serde::de::DeserializeOwned>(row: &sqlx::sqlite::SqliteRow, at: usize) -> Outcome<T> {
    let text: String = row.try_get(at).map_err(|error| broken(&error))?;
    serde_json::from_str(&text).map_err(|error| broken(&error))
}
