//! What is heard of runs.

use planner::protocol::{BatchProgress, Run, RunEvent, RunEventKind, RunState};

use super::State;
use crate::locale::say;

impl State {
    pub(super) fn put_run(&mut self, run: Run) {
        let runs = self.runs.get_or_insert_default();
        match runs.iter_mut().find(|known| known.id == run.id) {
            Some(known) => *known = run,
            None => runs.insert(0, run),
        }
    }

    /// Events may come twice after a reconnect; each counts once.
    pub(super) fn follow(&mut self, event: RunEvent) {
        let events = self.events.entry(event.run.clone()).or_default();
        if events.iter().any(|known| known.sequence == event.sequence) {
            return;
        }
        events.push(event.clone());
        if matches!(event.kind, RunEventKind::Finished { .. }) {
            self.ended_runs += 1;
        }
        let done = events.iter().filter(|event| matches!(event.kind, RunEventKind::StepDone { .. })).count();
        let done = u32::try_from(done).unwrap_or(u32::MAX);
        if let Some(run) = self.runs.iter_mut().flatten().find(|run| run.id == event.run) {
            run.steps_done = run.steps_done.max(done);
            apply(run, event.kind, done);
        }
    }
}

/// What an event changes in its run; so many steps were done by then.
fn apply(run: &mut Run, kind: RunEventKind, done: u32) {
    match kind {
        RunEventKind::Started { steps } => {
            run.steps = done + steps;
            run.gate = None;
            if matches!(run.state, RunState::Pending | RunState::Waiting) {
                run.state = RunState::Running;
            }
        }
        RunEventKind::StepStarted { step, number, description } => {
            run.step = Some(step);
            run.message = say::step_lock(&number.to_string(), &description);
            run.progress = None::<BatchProgress>;
        }
        RunEventKind::Batch(progress) => run.progress = Some(progress),
        RunEventKind::Waiting { step, reason } => {
            run.step = Some(step);
            run.message = reason;
        }
        RunEventKind::Captured { .. }
        | RunEventKind::Checked { .. }
        | RunEventKind::Kept { .. }
        | RunEventKind::GateOpened { .. } => {}
        RunEventKind::AtGate { step, gate, reason } => {
            (run.step, run.gate, run.message, run.state) = (Some(step), Some(gate), reason, RunState::Waiting);
        }
        RunEventKind::StepDone { .. } => run.progress = None,
        RunEventKind::Finished { state, message } => {
            run.state = state;
            run.message = message;
        }
    }
}
