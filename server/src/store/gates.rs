//! Which gates are open, for which plan, and the runs that wait at one.

use planner::protocol::{GateOpening, Run, RunEvent, RunEventKind, RunState, WaitingGate};

use super::runs::{insert_events, run_of};
use crate::audit::Deed;
use crate::exit::{Exit, Failure, Outcome};
use crate::store::audit::Change;
use crate::store::sql::{Row, sql};
use crate::store::{Store, now};

impl Store {
    /// How the gate before a step of a plan was opened; absent: it is closed.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn gate_opening(&self, digest: &str, step: &str) -> Outcome<Option<GateOpening>> {
        let row = sql("SELECT by, at, reason FROM gates WHERE digest = $1 AND step = $2")
            .bind(digest)
            .bind(step)
            .first(&self.pool)
            .await?;
        let opening = |row: Row| Ok(GateOpening { by: row.get(0)?, at: row.get(1)?, reason: row.get(2)? });
        row.map(opening).transpose()
    }

    /// Notes that a gate is open. The first who opened it stays.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn note_opening(&self, digest: &str, step: &str, gate: &str, opening: &GateOpening) -> Outcome<()> {
        let mut change = self.change().await?;
        if insert_opening(&mut change, digest, step, gate, opening).await? > 0 {
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
        if sql("DELETE FROM gates WHERE digest = $1").bind(digest).run(&mut change).await? > 0 {
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
        let run = waiting(&mut change, id).await?;
        let (Some(step), true) = (run.step.clone(), run.gate.as_deref() == Some(gate)) else {
            return Err(elsewhere(&run, gate));
        };
        if insert_opening(&mut change, &run.digest, &step, gate, opening).await? == 0 {
            let message = format!("Gate {gate} of run {id} is open.");
            return Err(Failure::usage(message, "Run the plan again to go on; `flightplan gate list` shows who opened it."));
        }
        let GateOpening { by, reason, .. } = opening.clone();
        let kind = RunEventKind::GateOpened { step, gate: gate.to_owned(), by, reason };
        append(&mut change, id, &opening.at, kind).await?;
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
        let Some(run) = run_of(&mut change, id).await?.filter(|run| run.state == RunState::Waiting) else { return Ok(None) };
        self.locks.hold(id).await?;
        let run = Run { state: RunState::Running, ..run };
        change.run(&run).await?;
        let events = last_sequence(&mut change, id).await?;
        change.commit().await?;
        Ok(Some((run, events)))
    }

    /// Marks a waiting run as one that a server goes on with.
    ///
    /// # Errors
    /// The store's refusal, and where it does not wait.
    pub async fn serve_run(&self, id: &str) -> Outcome<()> {
        let mut change = self.change().await?;
        let run = waiting(&mut change, id).await?;
        change.run(&Run { served: true, ..run }).await?;
        change.commit().await
    }

    /// Ends a run that waits at a gate. A gate that was opened for it and that it did not pass is closed again.
    ///
    /// # Errors
    /// [`Exit::Usage`] where it does not wait; the store's refusal.
    pub async fn end_waiting(&self, id: &str, by: &str) -> Outcome<Run> {
        let mut change = self.change().await?;
        let run = waiting(&mut change, id).await?;
        let gate = run.gate.clone().unwrap_or_default();
        sql("DELETE FROM gates WHERE digest = $1 AND step = $2")
            .bind(&run.digest)
            .bind(run.step.as_deref())
            .run(&mut change)
            .await?;
        let (state, at) = (RunState::Stopped, now());
        let message = format!("Cancelled by {by} at gate {gate}; the gate stays closed.");
        append(&mut change, id, &at, RunEventKind::Finished { state, message: message.clone() }).await?;
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
async fn waiting(change: &mut Change<'_>, id: &str) -> Outcome<Run> {
    match run_of(change, id).await? {
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

async fn insert_opening(change: &mut Change<'_>, digest: &str, step: &str, gate: &str, opening: &GateOpening) -> Outcome<u64> {
    sql(
        "INSERT INTO gates (digest, step, gate, by, at, reason) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (digest, step) DO NOTHING",
    )
    .bind(digest)
    .bind(step)
    .bind(gate)
    .bind(&opening.by)
    .bind(&opening.at)
    .bind(&opening.reason)
    .run(change)
    .await
}

async fn last_sequence(change: &mut Change<'_>, id: &str) -> Outcome<u64> {
    let last = sql("SELECT max(sequence) FROM events WHERE run = $1").bind(id).value::<Option<i64>>(change).await?;
    Ok(u64::try_from(last.flatten().unwrap_or(0)).unwrap_or(0))
}

/// Adds an event to the story of a run that no process tells now.
async fn append(change: &mut Change<'_>, id: &str, at: &str, kind: RunEventKind) -> Outcome<()> {
    let sequence = last_sequence(change, id).await? + 1;
    let event = RunEvent { run: id.to_owned(), sequence, at: at.to_owned(), kind };
    insert_events(change, &[&event]).await
}
