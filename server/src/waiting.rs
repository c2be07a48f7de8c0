//! Waiting at a gate without a database connection and without the migration lock, for days if need be.

use std::time::{Duration, Instant};

use planner::plan::Plan;
use planner::project::Request;
use planner::project::gate_settings::{Probe, ProbeKind};
use planner::protocol::{Run, RunState};

use crate::approval::with_choices;
use crate::exit::Outcome;
use crate::store::Store;
use crate::store::plans::Choices;
use crate::target::Access;
use crate::workspace::Workspace;
use crate::{observe, probe};

/// How often the store is asked.
pub const LOOK: Duration = Duration::from_millis(500);

/// How often a probe is asked.
const PROBE: Duration = Duration::from_secs(3);

/// A run at a gate, and when its probe was asked last.
#[derive(Debug)]
pub struct Watch<'a> {
    workspace: &'a Workspace,
    store: &'a Store,
    run: String,
    asked: Option<Instant>,
}

/// What was seen at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It is closed.
    Closed,
    /// The run can go on.
    Open,
    /// The run does not wait any more.
    Over,
}

impl<'a> Watch<'a> {
    /// Begins.
    #[must_use]
    pub fn of(workspace: &'a Workspace, store: &'a Store, run: &str) -> Self {
        Self { workspace, store, run: run.to_owned(), asked: None }
    }

    /// Looks once. A probe that opens is not noted here: the run asks it again when it passes.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn look(&mut self) -> Outcome<Seen> {
        let Some(run) = self.store.run(&self.run).await?.filter(|run| run.state == RunState::Waiting) else {
            return Ok(Seen::Over);
        };
        let step = run.step.clone().unwrap_or_default();
        if self.store.gate_opening(&run.digest, &step).await?.is_some() {
            return Ok(Seen::Open);
        }
        if self.asked.is_some_and(|asked| asked.elapsed() < PROBE) {
            return Ok(Seen::Closed);
        }
        self.asked = Some(Instant::now());
        let Some((plan, choices)) = self.store.plan(&run.digest).await? else { return Ok(Seen::Closed) };
        let Some(probe) = probe_of(&plan, &run) else { return Ok(Seen::Closed) };
        Ok(if self.opens(probe, &choices).await { Seen::Open } else { Seen::Closed })
    }

    async fn opens(&self, probe: &Probe, choices: &Choices) -> bool {
        if probe.kind == ProbeKind::Http {
            return probe::ask(probe, None).await.opens;
        }
        let request: Request = with_choices(&self.workspace.request, choices);
        let (settings, _) = self.workspace.settings(&request);
        let Ok(url) = self.workspace.require_url(&settings) else { return false };
        let Ok(mut target) = observe::connect(&url, &settings, "flightplan gate", Access::Read).await else { return false };
        let answer = probe::ask(probe, Some(&mut target)).await;
        target.close().await;
        answer.opens
    }
}

fn probe_of<'p>(plan: &'p Plan, run: &Run) -> Option<&'p Probe> {
    let step = plan.steps.iter().find(|step| Some(&step.id) == run.step.as_ref())?;
    step.gate.as_ref()?.probe.as_ref()
}
