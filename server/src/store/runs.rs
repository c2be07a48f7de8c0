//! Runs and their events.

use planner::protocol::{Run, RunEvent, RunState};

use crate::audit::Deed;
use crate::exit::Outcome;
use crate::store::Store;
use crate::store::alive::is_under_way;
use crate::store::audit::Change;
use crate::store::sql::{To, json, rows, sql};

/// Events in one statement, at most.
const TOGETHER: usize = 100;

impl Store {
    /// Stores a run of this process, or its new state. Until it is over, a lock says that its process lives.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_run(&self, run: &Run) -> Outcome<()> {
        if is_under_way(run.state) {
            self.locks.hold(&run.id).await?;
            return self.write_run(run).await;
        }
        self.write_run(run).await?;
        self.locks.release(&run.id).await;
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
        let rows = sql("SELECT run FROM runs ORDER BY started_at DESC, id DESC").all(&self.pool).await?;
        rows.iter().map(|row| row.json(0)).collect()
    }

    /// One run.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn run(&self, id: &str) -> Outcome<Option<Run>> {
        run_of(&self.pool, id).await
    }

    /// Stores events of a run of this process and its state after them, in one transaction.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_story(&self, events: &[&RunEvent], run: &Run) -> Outcome<()> {
        if is_under_way(run.state) {
            self.locks.hold(&run.id).await?;
        }
        let mut change = self.change().await?;
        for part in events.chunks(TOGETHER) {
            insert_events(&mut change, part).await?;
        }
        change.run(run).await?;
        change.commit().await?;
        if !is_under_way(run.state) {
            self.locks.release(&run.id).await;
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
        events_of(&self.pool, run, after).await
    }
}

impl Change<'_> {
    /// Writes a run, and tells of its state where that is a new one.
    pub(super) async fn run(&mut self, run: &Run) -> Outcome<()> {
        let before = run_of(&mut *self, &run.id).await?;
        insert_run(self, run).await?;
        if before.is_some_and(|before| before.state == run.state) {
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

/// One run.
pub(super) async fn run_of(from: impl Into<To<'_>>, id: &str) -> Outcome<Option<Run>> {
    let row = sql("SELECT run FROM runs WHERE id = $1").bind(id).first(from).await?;
    row.map(|row| row.json(0)).transpose()
}

/// Events of a run behind a sequence number, in order.
pub(super) async fn events_of(from: impl Into<To<'_>>, run: &str, after: u64) -> Outcome<Vec<RunEvent>> {
    let query = sql("SELECT event FROM events WHERE run = $1 AND sequence > $2 ORDER BY sequence");
    query.bind(run).bind(after).all(from).await?.iter().map(|row| row.json(0)).collect()
}

async fn insert_run(change: &mut Change<'_>, run: &Run) -> Outcome<()> {
    sql("INSERT INTO runs (id, digest, started_at, run) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET run = excluded.run")
        .bind(&run.id)
        .bind(&run.digest)
        .bind(&run.started_at)
        .bind(json(run)?)
        .run(change)
        .await
        .map(drop)
}

/// Several rows in one statement: each statement is a way to the store and back.
///
/// The process that runs it tells its story: where another took it for dead and wrote an end, or where the store did not say
/// whether it took an event, what the process says counts.
pub(super) async fn insert_events(to: impl Into<To<'_>>, events: &[&RunEvent]) -> Outcome<()> {
    let row = |event: &&RunEvent| Ok([event.run.as_str().into(), event.sequence.into(), json(event)?.into()]);
    let values = events.iter().map(row).collect::<Outcome<_>>()?;
    let (head, tail) =
        ("INSERT INTO events (run, sequence, event) VALUES", "ON CONFLICT (run, sequence) DO UPDATE SET event = excluded.event");
    rows(head, values, tail).run(to).await.map(drop)
}
