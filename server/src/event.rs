//! What happens in a run, told to whoever listens: the store, the page, the terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use planner::plan::Plan;
use planner::project::Request;
use planner::project::settings::Settings;
use planner::protocol::{BatchProgress, Run, RunEvent, RunEventKind, RunState};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::exit::Outcome;
use crate::measure::Meter;
use crate::preflight::Note;
use crate::store::{Store, now};

/// Events in one transaction of the store, at most.
const MOST_PAGES: usize = 500;

/// How long pages are gathered that nobody waits for: a transaction of the store for each would cost a run of small
/// migrations as much as the migrations.
const GATHER: Duration = Duration::from_millis(50);

/// How long a store that several nodes share may be away before the story of a run ends.
const AWAY: Duration = Duration::from_secs(120);

/// How often a store that answers may refuse what it is told.
const REFUSALS: u32 = 3;

/// How long to wait before it is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

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
    /// What was found before it, and does not stop it.
    pub notes: &'a [Note],
    /// When the run began to look.
    pub since: Instant,
}

/// Whoever wants to see events at once.
pub trait Listener: Send + Sync {
    /// Told what will run.
    fn brief(&mut self, _briefing: &Briefing<'_>) {}

    /// Told before the event is stored.
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
    pages: Option<mpsc::UnboundedSender<Page>>,
    listener: Box<dyn Listener>,
    changed: Arc<Notify>,
    meter: Arc<Meter>,
}

/// An event for the store, and the run as it then stands.
struct Page {
    event: RunEvent,
    run: Run,
    /// Told when it is stored, or cannot be.
    stored: Option<oneshot::Sender<()>>,
}

impl Recorder {
    /// A recorder for a run that is about to start, or to go on behind so many events. Without a store the story is only
    /// told, not kept.
    #[must_use]
    pub fn new(run: Run, sequence: u64, store: Option<Store>, listener: Box<dyn Listener>, changed: Arc<Notify>) -> Self {
        let pages = store.map(|store| {
            let (sender, receiver) = mpsc::unbounded_channel();
            tokio::spawn(keep(store, receiver, Arc::clone(&changed)));
            sender
        });
        Self { run, sequence, pages, listener, changed, meter: Arc::default() }
    }

    /// The run as it stands.
    #[must_use]
    pub const fn run(&self) -> &Run {
        &self.run
    }

    /// What counts what the run costs.
    #[must_use]
    pub const fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Tells what happened. The store is written beside the migration, which does not wait for it but at its begin and
    /// its end; a store that refuses does not stop a migration, and it is said once on the log.
    pub async fn tell(&mut self, kind: RunEventKind) {
        self.sequence += 1;
        apply(&mut self.run, &kind);
        self.meter.hear(&kind);
        let event = RunEvent { run: self.run.id.clone(), sequence: self.sequence, at: now(), kind };
        let ends = matches!(event.kind, RunEventKind::Finished { .. });
        if ends {
            self.run.finished_at = Some(event.at.clone());
        }
        self.listener.hear(&self.run, &event);
        let Some(pages) = &self.pages else {
            self.changed.notify_waiters();
            return;
        };
        let waits = ends || matches!(event.kind, RunEventKind::Started { .. } | RunEventKind::AtGate { .. });
        let (stored, wait) = if waits { Some(oneshot::channel()).unzip() } else { (None, None) };
        if pages.send(Page { event, run: self.run.clone(), stored }).is_err() {
            self.pages = None;
        } else if let Some(wait) = wait {
            // A writer that is gone has said why.
            let _ = wait.await;
        }
    }

    /// A batch was committed.
    pub async fn batch(&mut self, progress: BatchProgress) {
        self.tell(RunEventKind::Batch(progress)).await;
    }
}

/// Stores pages as they come; those that came while one was written go together.
async fn keep(store: Store, mut pages: mpsc::UnboundedReceiver<Page>, changed: Arc<Notify>) {
    let mut waiting = Vec::new();
    while pages.recv_many(&mut waiting, MOST_PAGES).await > 0 {
        gather(&mut waiting, &mut pages).await;
        let events: Vec<&RunEvent> = waiting.iter().map(|page| &page.event).collect();
        let kept = match waiting.last() {
            Some(last) => persist(&store, &events, &last.run).await,
            None => Ok(()),
        };
        changed.notify_waiters();
        for stored in waiting.drain(..).filter_map(|page| page.stored) {
            let _ = stored.send(());
        }
        if let Err(failure) = kept {
            tracing::warn!("{failure}");
            return;
        }
    }
}

/// Stores them; a server that is away is asked again for a while: the story goes on when it is back.
async fn persist(store: &Store, events: &[&RunEvent], run: &Run) -> Outcome<()> {
    let (since, mut refusals) = (Instant::now(), 0);
    loop {
        match store.keep_story(events, run).await {
            Err(failure) if store.is_shared() && refusals < REFUSALS && since.elapsed() < AWAY => tracing::warn!("{failure}"),
            done => return done,
        }
        // A server that answers and refuses will do so again.
        refusals += u32::from(store.has_users().await.is_ok());
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// Adds the pages of the next moment, up to one that somebody waits for.
async fn gather(waiting: &mut Vec<Page>, pages: &mut mpsc::UnboundedReceiver<Page>) {
    let until = tokio::time::Instant::now() + GATHER;
    while waiting.len() < MOST_PAGES && waiting.iter().next_back().is_none_or(|page| page.stored.is_none()) {
        match tokio::time::timeout_at(until, pages.recv()).await {
            Ok(Some(page)) => waiting.push(page),
            Ok(None) | Err(_) => return,
        }
    }
}

/// What an event makes of a run.
fn apply(run: &mut Run, kind: &RunEventKind) {
    match kind {
        RunEventKind::Started { steps } => {
            run.state = RunState::Running;
            run.steps = run.steps_done + *steps;
            run.gate = None;
        }
        RunEventKind::StepStarted { step, description, .. } => {
            run.step = Some(step.clone());
            run.progress = None;
            description.clone_into(&mut run.message);
        }
        RunEventKind::Batch(progress) => run.progress = Some(progress.clone()),
        RunEventKind::Waiting { reason, .. } => reason.clone_into(&mut run.message),
        RunEventKind::Captured { .. }
        | RunEventKind::Checked { .. }
        | RunEventKind::Kept { .. }
        | RunEventKind::GateOpened { .. } => {}
        RunEventKind::AtGate { step, gate, reason } => {
            run.state = RunState::Waiting;
            run.step = Some(step.clone());
            run.gate = Some(gate.clone());
            reason.clone_into(&mut run.message);
        }
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

/// What is asked of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// To go on.
    #[default]
    GoOn,
    /// To begin no batch until it may go on.
    Pause,
    /// To stop at the next safe point; there is no way back from it.
    Stop,
}

/// Asks a run to pause, to go on, or to stop at the next safe point.
#[derive(Clone, Debug)]
pub struct StopSwitch(Arc<watch::Sender<Wish>>, Arc<AtomicBool>);

/// The run's end of the switch.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Receiver<Wish>);

impl Default for StopSwitch {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Wish::GoOn)), Arc::default())
    }
}

impl StopSwitch {
    /// Its other end.
    #[must_use]
    pub fn signal(&self) -> StopSignal {
        StopSignal(self.0.subscribe())
    }

    /// Asks it to stop.
    pub fn stop(&self) {
        self.ask(Wish::Stop);
    }

    /// Asks it to stop, and whoever began it to take back what it has applied.
    pub fn retreat(&self) {
        self.1.store(true, Ordering::SeqCst);
        self.stop();
    }

    /// Whether what the run has applied is to be taken back.
    #[must_use]
    pub fn retreats(&self) -> bool {
        self.1.load(Ordering::SeqCst)
    }

    /// Asks; a stop is not taken back.
    pub fn ask(&self, wish: Wish) {
        self.0.send_if_modified(|now| {
            let changes = *now != Wish::Stop && *now != wish;
            if changes {
                *now = wish;
            }
            changes
        });
    }
}

impl StopSignal {
    /// Whether somebody has asked it to stop.
    #[must_use]
    pub fn asked(&self) -> bool {
        *self.0.borrow() == Wish::Stop
    }

    /// Whether somebody has asked it to pause.
    #[must_use]
    pub fn paused(&self) -> bool {
        *self.0.borrow() == Wish::Pause
    }

    /// Waits, but not longer than until somebody asks for anything new.
    pub async fn rest(&mut self, duration: Duration) {
        let before = *self.0.borrow_and_update();
        self.until(duration, |wish| *wish != before).await;
    }

    /// Waits, but not longer than until somebody asks.
    pub async fn sleep(&mut self, duration: Duration) {
        if self.asked() || duration.is_zero() {
            return;
        }
        self.until(duration, |wish| *wish == Wish::Stop).await;
    }

    async fn until(&mut self, duration: Duration, asked: impl FnMut(&Wish) -> bool) {
        // A switch that is gone can no longer ask: then the sleep alone counts.
        let asked = async {
            if self.0.wait_for(asked).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = tokio::time::sleep(duration) => {}
            () = asked => {}
        }
    }
}
