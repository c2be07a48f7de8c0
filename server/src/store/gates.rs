//! Which gates are open, for which plan, and the runs that wait at one.

use planner::protocol::{GateOpening, Run, RunEvent, RunEventKind, RunState, WaitingGate};
use sqlx::{Row, Sqlite, Transaction};

use super::runs::insert_events;
use crate::audit::Deed;
use crate::exit::{Exit, Failure, Outcome};
use crate::store::{Store, broken, now};

impl Store {
    /// How the gate before a step of a plan was opened; absent: it is closed.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn gate_opening(&self, digest: &str, step: &str) -> Outcome<Option<GateOpening>> {
        let row = sqlx::query("SELECT by, at, reason FROM gates WHERE digest = ? AND step = ?")
            .bind(digest)
            .bind(step)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| broken(&error))?;
        let opening = |row: &sqlx::sqlite::SqliteRow| {
            Ok::<_, sqlx::Error>(GateOpening { by: row.try_get(0)?, at: row.try_get(1)?, reason: row.try_get(2)? })
        };
        row.as_ref().map(opening).transpose().map_err(|error| broken(&error))
    }

    /// Notes that a gate is open. The first who opened it stays.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn note_opening(&self, digest: &str, step: &str, gate: &str, opening: &GateOpening) -> Outcome<()> {
        let mut change = self.change().await?;
        if insert_opening(change.transaction(), digest, step, gate, opening).await? > 0 {
            change.note(opened(digest, step, gate, opening)).await?;
        }
        change.commit().await
    }

    /// Closes every gate that was opened for a plan.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn close_gates(&self, digest: &str) -> Outcome<()> {
        let mut change = self.change().await?;
        let closed = sqlx::query("DELETE FROM gates WHERE digest = ?").bind(digest).execute(change.sql()).await;
        if closed.map_err(|error| broken(&error))?.rows_affected() > 0 {
            let reason = "another plan ran since they were opened".to_owned();
            change.note(Deed { action: "gate.closed", digest: digest.to_owned(), reason, ..Deed::default() }).await?;
        }
        change.commit().await
    }

    /// Opens the gate that a run waits at, and tells it in the story of the run.
    ///
    /// # Errors
    /// [`Exit::Usage`] where the run does not wait at this gate, or it is open; the store's refusal.
    pub async fn open_gate(&self, id: &str, gate: &str, opening: &GateOpening) -> Outcome<Run> {
        let mut change = self.change().await?;
        let run = waiting(change.transaction(), id).await?;
        let (Some(step), true) = (run.step.clone(), run.gate.as_deref() == Some(gate)) else {
            return Err(elsewhere(&run, gate));
        };
        if insert_opening(change.transaction(), &run.digest, &step, gate, opening).await? == 0 {
            let message = format!("Gate {gate} of run {id} is open.");
            return Err(Failure::usage(message, "Run the plan again to go on; `flightplan gate list` shows who opened it."));
        }
        let GateOpening { by, reason, .. } = opening.clone();
        let kind = RunEventKind::GateOpened { step, gate: gate.to_owned(), by, reason };
        append(change.transaction(), id, &opening.at, kind).await?;
        let step = run.step.as_deref().unwrap_or_default();
        change.note(Deed { subject: id.to_owned(), ..opened(&run.digest, step, gate, opening) }).await?;
        change.commit().await?;
        Ok(run)
    }

    /// Every gate that a run waits at, newest run first.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn waiting_gates(&self) -> Outcome<Vec<WaitingGate>> {
        let mut found = Vec::new();
        for run in self.runs().await?.into_iter().filter(|run| run.state == RunState::Waiting) {
            let Some((plan, _)) = self.plan(&run.digest).await? else { continue };
            let Some(step) = plan.steps.into_iter().find(|step| Some(&step.id) == run.step.as_ref()) else { continue };
            let Some(gate) = step.gate else { continue };
            let opened = self.gate_opening(&run.digest, &step.id).await?;
            let (environment, digest) = (run.environment, run.digest);
            found.push(WaitingGate { run: run.id, environment, digest, step: step.id, gate, opened });
        }
        Ok(found)
    }

    /// The run of a plan that waits at a gate.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn waiting_run(&self, digest: &str) -> Outcome<Option<Run>> {
        let waits = |run: &Run| run.digest == digest && run.state == RunState::Waiting;
        Ok(self.runs().await?.into_iter().find(waits))
    }

    /// Takes a waiting run for the process that goes on with it: the run, and how many events it has. `None`: it does not
    /// wait any more.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn claim(&self, id: &str) -> Outcome<Option<(Run, u64)>> {
        let mut change = self.change().await?;
        let Ok(run) = waiting(change.transaction(), id).await else { return Ok(None) };
        self.locks.hold(id)?;
        let run = Run { state: RunState::Running, ..run };
        change.run(&run).await?;
        let events = last_sequence(change.transaction(), id).await?;
        change.commit().await?;
        Ok(Some((run, events)))
    }

    /// Marks a waiting run as one that a server goes on with.
    ///
    /// # Errors
    /// The store's refusal, and where it does not wait.
    pub async fn serve_run(&self, id: &str) -> Outcome<()> {
        let mut change = self.change().await?;
        let run = waiting(change.transaction(), id).await?;
        change.run(&Run { served: true, ..run }).await?;
        change.commit().await
    }

    /// Ends a run that waits at a gate. A gate that was opened for it and that it did not pass is closed again.
    ///
    /// # Errors
    /// [`Exit::Usage`] where it does not wait; the store's refusal.
    pub async fn end_waiting(&self, id: &str, by: &str) -> Outcome<Run> {
        let mut change = self.change().await?;
        let run = waiting(change.transaction(), id).await?;
        let gate = run.gate.clone().unwrap_or_default();
        sqlx::query("DELETE FROM gates WHERE digest = ? AND step = ?")
            .bind(&run.digest)
            .bind(run.step.as_deref())
            .execute(change.sql())
            .await
            .map_err(|error| broken(&error))?;
        let (state, at) = (RunState::Stopped, now());
        let message = format!("Cancelled by {by} at gate {gate}; the gate stays closed.");
        append(change.transaction(), id, &at, RunEventKind::Finished { state, message: message.clone() }).await?;
        let run = Run { state, message, gate: None, finished_at: Some(at), ..run };
        change.run(&run).await?;
        change.commit().await?;
        Ok(run)
    }
}

/// The opening of a gate, for the log.
fn opened(digest: &str, step: &str, gate: &str, opening: &GateOpening) -> Deed {
    Deed {
        actor: opening.by.clone(),
        action: "gate.opened",
        digest: digest.to_owned(),
        reason: opening.reason.clone(),
        detail: format!("{gate} before {step}"),
        ..Deed::default()
    }
}

/// A run that waits at a gate.
async fn waiting(transaction: &mut Transaction<'static, Sqlite>, id: &str) -> Outcome<Run> {
    let row = sqlx::query("SELECT run FROM runs WHERE id = ?").bind(id).fetch_optional(&mut **transaction).await;
    let row = row.map_err(|error| broken(&error))?;
    let run: Option<Run> = row.as_ref().map(|row| super::runs::decode(row, 0)).transpose()?;
    match run {
        Some(run) if run.state == RunState::Waiting => Ok(run),
        Some(run) => Err(Failure::usage(
            format!("Run {id} is {} and waits at no gate.", run.state.word()),
            "`flightplan gate list` shows the gates that runs wait at.",
        )),
        None => Err(Failure::usage(format!("There is no run {id} in this store."), "`flightplan runs` lists them.")),
    }
}

fn elsewhere(run: &Run, gate: &str) -> Failure {
    let at = run.gate.as_deref().unwrap_or("no gate");
    Failure::new(
        Exit::Usage,
        format!("Run {} does not wait at gate {gate:?} but at {at}.", run.id),
        "A gate opens when a run has come to it; `flightplan gate list` shows them.",
    )
}

async fn insert_opening(
    transaction: &mut Transaction<'static, Sqlite>,
    digest: &str,
    step: &str,
    gate: &str,
    opening: &GateOpening,
) -> Outcome<u64> {
    sqlx::query(
        "INSERT INTO gates (digest, step, gate, by, at, reason) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (digest, step) DO NOTHING",
    )
    .bind(digest)
    .bind(step)
    .bind(gate)
    .bind(&opening.by)
    .bind(&opening.at)
    .bind(&opening.reason)
    .execute(&mut **transaction)
    .await
    .map(|done| done.rows_affected())
    .map_err(|error| broken(&error))
}

async fn last_sequence(transaction: &mut Transaction<'static, Sqlite>, id: &str) -> Outcome<u64> {
    let last: i64 = sqlx::query_scalar("SELECT coalesce(max(sequence), 0) FROM events WHERE run = ?")
        .bind(id)
        .fetch_one(&mut **transaction)
        .await
        .map_err(|error| broken(&error))?;
    Ok(u64::try_from(last).unwrap_or(0))
}

/// Adds an event to the story of a run that no process tells now.
async fn append(transaction: &mut Transaction<'static, Sqlite>, id: &str, at: &str, kind: RunEventKind) -> Outcome<()> {
    let sequence = last_sequence(transaction, id).await? + 1;
    let event = RunEvent { run: id.to_owned(), sequence, at: at.to_owned(), kind };
    insert_events(&mut **transaction, &[&event]).await
}
