//! From a request to a finished run: connect, lock, look, plan again, check, execute.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use planner::Report;
use planner::dialect::Dialect;
use planner::finding::Finding;
use planner::migration::{Migration, SourceKind};
use planner::name::ObjectName;
use planner::plan::{Plan, Step, TransactionMode};
use planner::project::settings::{COMPUTED_VERSION_TABLE, Settings};
use planner::project::{AlembicAsked, Request, TargetIdentity};
use planner::protocol::{Run, RunEventKind, RunState};
use planner::source::flyway::callback::Event;
use planner::source::flyway::state;
use tokio::sync::Notify;

use crate::alert::Alert;
use crate::approval::quorum::{self, Enclosed};
use crate::approval::{self, Grounds};
use crate::batch::onlooker::Onlooker;
use crate::event::{Briefing, Listener, Recorder, StopSwitch};
use crate::exit::{Exit, Failure, Outcome};
use crate::history::{History, old};
use crate::journal::Journal;
use crate::measure::{Gaze, Sizes};
use crate::observe::{self, Observed};
use crate::preflight::{self, Note};
use crate::recovery::Recovery;
use crate::retreat::Retreat;
use crate::run::callback::Callbacks;
use crate::run::fallback;
use crate::run::undo::{self, Back};
use crate::run::{self, Runner, drift, lock, prepare};
use crate::store::plans::{Choices, Made};
use crate::store::wishes::Following;
use crate::store::{Store, now};
use crate::target::{Access, Target};
use crate::trigger::{self, Duty, Watch};
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
    refuse_in_emergency(&order, &settings, &url).await?;
    if url.dialect == Dialect::Sqlite && !Path::new(&url.database).exists() {
        // Connecting would make the file; what keeps an empty database from being migrated is known without it.
        refuse_blocking(&workspace.analyze(&order.request).findings)?;
    }
    let mut target = observe::connect(&url, &settings, &format!("flightplan {}", order.id), Access::Write).await?;
    let history = History::of(&settings, &target);
    lock::acquire(&mut target, &history.table, lock::patience(&settings, order.lock_wait)).await?;
    let result = under_lock(workspace, order, &url, &history, &mut target).await;
    target.unlock(&history.table).await;
    target.close().await;
    result
}

/// The target and what the planner makes of it.
struct Sight {
    observed: Observed,
    report: Report,
}

/// Nothing goes forth while an emergency takes the database back.
async fn refuse_in_emergency(order: &Order, settings: &Settings, url: &TargetUrl) -> Outcome<()> {
    let Some(store) = order.store.as_ref().filter(|_| !matches!(order.mandate, Mandate::TakeBack(_))) else { return Ok(()) };
    let Some(open) = store.open_emergency(&settings.environment, &url.identity()).await? else { return Ok(()) };
    let again = format!("flightplan --env {} rollback --emergency", settings.environment);
    Err(Failure::new(
        Exit::Locked,
        format!("Emergency {}, begun by {} at {}, is not over. Nothing was changed.", open.id, open.actor, open.started_at),
        format!("Go on with it: {again}; or end it where it is: {again} --give-up"),
    ))
}

async fn look(workspace: &Workspace, order: &Order, url: &TargetUrl, target: &mut Target) -> Result<Sight, Refused> {
    let (settings, _) = workspace.settings(&order.request);
    let observed = observe::observe(target, url, &settings, &order.request).await?;
    refuse_unmanaged(&settings, &observed)?;
    let report = workspace.analyze_pending(&observed.request);
    Ok(Sight { observed, report })
}

async fn under_lock(
    workspace: &Workspace,
    mut order: Order,
    url: &TargetUrl,
    history: &History,
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
    old::refuse(target, history).await?;
    let mut journal = Journal::beside(&history.table);
    journal.see(target).await.map_err(Failure::from)?;
    let mut sight = look(workspace, &order, url, target).await?;
    let (plan, events) = match &order.mandate {
        Mandate::TakeBack(back) | Mandate::Rehearsal(Some(back)) => {
            refuse_blocking(&callback_findings(&sight.report))?;
            let plan = undo::plan(&sight.report, &sight.observed.request, back)?;
            if matches!(order.mandate, Mandate::TakeBack(_)) {
                approval::require_way_back(order.grounds(workspace), &plan).await?;
            }
            (plan, &run::UNDO)
        }
        Mandate::AtOnce | Mandate::Approved(_) | Mandate::Rehearsal(None) => {
            let validated = validate(workspace, &order, url, history, target, &mut sight).await?;
            let fresh = &sight.report.plan;
            let plan = match (&order.mandate, validated) {
                // The approval was checked before its callbacks ran, which may have changed the schema since.
                (Mandate::Approved(approved), true) if approval::is_rest_of(fresh, approved) => {
                    approval::rest_of(approved, fresh)
                }
                _ => check(workspace, &order, history, target, fresh).await?,
            };
            (plan, &run::MIGRATE)
        }
    };
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
    let (careful, bookkeeping) = (approved.is_some(), history.bookkeeping(&settings));
    let resumes = drift::refuse(target, &journal, &observed.schema, &plan, approved).await?;
    let forth = matches!(order.mandate, Mandate::AtOnce | Mandate::Approved(_));
    let notes = before(workspace, &order, target, (url, history), (&plan, &observed.request)).await?;
    let request = &observed.request;
    order.listener.brief(&Briefing { plan: &plan, settings: &settings, request, validated, schema, notes: &notes, since });
    keep_gated(&order, approved.unwrap_or(&plan), &journal, target).await?;
    let (run, told) = run::gate::go_on(order.store.as_ref(), run_of(&order, &plan, url)).await?;
    if let (Some(store), Mandate::TakeBack(Back::Before { run: undone, .. })) = (&order.store, &order.mandate) {
        store.note_rollback(&run.id, undone).await?;
    }
    if !matches!(order.mandate, Mandate::TakeBack(_) | Mandate::Rehearsal(Some(_))) {
        prepare::schemas(target, history, &settings, &callbacks).await?;
    }
    if let Some(row) = &observed.baseline {
        prepare::baseline(target, history, row, &callbacks).await?;
    }
    let batched = plan.steps.iter().any(|step| step.transaction == TransactionMode::Batched);
    let onlooker = if batched { Onlooker::begin(target, url, &format!("flightplan {} looks", order.id)).await } else { None };
    let _following = order.store.clone().map(|store| Following::begin(store, run.id.clone(), order.switch.clone()));
    let recovery = match order.mandate {
        Mandate::Rehearsal(_) => None,
        _ => Recovery::of(workspace, url, settings.dialect),
    };
    let sizes = Arc::new(if order.store.is_some() { Sizes::before(target, &plan).await } else { Sizes::default() });
    let mut recorder = Recorder::new(run, told, order.store.clone(), order.listener, order.changed);
    let watch = if forth {
        let duty = Duty {
            switch: order.switch.clone(),
            meter: Arc::clone(recorder.meter()),
            sizes: Arc::clone(&sizes),
            receivers: workspace.sections().receivers.clone(),
            about: about(recorder.run()),
        };
        Watch::begin(workspace.sections().rules(), target, (url, &settings), duty).await?
    } else {
        None
    };
    let _gaze = if order.store.is_some() { Gaze::begin(recorder.meter(), target, url).await } else { None };
    let mut runner = Runner {
        target,
        history,
        journal,
        callbacks,
        events,
        bookkeeping,
        careful,
        resumes,
        recorder: &mut recorder,
        store: order.store,
        stop: order.switch.signal(),
        python,
        ahead: None,
        recovery,
        watch,
        onlooker,
    };
    let done = runner.execute(&plan).await;
    let store = runner.store.take();
    measured(store.as_ref(), &recorder, &sizes, target).await;
    trigger::all_told().await;
    done?;
    Ok(Executed { plan, settings, run: recorder.run().clone() })
}

/// What people are told of a run.
fn about(run: &Run) -> Alert {
    Alert {
        alert: String::new(),
        message: String::new(),
        run: run.id.clone(),
        environment: run.environment.clone(),
        target: run.target.clone(),
        digest: run.digest.clone(),
        actor: run.actor.clone(),
        at: String::new(),
    }
}

/// Keeps what the run cost; a store that refuses stops nothing.
async fn measured(store: Option<&Store>, recorder: &Recorder, sizes: &Sizes, target: &mut Target) {
    let Some(store) = store else { return };
    recorder.meter().grew(sizes.grown(target).await);
    if let Err(failure) = store.keep_measures(&recorder.run().id, &recorder.meter().read()).await {
        tracing::warn!("{failure}");
    }
}

/// What is looked at when the plan is known and nothing has run: whether it is the time, and whether the server is ready.
///
/// # Errors
/// [`Exit::ApprovalMissing`] outside a window; [`Exit::Findings`] where something stops the run.
async fn before(
    workspace: &Workspace,
    order: &Order,
    target: &mut Target,
    (url, history): (&TargetUrl, &History),
    (plan, request): (&Plan, &Request),
) -> Outcome<Vec<Note>> {
    let rehearses = matches!(order.mandate, Mandate::Rehearsal(_));
    if plan.steps.is_empty() || rehearses {
        return Ok(Vec::new());
    }
    if !matches!(order.mandate, Mandate::TakeBack(_)) {
        workspace.sections().windows.refuse(&plan.environment, chrono::Utc::now())?;
    }
    let journal = Journal::beside(&history.table);
    let bookkeeping: Vec<ObjectName> = std::iter::once(history.table.clone()).chain(journal.tables()).collect();
    let settings = &workspace.sections().preflight;
    let asked = preflight::Asked { url, settings, plan, statistics: &request.statistics, bookkeeping: &bookkeeping };
    let notes = preflight::look(target, &asked).await;
    preflight::refuse(&notes)?;
    Ok(notes)
}

/// What Flyway's `migrate` does first: `validateOnMigrate` with its callbacks. `true`: callbacks ran, by right of the order.
///
/// # Errors
/// Anything that keeps the plan from running, before anything is changed.
async fn validate(
    workspace: &Workspace,
    order: &Order,
    url: &TargetUrl,
    history: &History,
    target: &mut Target,
    sight: &mut Sight,
) -> Result<bool, Refused> {
    let events = [Event::BeforeValidate, Event::AfterValidate, Event::AfterValidateError];
    let callbacks = Callbacks::planned(&sight.report.plan.callbacks, &sight.report);
    let place = history.table.schema.clone().unwrap_or_default();
    if !events.iter().any(|event| callbacks.has(*event)) || !target.has_schema(&place).await.map_err(Failure::from)? {
        refuse_blocking(&sight.report.plan.findings)?;
        refuse_blocking(&sight.report.findings)?;
        return Ok(false);
    }
    let broken: Vec<Finding> = sight.report.findings.iter().filter(|finding| !state::is_verdict(finding)).cloned().collect();
    refuse_blocking(&broken)?;
    let granted = check(workspace, order, history, target, &sight.report.plan).await?;
    let callbacks = Callbacks::planned(&granted.callbacks, &sight.report);
    callbacks.fire(target, Event::BeforeValidate).await?;
    *sight = look(workspace, order, url, target).await?;
    let valid = refuse_blocking(&sight.report.plan.findings).and_then(|()| refuse_blocking(&sight.report.findings));
    if let Err(refused) = valid {
        let failure = callbacks.after_failure(target, &[Event::AfterValidateError], refused.failure).await;
        return Err(Refused { failure, findings: refused.findings });
    }
    callbacks.fire(target, Event::AfterValidate).await?;
    Ok(true)
}

fn callback_findings(report: &Report) -> Vec<Finding> {
    report.findings.iter().filter(|finding| finding.rule.ends_with("-callback")).cloned().collect()
}

/// How many files and rows were compared before the run.
fn validated(mandate: &Mandate, report: &Report, request: &Request) -> Option<usize> {
    let compared = report.settings.source == SourceKind::Flyway && report.settings.flyway.validate_on_migrate;
    if !compared || matches!(mandate, Mandate::TakeBack(_) | Mandate::Rehearsal(_)) {
        return None;
    }
    let files: Vec<&Migration> = report.migrations.iter().filter(|file| file.source == SourceKind::Flyway).collect();
    Some(state::validation(&files, &report.settings, request, true).0.count)
}

/// Whether there is anything to do, found out from names, checksums and history alone: no schema is read, no row counted.
async fn up_to_date(
    workspace: &Workspace,
    asked: &Request,
    url: &TargetUrl,
    history: &History,
    target: &mut Target,
) -> Outcome<Option<(Request, Report)>> {
    let request = Request {
        dialect: Some(target.dialect()),
        server_version: Some(asked.server_version.unwrap_or(target.version())),
        target: Some(TargetIdentity { identity: url.identity(), fingerprint: String::new() }),
        applied: history.applied(target).await?,
        alembic: AlembicAsked { url_dialect: Some(url.dialect), ..asked.alembic.clone() },
        ..asked.clone()
    };
    Ok(workspace.up_to_date(&request).map(|report| (request, report)))
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

/// The plan that runs, if it may: the fresh one, under the digest that was approved.
async fn check(workspace: &Workspace, order: &Order, history: &History, target: &mut Target, fresh: &Plan) -> Outcome<Plan> {
    match &order.mandate {
        Mandate::AtOnce if !quorum::is_asked_for(workspace.sections(), fresh) => {
            approval::require_rehearsal(order.store.as_ref(), fresh).await?;
            begun(order, history, target, fresh).await
        }
        // Nothing waits, so nothing runs: no callback either, which nobody approved.
        Mandate::AtOnce if fresh.steps.is_empty() => Ok(Plan { callbacks: Vec::new(), ..fresh.clone() }),
        Mandate::Rehearsal(_) => {
            let open = |step: &Step| Step { gate: None, ..step.clone() };
            Ok(Plan { steps: fresh.steps.iter().map(open).collect(), rollout: None, ..fresh.clone() })
        }
        Mandate::AtOnce | Mandate::TakeBack(_) => Err(Failure::new(
            Exit::ApprovalMissing,
            format!(
                "Environment {} asks for {} before anything runs.",
                fresh.environment,
                quorum::wanted(workspace.sections(), fresh)
            ),
            format!(
                "flightplan --env {env} plan --output plan.json\n  flightplan --env {env} approve plan.json --by NAME\n  \
                 flightplan --env {env} apply plan.json",
                env = fresh.environment
            ),
        )),
        Mandate::Approved(approved) => {
            approval::require(order.grounds(workspace), approved).await?;
            let begun = Journal::beside(&history.table).last_digest(target).await?;
            let goes_on = begun.as_deref() == Some(&approved.digest) && approval::is_rest_of(fresh, approved);
            if !goes_on {
                approval::require_same(approved, fresh)?;
            }
            Ok(approval::rest_of(approved, fresh))
        }
    }
}

/// The rest of the plan that the last run began, where the gates that are left are the same: what is open is open for that
/// plan. Else the fresh one.
async fn begun(order: &Order, history: &History, target: &mut Target, fresh: &Plan) -> Outcome<Plan> {
    if let (Some(store), Some(_)) = (&order.store, &fresh.rollout)
        && let Some(digest) = Journal::beside(&history.table).last_digest(target).await?
        && let Some((begun, _)) = store.plan(&digest).await?
        && begun.digest == digest
        && approval::is_rest_of(fresh, &begun)
        && approval::same_gates(&begun, fresh)
    {
        return Ok(approval::rest_of(&begun, fresh));
    }
    Ok(fresh.clone())
}

/// Keeps a plan with gates, so that a later run goes on with it. Where another plan ran since, this one begins anew, and
/// what was opened for it then is closed.
async fn keep_gated(order: &Order, plan: &Plan, journal: &Journal, target: &mut Target) -> Outcome<()> {
    let Some(store) = order.store.as_ref().filter(|_| plan.steps.iter().any(|step| step.gate.is_some())) else { return Ok(()) };
    if journal.last_digest(target).await?.as_ref() != Some(&plan.digest) {
        store.close_gates(&plan.digest).await?;
    }
    store.keep_plan(plan, &Choices::of(&order.request, &plan.environment), &Made::default()).await
}

/// Refuses findings that keep anything from running.
///
/// # Errors
/// [`Exit::Usage`] with the blocking findings; [`Exit::Failed`] where it is Flyway's validation that failed.
pub fn refuse_blocking(findings: &[Finding]) -> Result<(), Refused> {
    let blocking: Vec<Finding> = findings.iter().filter(|finding| finding.blocking).cloned().collect();
    let message = match blocking.as_slice() {
        [] => return Ok(()),
        [_] => "Nothing was changed: 1 problem has to be mended first.".to_owned(),
        many => format!("Nothing was changed: {} problems have to be mended first.", many.len()),
    };
    let verdicts = blocking.iter().all(state::is_verdict);
    let failure = Failure::new(if verdicts { Exit::Failed } else { Exit::Usage }, message, "");
    Err(Refused { failure, findings: blocking })
}

/// Refuses to write into a version table whose name only Python knows: with another one than Alembic's, revisions that are
/// applied would run again. Reading goes on without it, and warns.
///
/// # Errors
/// [`Exit::Usage`] with the findings that name the keys to set.
pub fn refuse_computed_table(settings: &Settings, findings: &[Finding]) -> Result<(), Refused> {
    let computed = |finding: &&Finding| finding.rule == COMPUTED_VERSION_TABLE;
    let asked: Vec<Finding> = findings.iter().filter(computed).map(|it| Finding { blocking: true, ..it.clone() }).collect();
    if settings.source == SourceKind::Alembic { refuse_blocking(&asked) } else { Ok(()) }
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
            "Found non-empty schema(s) {} but no schema history table. Use baseline() or set baselineOnMigrate to true to \
             initialize the schema history table.",
            non_empty(settings, observed)
        ),
        format!(
            "The schema is not empty (it has {}) and has no {}. Point at an empty schema, or set baselineOnMigrate=true (and \
             baselineVersion) to start from what is there.",
            if tables.is_empty() { "views, sequences, types or functions".to_owned() } else { tables.join(", ") },
            settings.flyway.table
        ),
    ))
}

/// The schemas that hold something, quoted.
fn non_empty(settings: &Settings, observed: &Observed) -> String {
    let quote = if matches!(observed.schema.dialect, Dialect::MySql | Dialect::MariaDb) { '`' } else { '"' };
    let mut names: Vec<String> = observed.schema.tables.iter().filter_map(|table| table.schema.clone()).collect();
    names.extend(observed.schema.views.iter().filter_map(|view| view.schema.clone()));
    names.sort();
    names.dedup();
    if names.is_empty() {
        let identity = observed.request.target.as_ref().map(|target| target.identity.as_str());
        let database = identity.and_then(|identity| identity.rsplit('/').next()).filter(|_| quote == '`').unwrap_or("main");
        names.push(settings.flyway.default_schema.clone().unwrap_or_else(|| database.to_owned()));
    }
    names.iter().map(|name| format!("{quote}{name}{quote}")).collect::<Vec<_>>().join(",")
}
