//! From a request to a finished run: connect, lock, look, plan again, check, execute.

mod conduct;
mod refusal;
mod right;
mod sight;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use planner::Report;
use planner::dialect::Dialect;
use planner::finding::Finding;
use planner::plan::Plan;
use planner::project::Request;
use planner::project::settings::Settings;
use planner::protocol::{Run, RunEventKind, RunState};
use tokio::sync::Notify;

use crate::approval::Grounds;
use crate::approval::quorum::Enclosed;
use crate::event::{Briefing, Listener, Recorder, StopSwitch};
pub use crate::execution::refusal::{refuse_blocking, refuse_computed_table, refuse_unmanaged};
use crate::execution::right::keep_gated;
use crate::execution::sight::{Sight, before, look, up_to_date, validated};
use crate::exit::Failure;
use crate::history::{History, old};
use crate::journal::{Entry, Journal};
use crate::observe::{self, Observed};
use crate::retreat::Retreat;
use crate::run::callback::Callbacks;
use crate::run::undo::Back;
use crate::run::{self, Events, drift, fallback, lock};
use crate::store::{Store, now};
use crate::target::{Access, Target};
use crate::url::TargetUrl;
use crate::workspace::Workspace;

/// By what right a run changes the database.
#[derive(Clone, Debug)]
pub enum Mandate {
    /// The environment asks for no approval.
    AtOnce,
    /// This plan was approved, and nothing else.
    Approved(Box<Plan>),
    /// A person asked for the way back; where approvals are asked for, an approved plan has to hold it.
    TakeBack(Back),
    /// A scratch database, where nobody has to approve and no gate stands: the way forth, or back.
    Rehearsal(Option<Back>),
}

/// Everything a run needs to be told.
pub struct Order {
    /// Id of the run.
    pub id: String,
    /// What to plan.
    pub request: Request,
    /// By what right.
    pub mandate: Mandate,
    /// Who started it.
    pub actor: String,
    /// How long to wait for the lock.
    pub lock_wait: Duration,
    /// Where the story is kept; `None`: it is only told.
    pub store: Option<Store>,
    /// What came with the plan file.
    pub enclosed: Enclosed,
    /// Who is told at once.
    pub listener: Box<dyn Listener>,
    /// Woken at each event.
    pub changed: Arc<Notify>,
    /// Who may pause or stop it.
    pub switch: StopSwitch,
}

impl Order {
    /// What the approvals of its plan are judged by.
    fn grounds<'a>(&'a self, workspace: &'a Workspace) -> Grounds<'a> {
        Grounds {
            store: self.store.as_ref(),
            sections: workspace.sections(),
            enclosed: &self.enclosed,
            runner: Some(&self.actor),
        }
    }
}

/// What was done.
#[derive(Debug)]
pub struct Executed {
    /// The plan that ran.
    pub plan: Plan,
    /// The settings it ran with.
    pub settings: Settings,
    /// The run as it ended.
    pub run: Run,
}

/// Why nothing was run, or why it ended early.
#[derive(Debug)]
pub struct Refused {
    /// The reason.
    pub failure: Failure,
    /// Findings that go with it.
    pub findings: Vec<Arc<Finding>>,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, findings: Vec::new() }
    }
}

/// A new run id: sorted by time.
#[must_use]
pub fn new_run_id() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

/// Runs an order; where it fails, what `[on_failure]` asks for is done.
///
/// # Errors
/// Before anything is changed: see [`Exit`] 2 to 5 and 7. After: the step that failed or the stop.
pub async fn execute(workspace: &Workspace, order: Order) -> Result<Executed, Refused> {
    let retreat = Retreat::of(workspace, &order);
    match (once(workspace, order).await, retreat) {
        (Err(refused), Some(retreat)) => Err(retreat.after(workspace, refused).await),
        (result, _) => result,
    }
}

/// Runs an order, and leaves it as it ended.
pub(crate) async fn once(workspace: &Workspace, mut order: Order) -> Result<Executed, Refused> {
    if let Mandate::Approved(plan) = &order.mandate {
        order.request.alembic.allow_python |= plan.steps.iter().any(|step| step.fallback.is_some());
    }
    let (settings, findings) = workspace.settings(&order.request);
    refuse_blocking(&findings)?;
    refuse_computed_table(&settings, &findings)?;
    let url = workspace.require_url(&settings)?;
    refusal::refuse_in_emergency(&order, &settings, &url).await?;
    if url.dialect == Dialect::Sqlite && !Path::new(&url.database).exists() {
        // Connecting would make the file; what keeps an empty database from being migrated is known without it.
        refuse_blocking(&workspace.analyze(&order.request).findings)?;
    }
    let mut target = observe::connect(&url, &settings, &format!("flightplan {}", order.id), Access::Write).await?;
    let history = History::of(&settings, &target);
    lock::acquire(&mut target, &history.table, lock::patience(&settings, order.lock_wait)).await?;
    let result = under_lock(workspace, order, (&url, &history), &mut target).await;
    target.unlock(&history.table).await;
    target.close().await;
    result
}

async fn under_lock(
    workspace: &Workspace,
    mut order: Order,
    (url, history): (&TargetUrl, &History),
    target: &mut Target,
) -> Result<Executed, Refused> {
    let since = Instant::now();
    if matches!(order.mandate, Mandate::AtOnce)
        && let Some((request, report)) = up_to_date(workspace, &order.request, url, history, target).await?
    {
        let schema = target.quoted_bare(target.current_schema().unwrap_or("main"));
        let validated = validated(&order.mandate, &report, &request);
        let (plan, settings) = (&report.plan, &report.settings);
        order.listener.brief(&Briefing { plan, settings, request: &request, validated, schema, notes: &[], since });
        return nothing_to_do(order, url, report).await;
    }
    let cleared = clear(workspace, &mut order, (url, history), target, since).await?;
    conduct::conduct(workspace, order, (url, history), target, cleared).await
}

/// A plan that nothing stands against.
struct Cleared {
    plan: Plan,
    settings: Settings,
    observed: Observed,
    callbacks: Callbacks,
    events: &'static Events,
    journal: Journal,
    /// The project's own Python, where a step needs it.
    python: Option<fallback::Python>,
    /// It was approved as a whole.
    careful: bool,
    /// It goes on where another run was stopped part-way.
    resumes: bool,
    /// What is noted of a migration that is half applied, before it is taken back.
    settled: Vec<Entry>,
}

/// Looks, plans again, and holds against the plan all that may stand against it; then the listener is told what will run.
///
/// # Errors
/// The first thing that stands against it.
async fn clear(
    workspace: &Workspace,
    order: &mut Order,
    (url, history): (&TargetUrl, &History),
    target: &mut Target,
    since: Instant,
) -> Result<Cleared, Refused> {
    old::refuse(target, history).await?;
    let mut journal = Journal::beside(&history.table);
    journal.see(target).await.map_err(Failure::from)?;
    let mut sight = look(workspace, order, url, target).await?;
    let half = right::half(workspace, order, (url, history), target, &mut sight).await?;
    let (plan, events) = right::granted(workspace, order, (url, history), target, &mut sight).await?;
    let Sight { observed, report } = sight;
    let python = fallback::require(workspace, &report.settings, &plan)?;
    let schema = target.quoted_bare(target.current_schema().unwrap_or("main"));
    let validated = validated(&order.mandate, &report, &observed.request);
    let callbacks = Callbacks::planned(&plan.callbacks, &report);
    let settings = report.settings;
    let approved = match &order.mandate {
        Mandate::Approved(approved) => Some(&**approved),
        Mandate::AtOnce | Mandate::TakeBack(_) | Mandate::Rehearsal(_) => None,
    };
    let (settled, words) = half.map(|half| (half.settled, half.words)).unwrap_or_default();
    let resumes = drift::refuse(target, &journal, &observed.schema, &plan, approved, words).await?;
    let notes = before(workspace, order, target, (url, history), (&plan, &observed.request)).await?;
    keep_gated(order, approved.unwrap_or(&plan), &journal, target).await?;
    let careful = approved.is_some();
    let request = &observed.request;
    order.listener.brief(&Briefing { plan: &plan, settings: &settings, request, validated, schema, notes: &notes, since });
    Ok(Cleared { plan, settings, observed, callbacks, events, journal, python, careful, resumes, settled })
}

/// A run without a step: it is told, and nothing is written into the target.
async fn nothing_to_do(order: Order, url: &TargetUrl, report: Report) -> Result<Executed, Refused> {
    let run = run_of(&order, &report.plan, url);
    let mut recorder = Recorder::new(run, 0, order.store, order.listener, order.changed);
    recorder.tell(RunEventKind::Started { steps: 0 }).await;
    let message = run::done_message(&report.plan);
    recorder.tell(RunEventKind::Finished { state: RunState::Done, message }).await;
    Ok(Executed { plan: report.plan, settings: report.settings, run: recorder.run().clone() })
}

fn run_of(order: &Order, plan: &Plan, url: &TargetUrl) -> Run {
    Run {
        id: order.id.clone(),
        digest: plan.digest.clone(),
        environment: plan.environment.clone(),
        target: url.identity(),
        state: RunState::Pending,
        actor: order.actor.clone(),
        started_at: now(),
        steps: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
        ..Run::default()
    }
}
