//! `/approvals`: who approved what, and approving.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use planner::plan::Plan;
use planner::protocol::{Approval, ApproveRequest};
use serde::Deserialize;

use crate::approval;
use crate::execution;
use crate::exit::{Exit, Failure};
use crate::identity::{Identity, Permission};
use crate::observe;
use crate::route::Shared;
use crate::route::problem::Rejection;
use crate::store::approvals::Kept;
use crate::store::plans::{Choices, Made};
use crate::store::{from_now, now};
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
pub async fn list(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Vec<Approval>>, Rejection> {
    let mut approvals = shared.0.store.approvals(wanted.digest.as_deref()).await?;
    approvals.retain(|approval| shared.shows(&identity, &approval.environment));
    Ok(Json(approvals))
}

/// `POST /approvals`: plans again with the same choices, and refuses another result.
///
/// # Errors
/// 409 where the plan is stale.
pub async fn approve(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    body: Result<Json<ApproveRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<Approval>), Rejection> {
    let Json(asked) = body.map_err(|error| Rejection::new(error.status(), "Wrong body", error.body_text()))?;
    let workspace = shared.0.workspace.reopen()?;
    let (environment, batches, up_to) = (asked.environment.clone(), asked.batches, asked.up_to);
    let choices = Choices { environment, batches, up_to, ..Choices::default() };
    if !choices.environment.is_empty() {
        shared.require(&identity, Permission::Approve, &choices.environment)?;
    }
    let fresh = plan(&workspace, &choices).await?;
    shared.require(&identity, Permission::Approve, &fresh.environment)?;
    if fresh.digest != asked.digest {
        let why = match shared.0.store.plan(&asked.digest).await? {
            Some((reviewed, _)) => approval::difference::told(&reviewed, &fresh),
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
    let policy = workspace.sections().policy(&fresh.environment);
    if policy.signed {
        let message = format!("Environment {} asks for signed approvals; the page cannot sign.", fresh.environment);
        let cure = format!("Sign with your key: flightplan approve {} --key FILE", fresh.digest);
        shared.0.store.keep_plan(&fresh, &choices, &Made::default()).await?;
        return Err(Failure::new(Exit::ApprovalMissing, message, cure).into());
    }
    shared.0.store.keep_plan(&fresh, &choices, &Made::default()).await?;
    let approval = Approval {
        digest: asked.digest,
        environment: fresh.environment,
        approver: identity.name,
        at: now(),
        comment: asked.comment,
    };
    let (expires_at, policy) = (policy.valid_for_s.map(from_now), policy.fingerprint());
    shared.0.store.approve(&Kept { approval: approval.clone(), expires_at, policy, signed: None }).await?;
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
