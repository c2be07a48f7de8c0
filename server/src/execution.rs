//! From a request to a finished run: connect, lock, look, plan again, check, execute.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use planner::Report;
use planner::dialect::Dialect;
use planner::finding::Finding;
use planner::migration::{Migration, SourceKind};
use planner::plan::Plan;
use planner::project::Request;
use planner::project::settings::Settings;
use planner::protocol::{Run, RunState};
use planner::source::flyway::state;
use tokio::sync::Notify;

use crate::approval;
use crate::event::{Briefing, Listener, Recorder, StopSignal};
use crate::exit::{Exit, Failure, Outcome};
use crate::history::{History, flyway};
use crate::journal::Journal;
use crate::observe::{self, Observed};
use crate::run::undo::{self, Back};
use crate::run::{Runner, lock};
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
    /// Who is told at once.
    pub listener: Box<dyn Listener>,
    /// Woken at each event.
    pub changed: Arc<Notify>,
    /// Who may stop it.
    pub stop: StopSignal,
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
    pub findings: Vec<Finding>,
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

/// Runs an order.
///
/// # Errors
/// Before anything is changed: see [`Exit`] 2 to 5 and 7. After: the step that failed or the stop.
pub async fn execute(workspace: &Workspace, order: Order) -> Result<Executed, Refused> {
    let (settings, findings) = workspace.settings(&order.request);
    refuse_blocking(&findings)?;
    let url = workspace.require_url(&settings)?;
    if url.dialect == Dialect::Sqlite && !Path::new(&url.database).exists() {
        // Connecting would make the file; what keeps an empty database from being migrated is known without it.
        refuse_blocking(&workspace.analyze(&order.request).findings)?;
    }
    let mut target = observe::connect(&url, &settings, &format!("flightplan {}", order.id), Access::Write).await?;
    let history = History::of(&settings, &target);
    lock::acquire(&mut target, &history.table, order.lock_wait).await?;
    let result = under_lock(workspace, order, &settings, &url, &history, &mut target).await;
    target.unlock(&history.table).await;
    target.close().await;
    result
}

async fn under_lock(
    workspace: &Workspace,
    mut order: Order,
    settings: &Settings,
    url: &TargetUrl,
    history: &History,
    target: &mut Target,
) -> Result<Executed, Refused> {
    let since = Instant::now();
    let observed = observe::observe(target, url, settings, &order.request).await?;
    refuse_unmanaged(settings, &observed)?;
    let report = workspace.analyze(&observed.request);
    if !matches!(order.mandate, Mandate::TakeBack(_)) {
        refuse_blocking(&report.plan.findings)?;
        refuse_blocking(&report.findings)?;
    }
    let plan = check(&order, history, target, &observed.request, &report).await?;
    let schema = target.quoted_bare(target.current_schema().unwrap_or("main"));
    let validated = validated(&order.mandate, &report, &observed.request);
    let settings = report.settings;
    order.listener.brief(&Briefing { plan: &plan, settings: &settings, request: &observed.request, validated, schema, since });
    let run = Run {
        id: order.id,
        digest: plan.digest.clone(),
        environment: plan.environment.clone(),
        target: url.identity(),
        state: RunState::Pending,
        actor: order.actor,
        started_at: now(),
        steps: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
        ..Run::default()
    };
    if let Some(row) = &observed.baseline {
        baseline(target, history, &row.version, &row.description).await?;
    }
    let mut recorder = Recorder::new(run, order.store, order.listener, order.changed);
    let journal = Journal::beside(&history.table);
    let outcome = Runner { target, history, journal, recorder: &mut recorder, stop: order.stop }.execute(&plan).await;
    outcome?;
    Ok(Executed { plan, settings, run: recorder.run().clone() })
}

/// How many files and rows were compared before the run.
fn validated(mandate: &Mandate, report: &Report, request: &Request) -> Option<usize> {
    let compared = report.settings.source == SourceKind::Flyway && report.settings.flyway.validate_on_migrate;
    if !compared || matches!(mandate, Mandate::TakeBack(_)) {
        return None;
    }
    let files: Vec<&Migration> = report.migrations.iter().filter(|file| file.source == SourceKind::Flyway).collect();
    Some(state::validation(&files, &report.settings, request, true).0.count)
}

/// The plan that runs, if it may: the fresh one, under the digest that was approved.
async fn check(order: &Order, history: &History, target: &mut Target, request: &Request, report: &Report) -> Outcome<Plan> {
    let fresh = &report.plan;
    match &order.mandate {
        Mandate::TakeBack(back) => {
            let plan = undo::plan(report, request, back)?;
            approval::require_way_back(order.store.as_ref(), &plan).await?;
            Ok(plan)
        }
        Mandate::AtOnce if fresh.approvals == 0 || fresh.steps.is_empty() => Ok(fresh.clone()),
        Mandate::AtOnce => Err(Failure::new(
            Exit::ApprovalMissing,
            format!("Environment {} asks for {} approval(s) before anything runs.", fresh.environment, fresh.approvals),
            format!(
                "flightplan --env {env} plan --output plan.json\n  flightplan --env {env} approve plan.json --by NAME\n  \
                 flightplan --env {env} apply plan.json",
                env = fresh.environment
            ),
        )),
        Mandate::Approved(approved) => {
            approval::require(order.store.as_ref(), approved, &approved.digest).await?;
            let begun = Journal::beside(&history.table).last_digest(target).await?;
            let goes_on = begun.as_deref() == Some(&approved.digest) && approval::is_rest_of(fresh, approved);
            if !goes_on {
                approval::require_same(approved, fresh)?;
            }
            Ok(Plan { digest: approved.digest.clone(), ..fresh.clone() })
        }
    }
}

/// Refuses findings that keep anything from running.
///
/// # Errors
/// [`Exit::Usage`] with the blocking findings.
pub fn refuse_blocking(findings: &[Finding]) -> Result<(), Refused> {
    let blocking: Vec<Finding> = findings.iter().filter(|finding| finding.blocking).cloned().collect();
    let message = match blocking.as_slice() {
        [] => return Ok(()),
        [_] => "Nothing was changed: 1 problem has to be mended first.".to_owned(),
        many => format!("Nothing was changed: {} problems have to be mended first.", many.len()),
    };
    Err(Refused { failure: Failure::usage(message, ""), findings: blocking })
}

/// Refuses a database that is in use and has no history.
///
/// # Errors
/// [`Exit::Usage`], unless a baseline is allowed.
pub fn refuse_unmanaged(settings: &Settings, observed: &Observed) -> Outcome<()> {
    if !observed.unmanaged || observed.baseline.is_some() {
        return Ok(());
    }
    let tables: Vec<&str> = observed.schema.tables.iter().map(|table| table.name.as_str()).take(5).collect();
    Err(Failure::usage(
        format!(
            "The schema is not empty (it has {}) but has no history table {}.",
            if tables.is_empty() { "views, sequences, types or functions".to_owned() } else { tables.join(", ") },
            settings.flyway.table
        ),
        "Point at an empty schema, or set baselineOnMigrate=true (and baselineVersion) to start from what is there.",
    ))
}

async fn baseline(target: &mut Target, history: &History, version: &Option<String>, description: &str) -> Outcome<()> {
    let row = flyway::NewRow { version: version.as_deref(), description, kind: "BASELINE", script: description, checksum: None };
    target.begin().await?;
    let written = async {
        history.create_with(target, Some(&row)).await?;
        target.commit().await
    };
    if let Err(error) = written.await {
        target.rollback().await;
        return Err(error.into());
    }
    Ok(())
}
