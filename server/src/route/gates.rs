//! `/gates`: where runs wait, and opening. A run of this server goes on by itself when its gate is open, also after the
//! server was started anew.

use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use planner::protocol::{GateOpening, OpenGate, Run, RunState, WaitingGate};

use crate::event::StopSwitch;
use crate::exit::Outcome;
use crate::identity::{Identity, Permission};
use crate::route::problem::Rejection;
use crate::route::{Shared, runs};
use crate::store::now;
use crate::waiting::{LOOK, Seen, Watch};

/// Before a run is looked at again that came to another gate, or that could not go on.
const PAUSE: Duration = Duration::from_secs(2);

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

/// Follows every waiting run that a server began.
///
/// # Errors
/// The store's refusal.
pub async fn watch_all(shared: &Shared) -> Outcome<()> {
    for run in shared.0.store.runs().await?.iter().filter(|run| run.served && run.state == RunState::Waiting) {
        watch(shared, &run.id);
    }
    Ok(())
}

/// Goes on with a run when its gate is open.
pub fn watch(shared: &Shared, run: &str) {
    let (shared, id) = (shared.clone(), run.to_owned());
    tokio::spawn(async move {
        loop {
            match step(&shared, &id).await {
                Ok(Seen::Over) => return,
                Ok(Seen::Open | Seen::Closed) if shared.closing() => return,
                Ok(Seen::Open | Seen::Closed) => {}
                Err(failure) => tracing::warn!("{failure}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
}

/// Looks until the gate is open, then goes on with the run, to its end or to its next gate.
async fn step(shared: &Shared, id: &str) -> Outcome<Seen> {
    let workspace = shared.0.workspace.reopen()?;
    let mut watch = Watch::of(&workspace, &shared.0.store, id);
    loop {
        match watch.look().await? {
            Seen::Closed if shared.closing() => return Ok(Seen::Closed),
            Seen::Closed => tokio::time::sleep(LOOK).await,
            Seen::Over => return Ok(Seen::Over),
            Seen::Open => break,
        }
    }
    let Some(run) = shared.0.store.run(id).await? else { return Ok(Seen::Over) };
    let Some((plan, choices)) = shared.0.store.plan(&run.digest).await? else { return Ok(Seen::Closed) };
    let switch = StopSwitch::default();
    shared.running().insert(run.id.clone(), switch.clone());
    // People may have edited the files since the workspace was read.
    let workspace = shared.0.workspace.reopen()?;
    runs::execute(shared.clone(), workspace, run, plan, choices, switch).await;
    let after = shared.0.store.run(id).await?;
    Ok(if after.is_some_and(|run| run.state == RunState::Waiting) { Seen::Closed } else { Seen::Over })
}
