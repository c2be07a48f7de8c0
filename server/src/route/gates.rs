//! `/gates`: where runs wait, and opening. A run of this server goes on by itself when its gate is open, also after the
//! server was started anew.

use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use planner::protocol::{GateOpening, OpenGate, Run, RunState, WaitingGate};

use crate::approval;
use crate::event::StopSwitch;
use crate::execution::Mandate;
use crate::exit::Outcome;
use crate::identity::{Identity, Permission};
use crate::route::problem::Rejection;
use crate::route::{Shared, runs};
use crate::store::now;
use crate::waiting::{LOOK, Seen, Watch};

/// Before a run is looked at again that came to another gate, or that could not go on.
const PAUSE: Duration = Duration::from_secs(2);

/// How often it is looked for runs that wait and that nobody here follows: another node may have begun them.
const OTHERS: Duration = Duration::from_secs(5);

/// `GET /gates`.
///
/// # Errors
/// The store's refusal.
pub async fn list(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
) -> Result<Json<Vec<WaitingGate>>, Rejection> {
    let mut gates = shared.0.store.waiting_gates().await?;
    gates.retain(|gate| shared.shows(&identity, &gate.environment));
    Ok(Json(gates))
}

/// `POST /runs/{id}/gates/{name}/open`: opens the gate for this plan, and goes on with the run.
///
/// # Errors
/// 404; 409 where the run does not wait at this gate; 422 without a reason.
pub async fn open(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path((id, gate)): Path<(String, String)>,
    body: Result<Json<OpenGate>, JsonRejection>,
) -> Result<Json<Run>, Rejection> {
    let Json(asked) = body.map_err(|error| Rejection::new(error.status(), "Wrong body", error.body_text()))?;
    let run = runs::find(&shared, &id).await?;
    shared.require(&identity, Permission::Gate, &run.environment)?;
    let reason = asked.reason.trim().to_owned();
    if reason.is_empty() {
        let detail = "A gate is not opened without a reason.";
        return Err(Rejection::new(StatusCode::UNPROCESSABLE_ENTITY, "No reason", detail));
    }
    if run.state != RunState::Waiting || run.gate.as_deref() != Some(gate.as_str()) {
        let detail = format!("Run {id} is {} and does not wait at gate {gate}.", run.state.word());
        return Err(Rejection::new(StatusCode::CONFLICT, "No such gate", detail));
    }
    let opening = GateOpening { by: identity.name, at: now(), reason };
    let opened = shared.0.store.open_gate(&id, &gate, &opening).await;
    opened.map_err(|failure| Rejection::new(StatusCode::CONFLICT, "The gate is open", failure.to_string()))?;
    if !run.served {
        shared.0.store.serve_run(&id).await?;
        watch(&shared, &id);
    }
    shared.0.changed.notify_waiters();
    Ok(Json(runs::find(&shared, &id).await?))
}

/// Follows every waiting run that a server began, those that other nodes began too: whichever node comes first to an open
/// gate goes on with the run.
pub fn watch_all(shared: &Shared) {
    let shared = shared.clone();
    tokio::spawn(async move {
        while !shared.closing() {
            match shared.0.store.runs().await {
                Ok(runs) => {
                    runs.iter()
                        .filter(|run| run.served && run.state == RunState::Waiting)
                        .for_each(|run| watch(&shared, &run.id));
                }
                Err(failure) => tracing::warn!("{failure}"),
            }
            tokio::time::sleep(OTHERS).await;
        }
    });
}

/// Goes on with a run when its gate is open.
pub fn watch(shared: &Shared, run: &str) {
    if !shared.watched().insert(run.to_owned()) {
        return;
    }
    let (shared, id) = (shared.clone(), run.to_owned());
    tokio::spawn(async move {
        loop {
            match step(&shared, &id).await {
                Ok(Seen::Over) => break,
                Ok(Seen::Open | Seen::Closed) if shared.closing() => break,
                Ok(Seen::Open | Seen::Closed) => {}
                Err(failure) => tracing::warn!("{failure}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
        shared.watched().remove(&id);
    });
}

/// Looks until the gate is open, then goes on with the run, to its end or to its next gate.
async fn step(shared: &Shared, id: &str) -> Outcome<Seen> {
    let workspace = shared.0.workspace.reopen()?;
    let store = &shared.0.store;
    let mut watch = Watch::of(&workspace, store, id);
    loop {
        match watch.look().await? {
            Seen::Closed if shared.closing() => return Ok(Seen::Closed),
            Seen::Closed => tokio::time::sleep(LOOK).await,
            Seen::Over => return Ok(Seen::Over),
            Seen::Open => break,
        }
    }
    // One node goes on with it, and no other begins what that one has done.
    if !store.try_hold(id).await? {
        return Ok(Seen::Closed);
    }
    // Another node may have gone on meanwhile, and the run waits at its next gate.
    let gone_on = match Watch::of(&workspace, store, id).look().await {
        Ok(Seen::Open) => go_on(shared, id).await,
        other => other,
    };
    store.let_go(id).await;
    gone_on
}

async fn go_on(shared: &Shared, id: &str) -> Outcome<Seen> {
    let store = &shared.0.store;
    let Some(run) = store.run(id).await?.filter(|run| run.state == RunState::Waiting) else { return Ok(Seen::Over) };
    let Some((plan, choices)) = store.plan(&run.digest).await? else { return Ok(Seen::Closed) };
    let switch = StopSwitch::default();
    shared.running().insert(run.id.clone(), switch.clone());
    // People may have edited the files since the workspace was read.
    let workspace = match shared.0.workspace.reopen() {
        Ok(workspace) => workspace,
        Err(failure) => {
            shared.running().remove(&run.id);
            return Err(failure);
        }
    };
    let request = approval::with_choices(&workspace.request, &choices);
    runs::execute(shared.clone(), workspace, run, request, Mandate::Approved(Box::new(plan)), switch).await;
    let after = store.run(id).await?;
    Ok(if after.is_some_and(|run| run.state == RunState::Waiting) { Seen::Closed } else { Seen::Over })
}
