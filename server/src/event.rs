//! What happens in a run, told to whoever listens: the store, the page, the terminal.

use std::sync::Arc;
use std::time::Instant;

use planner::plan::Plan;
use planner::project::Request;
use planner::project::settings::Settings;
use planner::protocol::{BatchProgress, Run, RunEvent, RunEventKind, RunState};
use tokio::sync::{Notify, watch};

use crate::store::{Store, now};

/// What a run is about to do, told once before anything is changed.
#[derive(Debug)]
pub struct Briefing<'a> {
    /// What will run.
    pub plan: &'a Plan,
    /// The settings it was made with.
    pub settings: &'a Settings,
    /// Files and rows that were compared before; absent: they were not.
    pub validated: Option<usize>,
    /// The request, with what the target told.
    pub request: &'a Request,
    /// The schema that is migrated, quoted as the product does.
    pub schema: String,
    /// When the run began to look.
    pub since: Instant,
}

/// Whoever wants to see events at once.
pub trait Listener: Send + Sync {
    /// Told what will run.
    fn brief(&mut self, _briefing: &Briefing<'_>) {}

    /// Told after the event is stored.
    fn hear(&mut self, run: &Run, event: &RunEvent);
}

/// Nobody.
#[derive(Debug)]
pub struct Silence;

impl Listener for Silence {
    fn hear(&mut self, _run: &Run, _event: &RunEvent) {}
}

/// Writes the story of one run.
pub struct Recorder {
    run: Run,
    sequence: u64,
    store: Option<Store>,
    listener: Box<dyn Listener>,
    changed: Arc<Notify>,
}

impl Recorder {
    /// A recorder for a run that is about to start. Without a store the story is only told, not kept.
    #[must_use]
    pub fn new(run: Run, store: Option<Store>, listener: Box<dyn Listener>, changed: Arc<Notify>) -> Self {
        Self { run, sequence: 0, store, listener, changed }
    }

    /// The run as it stands.
    #[must_use]
    pub const fn run(&self) -> &Run {
        &self.run
    }

    /// Tells what happened. A store that refuses does not stop a migration; it is said once on the log.
    pub async fn tell(&mut self, kind: RunEventKind) {
        self.sequence += 1;
        apply(&mut self.run, &kind);
        let event = RunEvent { run: self.run.id.clone(), sequence: self.sequence, at: now(), kind };
        if matches!(event.kind, RunEventKind::Finished { .. }) {
            self.run.finished_at = Some(event.at.clone());
        }
        if let Some(store) = &self.store {
            let kept = match store.keep_event(&event).await {
                Ok(()) => store.keep_run(&self.run).await,
                Err(failure) => Err(failure),
            };
            if let Err(failure) = kept {
                tracing::warn!("{failure}");
                self.store = None;
            }
        }
        self.listener.hear(&self.run, &event);
        self.changed.notify_waiters();
    }

    /// A batch was committed.
    pub async fn batch(&mut self, progress: BatchProgress) {
        self.tell(RunEventKind::Batch(progress)).await;
    }
}

/// What an event makes of a run.
fn apply(run: &mut Run, kind: &RunEventKind) {
    match kind {
        RunEventKind::Started { steps } => {
            run.state = RunState::Running;
            run.steps = *steps;
        }
        RunEventKind::StepStarted { step, description, .. } => {
            run.step = Some(step.clone());
            run.progress = None;
            description.clone_into(&mut run.message);
        }
        RunEventKind::Batch(progress) => run.progress = Some(progress.clone()),
        RunEventKind::Waiting { reason, .. } => reason.clone_into(&mut run.message),
        RunEventKind::StepDone { .. } => {
            run.steps_done += 1;
            run.progress = None;
        }
        RunEventKind::Finished { state, message } => {
            run.state = *state;
            message.clone_into(&mut run.message);
            if *state == RunState::Done {
                run.step = None;
            }
        }
    }
}

/// Asks a run to stop at the next safe point.
#[derive(Clone, Debug)]
pub struct StopSwitch(Arc<watch::Sender<bool>>);

/// The run's end of the switch.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Receiver<bool>);

impl StopSwitch {
    /// A switch and its other end.
    #[must_use]
    pub fn new() -> (Self, StopSignal) {
        let (sender, receiver) = watch::channel(false);
        (Self(Arc::new(sender)), StopSignal(receiver))
    }

    /// Asks.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl StopSignal {
    /// Whether somebody has asked.
    #[must_use]
    pub fn asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits, but not longer than until somebody asks.
    pub async fn sleep(&mut self, duration: std::time::Duration) {
        if self.asked() || duration.is_zero() {
            return;
        }
        // A switch that is gone can no longer ask: then the sleep alone counts.
        let asked = async {
            if self.0.wait_for(|asked| *asked).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = tokio::time::sleep(duration) => {}
            () = asked => {}
        }
    }
}
