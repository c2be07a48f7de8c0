//! `/approvals`: who approved what, and approving.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use planner::plan::Plan;
use planner::protocol::{Approval, ApproveRequest};
use serde::Deserialize;

use crate::approval;
use crate::execution;
use crate::exit::{Exit, Failure};
use crate::observe;
use crate::route::Shared;
use crate::route::problem::Rejection;
use crate::store::now;
use crate::store::plans::Choices;
use crate::target::Access;
use crate::workspace::Workspace;

/// The query.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    digest: Option<String>,
}

/// `GET /approvals?digest=`.
///
/// # Errors
/// The store's refusal.
pub async fn list(State(shared): State<Shared>, Query(wanted): Query<Wanted>) -> Result<Json<Vec<Approval>>, Rejection> {
    Ok(Json(shared.0.store.approvals(wanted.digest.as_deref()).await?))
}

/// `POST /approvals`: plans again with the same choices, and refuses another result.
///
/// # Errors
/// 409 where the plan is stale.
pub async fn approve(
    State(shared): State<Shared>,
    body: Result<Json<ApproveRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<Approval>), Rejection> {
    let Json(asked) = body.map_err(|error| Rejection::new(error.status(), "Wrong body", error.body_text()))?;
    let workspace = shared.0.workspace.reopen()?;
    let (environment, batches, up_to) = (asked.environment.clone(), asked.batches, asked.up_to);
    let choices = Choices { environment, batches, up_to, ..Choices::default() };
    let fresh = plan(&workspace, &choices).await?;
    if fresh.digest != asked.digest {
        let why = match shared.0.store.plan(&asked.digest).await? {
            Some((reviewed, _)) => approval::difference(&reviewed, &fresh),
            None => "files, schema, history or sizes are others now than when the page planned.".to_owned(),
        };
        return Err(Failure::new(
            Exit::Stale,
            format!("The plan {} is stale: {why}", asked.digest),
            "Load the page again and review the new plan.",
        )
        .into());
    }
    approval::require_rehearsal(Some(&shared.0.store), &fresh).await?;
    shared.0.store.keep_plan(&fresh, &choices).await?;
    let approval = Approval {
        digest: asked.digest,
        environment: fresh.environment,
        approver: shared.0.user.clone(),
        at: now(),
        comment: asked.comment,
    };
    shared.0.store.approve(&approval).await?;
    Ok((StatusCode::CREATED, Json(approval)))
}

/// The plan as it is now.
///
/// # Errors
/// A target that cannot be reached; blocking findings.
pub(super) async fn plan(workspace: &Workspace, choices: &Choices) -> Result<Plan, Rejection> {
    let asked = approval::with_choices(&workspace.request, choices);
    let (settings, _) = workspace.settings(&asked);
    let url = workspace.require_url(&settings)?;
    let mut target = observe::connect(&url, &settings, "flightplan", Access::Read).await?;
    let observed = observe::observe(&mut target, &url, &settings, &asked).await;
    target.close().await;
    let report = workspace.analyze(&observed?.request);
    execution::refuse_blocking(&report.plan.findings)?;
    Ok(report.plan)
}
