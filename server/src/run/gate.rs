//! A gate: the run goes through where it is open for this plan, and ends there where it is closed.
//!
//! The control store knows which gates are open, by the digest of the plan and the step behind them, so that no other plan
//! and no other way to run this one passes. What was done before a closed gate is done and recorded; the run is kept as
//! waiting, and whoever runs the plan next goes on with that run.

use planner::plan::{Gate, Plan, Step};
use planner::protocol::{GateOpening, Run, RunEventKind};

use crate::exit::{Exit, Failure, Outcome};
use crate::failpoint;
use crate::probe;
use crate::run::{Runner, group};
use crate::store::{Store, now};

impl Runner<'_> {
    /// Ends the run before a step whose gate is closed.
    ///
    /// # Errors
    /// [`Exit::Stopped`] at a closed gate; the store's refusal.
    pub(super) async fn pass(&mut self, step: &Step) -> Outcome<()> {
        let Some(gate) = &step.gate else { return Ok(()) };
        let Some(said) = self.closed(step, gate).await? else { return Ok(()) };
        // Nothing of the step has begun: whoever is killed here was not cut off in it.
        if self.journal.end_attempt(self.target).await.is_err() {
            self.target.rollback().await;
        }
        let run = self.recorder.run().clone();
        let failure = stopped(&run, step, gate, &said, self.store.is_some());
        failpoint::reach("gate.before");
        let (step, name) = (step.id.clone(), gate.name.clone());
        self.recorder.tell(RunEventKind::AtGate { step, gate: name, reason: gate.waits_for.clone() }).await;
        failpoint::reach("gate.after");
        Err(failure)
    }

    /// `None`: the gate is open. Else what the probe was told, where there is one.
    async fn closed(&mut self, step: &Step, gate: &Gate) -> Outcome<Option<String>> {
        let digest = self.recorder.run().digest.clone();
        if let Some(store) = &self.store
            && store.gate_opening(&digest, &step.id).await?.is_some()
        {
            return Ok(None);
        }
        let Some(probe) = &gate.probe else { return Ok(Some(String::new())) };
        let answer = probe::ask(probe, Some(self.target)).await;
        if !answer.opens {
            return Ok(Some(answer.said));
        }
        let opening = GateOpening { by: "probe".to_owned(), at: now(), reason: answer.said };
        if let Some(store) = &self.store {
            store.note_opening(&digest, &step.id, &gate.name, &opening).await?;
        }
        let GateOpening { by, reason, .. } = opening;
        self.recorder.tell(RunEventKind::GateOpened { step: step.id.clone(), gate: gate.name.clone(), by, reason }).await;
        Ok(None)
    }

    /// One transaction holds all steps, or all up to a closed gate.
    pub(super) async fn grouped(&mut self, plan: &Plan) -> Outcome<()> {
        for (at, step) in plan.steps.iter().enumerate() {
            let Some(gate) = &step.gate else { continue };
            if self.closed(step, gate).await?.is_some() {
                let before = plan.steps.iter().take(at).cloned().collect();
                group::run(self, &Plan { steps: before, ..plan.clone() }).await?;
                return self.pass(step).await;
            }
        }
        group::run(self, plan).await
    }
}

/// The sentence at a closed gate, and what opens it.
fn stopped(run: &Run, step: &Step, gate: &Gate, said: &str, kept: bool) -> Failure {
    let said = if said.is_empty() { String::new() } else { format!(" The probe says: {said}.") };
    let message = format!(
        "Stopped at gate {} before step {}: {}{said} What came before is done and recorded.",
        gate.name, step.id, gate.waits_for
    );
    let cure = if kept {
        format!(
            "When that is so: flightplan --env {} gate open {} --run {} --reason \"…\"\n  Then run the same command again: it goes \
             on from here. `flightplan --env {} rollback` tells how far back nothing is lost.",
            run.environment, gate.name, run.id, run.environment
        )
    } else {
        "Who opens it is kept in the control store, and there is none: name a writable file with --store, then run again."
            .to_owned()
    };
    Failure::new(Exit::Stopped, message, cure)
}

/// The run that goes on where it waited, with the number of its events; else the new one.
///
/// # Errors
/// The store's refusal.
pub async fn go_on(store: Option<&Store>, new: Run) -> Outcome<(Run, u64)> {
    let Some(store) = store else { return Ok((new, 0)) };
    match store.waiting_run(&new.digest).await? {
        Some(waits) => Ok(store.claim(&waits.id).await?.unwrap_or((new, 0))),
        None => Ok((new, 0)),
    }
}
