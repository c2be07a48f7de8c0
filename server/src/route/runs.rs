//! `/runs`: starting, watching and stopping.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::{Extension, Json};
use futures_util::{Stream, stream};
use planner::plan::Plan;
use planner::project::Request;
use planner::protocol::{Run, RunEvent, RunEventKind, RunState, StartRun};

use crate::approval::quorum::Enclosed;
use crate::approval::{self, Grounds};
use crate::event::{Silence, StopSwitch, Wish};
use crate::execution::{self, Mandate, Order};
use crate::exit::{Exit, Failure};
use crate::identity::{Identity, Permission};
use crate::measure::Measures;
use crate::route::problem::Rejection;
use crate::route::{Shared, approvals, gates};
use crate::store::alive::is_under_way;
use crate::store::now;
use crate::store::plans::{Choices, Made};
use crate::workspace::Workspace;

/// `GET /runs`.
///
/// # Errors
/// The store's refusal.
pub async fn list(State(shared): State<Shared>, Extension(identity): Extension<Identity>) -> Result<Json<Vec<Run>>, Rejection> {
    shared.0.store.end_all_gone().await?;
    let mut runs = shared.0.store.runs().await?;
    runs.retain(|run| shared.shows(&identity, &run.environment));
    Ok(Json(runs))
}

/// `GET /runs/{id}`.
///
/// # Errors
/// 404.
pub async fn one(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Run>, Rejection> {
    let run = find(&shared, &id).await?;
    shared.require(&identity, Permission::View, &run.environment)?;
    Ok(Json(run))
}

pub(super) async fn find(shared: &Shared, id: &str) -> Result<Run, Rejection> {
    shared.0.store.end_if_gone(id).await?;
    let run = shared.0.store.run(id).await?;
    run.ok_or_else(|| Rejection::new(StatusCode::NOT_FOUND, "Not found", format!("There is no run {id}.")))
}

/// `GET /runs/{id}/measures`: what it cost; zeros as long as it is under way.
///
/// # Errors
/// 404.
pub async fn measures(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Measures>, Rejection> {
    let run = find(&shared, &id).await?;
    shared.require(&identity, Permission::View, &run.environment)?;
    Ok(Json(shared.0.store.measures_of(&id).await?.unwrap_or_default()))
}

/// `POST /runs`: the same check and the same executor as `flightplan apply`.
///
/// # Errors
/// 403 without approvals, 409 where the plan is stale or unknown.
pub async fn start(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    body: Result<Json<StartRun>, JsonRejection>,
) -> Result<(StatusCode, Json<Run>), Rejection> {
    let Json(asked) = body.map_err(|error| Rejection::new(error.status(), "Wrong body", error.body_text()))?;
    let workspace = shared.0.workspace.reopen()?;
    let (plan, choices) = match shared.0.store.plan(&asked.digest).await? {
        Some((plan, choices)) if plan.digest == asked.digest => (plan, choices),
        _ => unreviewed(&shared, &workspace, &asked.digest).await?,
    };
    shared.require(&identity, Permission::Run, &plan.environment)?;
    let (sections, enclosed) = (workspace.sections(), Enclosed::default());
    let grounds = Grounds { store: Some(&shared.0.store), sections, enclosed: &enclosed, runner: Some(&identity.name) };
    approval::require(grounds, &plan).await?;
    if let Some(run) = shared.0.store.waiting_run(&plan.digest).await? {
        return Ok((StatusCode::ACCEPTED, Json(run)));
    }
    let request = approval::with_choices(&workspace.request, &choices);
    let run = begin(&shared, workspace, request, &plan, Mandate::Approved(Box::new(plan.clone())), identity).await?;
    Ok((StatusCode::ACCEPTED, Json(run)))
}

/// A run of this server, kept and begun; it goes on by itself.
pub(super) async fn begin(
    shared: &Shared,
    workspace: Workspace,
    request: Request,
    plan: &Plan,
    mandate: Mandate,
    identity: Identity,
) -> Result<Run, Rejection> {
    let run = Run {
        id: execution::new_run_id(),
        digest: plan.digest.clone(),
        environment: plan.environment.clone(),
        target: plan.target.identity.clone().unwrap_or_default(),
        actor: identity.name,
        started_at: now(),
        steps: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
        message: "Waiting for the migration lock".to_owned(),
        served: true,
        ..Run::default()
    };
    shared.0.store.keep_run(&run).await?;
    let switch = StopSwitch::default();
    shared.running().insert(run.id.clone(), switch.clone());
    let (begun, id) = (execute(shared.clone(), workspace, run.clone(), request, mandate, switch), run.id.clone());
    let shared = shared.clone();
    tokio::spawn(async move {
        begun.await;
        gates::watch(&shared, &id);
    });
    Ok(run)
}

/// A plan nobody had to approve is not in the store: it is found by planning each environment without choices.
pub(super) async fn unreviewed(shared: &Shared, workspace: &Workspace, digest: &str) -> Result<(Plan, Choices), Rejection> {
    let (settings, _) = workspace.settings(&workspace.request);
    for environment in settings.environments {
        let choices = Choices { environment, ..Choices::default() };
        if let Ok(plan) = approvals::plan(workspace, &choices).await
            && plan.digest == digest
        {
            shared.0.store.keep_plan(&plan, &choices, &Made::default()).await?;
            return Ok((plan, choices));
        }
    }
    let message = format!("No environment has the plan {digest} now.");
    Err(Failure::new(Exit::Stale, message, "Load the page again, review the plan, and approve it.").into())
}

/// Executes what was asked as this run, to its end or to a closed gate.
pub(super) async fn execute(
    shared: Shared,
    workspace: Workspace,
    run: Run,
    request: Request,
    mandate: Mandate,
    switch: StopSwitch,
) {
    let order = Order {
        id: run.id.clone(),
        request,
        mandate,
        actor: run.actor.clone(),
        lock_wait: shared.0.lock_wait,
        store: Some(shared.0.store.clone()),
        enclosed: Enclosed::default(),
        listener: Box::new(Silence),
        changed: shared.0.changed.clone(),
        switch,
    };
    if let Err(refused) = execution::execute(&workspace, order).await
        && let Err(failure) = close(&shared, &run, &refused.failure).await
    {
        tracing::warn!("{failure}");
    }
    shared.running().remove(&run.id);
    shared.0.changed.notify_waiters();
}

/// A run that was refused before it began has no story yet: it gets its end here.
async fn close(shared: &Shared, run: &Run, refused: &Failure) -> Result<(), Failure> {
    let store = &shared.0.store;
    if !store.events(&run.id, 0).await?.is_empty() {
        return Ok(());
    }
    let message = format!("{} {}", refused.message, refused.cure);
    let at = now();
    let state = if refused.exit == Exit::Stopped { RunState::Stopped } else { RunState::Failed };
    let kind = RunEventKind::Finished { state, message: message.clone() };
    store.keep_event(&RunEvent { run: run.id.clone(), sequence: 1, at: at.clone(), kind }).await?;
    store.keep_run(&Run { state, message, finished_at: Some(at), ..run.clone() }).await
}

/// `POST /runs/{id}/cancel`: asks it to stop at the next safe point.
///
/// # Errors
/// 404; 409 where it is over.
pub async fn cancel(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Run>, Rejection> {
    let run = find(&shared, &id).await?;
    if run.state == RunState::Waiting {
        shared.require(&identity, Permission::Run, &run.environment)?;
        let over = shared.0.store.end_waiting(&id, &identity.name).await?;
        shared.0.changed.notify_waiters();
        return Ok(Json(over));
    }
    ask(&shared, &identity, &id, Wish::Stop).await
}

/// `POST /runs/{id}/pause`: asks it to begin no batch until it may go on.
///
/// # Errors
/// As [`cancel`].
pub async fn pause(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Run>, Rejection> {
    ask(&shared, &identity, &id, Wish::Pause).await
}

/// `POST /runs/{id}/resume`: takes a pause back.
///
/// # Errors
/// As [`cancel`].
pub async fn resume(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Run>, Rejection> {
    ask(&shared, &identity, &id, Wish::GoOn).await
}

/// A run of this server hears it at once, one of another process from the store.
async fn ask(shared: &Shared, identity: &Identity, id: &str, wish: Wish) -> Result<Json<Run>, Rejection> {
    let run = find(shared, id).await?;
    shared.require(identity, Permission::Run, &run.environment)?;
    if !is_under_way(run.state) {
        let detail = format!("run {id} is {}: there is nothing left to ask of it.", run.state.word());
        return Err(Rejection::new(StatusCode::CONFLICT, "The run is over", detail));
    }
    shared.0.store.wish(id, wish, &identity.name).await?;
    if let Some(switch) = shared.running().get(id) {
        switch.ask(wish);
    }
    Ok(Json(run))
}

/// `GET /runs/{id}/events`: what happened so far from the store, then what happens.
///
/// # Errors
/// 404.
pub async fn events(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Rejection> {
    let run = find(&shared, &id).await?;
    shared.require(&identity, Permission::View, &run.environment)?;
    let after =
        headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok()).unwrap_or(0);
    let tail = Tail { shared, id, after, queue: Vec::new().into_iter(), over: false };
    let stream = stream::unfold(tail, |mut tail| async move { tail.next().await.map(|event| (Ok(event), tail)) });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(10))))
}

/// Reads the store behind a sequence number. Polling finds the events of runs in other processes too.
struct Tail {
    shared: Shared,
    id: String,
    after: u64,
    queue: std::vec::IntoIter<RunEvent>,
    over: bool,
}

impl Tail {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.queue.next() {
                self.after = event.sequence;
                self.over = matches!(event.kind, RunEventKind::Finished { .. });
                return Some(Event::default().id(event.sequence.to_string()).json_data(&event).unwrap_or_default());
            }
            if self.over || self.shared.closing() {
                return None;
            }
            let changed = self.shared.0.changed.clone();
            let woken = changed.notified();
            let events = self.shared.0.store.events(&self.id, self.after).await.ok()?;
            if events.is_empty() {
                let _ = tokio::time::timeout(Duration::from_millis(300), woken).await;
                // A run whose process was killed gets its last event here.
                self.shared.0.store.end_if_gone(&self.id).await.ok()?;
            }
            self.queue = events.into_iter();
        }
    }
}
