//! `/runs/{id}/way-back` and `/runs/{id}/rollback`: back to the state before a run.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use planner::plan::Plan;
use planner::project::Request;
use planner::protocol::{RollBack, Run, SeenWayBack, StepBack};

use crate::approval::quorum::Enclosed;
use crate::approval::{self, Grounds};
use crate::cli::confirm;
use crate::execution::Mandate;
use crate::exit::Failure;
use crate::identity::{Identity, Permission};
use crate::route::problem::Rejection;
use crate::route::{Shared, runs};
use crate::way_back::{Goal, WayBack, would_lose};
use crate::workspace::Workspace;

/// `GET /runs/{id}/way-back`: what going back would do and lose now. Nothing is touched.
///
/// # Errors
/// 404; 422 where there is no way back.
pub async fn look(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<SeenWayBack>, Rejection> {
    let run = runs::find(&shared, &id).await?;
    shared.require(&identity, Permission::View, &run.environment)?;
    let workspace = shared.at(&run.environment)?;
    let way = WayBack::look(&workspace, Some(&Goal::Before(run.id))).await?;
    let plan = way.plan()?;
    // What is lost is told by itself: whoever goes back says whether it may be.
    let refusals = way.refusals(&workspace, Some(&shared.0.store), plan.as_ref(), true).await;
    let database = workspace.require_url(&way.seen.settings)?.name();
    Ok(Json(seen(&way, plan.as_ref(), database, refusals)))
}

fn seen(way: &WayBack, plan: Option<&Plan>, database: String, refusals: Vec<String>) -> SeenWayBack {
    let steps = plan.iter().flat_map(|plan| &plan.steps).map(|step| {
        let back = way.ways.iter().find(|back| back.migration == step.migration);
        StepBack {
            description: step.description.clone(),
            derived: back.is_some_and(|back| back.derived),
            lossless: back.is_none_or(crate::losses::Back::is_lossless),
            sql: step.statements.iter().map(|statement| statement.sql.clone()).collect(),
        }
    });
    SeenWayBack {
        database,
        to: plan.map(|plan| plan.to.clone()).unwrap_or_default(),
        steps: steps.collect(),
        stays: way.stays.clone(),
        losses: way.losses(),
        refusals,
    }
}

/// `POST /runs/{id}/rollback`: goes back, as a run of its own.
///
/// # Errors
/// 404; 403 without the role or the approvals; 422 where the name is not the database's, where there is no way back, or where
/// something would be lost that may not be.
pub async fn go(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    body: Result<Json<RollBack>, JsonRejection>,
) -> Result<(StatusCode, Json<Run>), Rejection> {
    let Json(asked) = body.map_err(|error| Rejection::new(error.status(), "Wrong body", error.body_text()))?;
    let run = runs::find(&shared, &id).await?;
    shared.require(&identity, Permission::Run, &run.environment)?;
    let workspace = shared.at(&run.environment)?;
    let (settings, _) = workspace.settings(&workspace.request);
    confirm::is_name(&asked.confirm, &workspace.require_url(&settings)?, "changed")?;
    let way = WayBack::look(&workspace, Some(&Goal::Before(run.id))).await?;
    let (Some(back), Some(plan)) = (way.back.clone(), way.plan()?) else { return Err(nothing()) };
    if way.lossless() < way.ways.len() && !asked.accept_loss {
        return Err(would_lose(&way.ways, way.lossless()).into());
    }
    let (sections, enclosed) = (workspace.sections(), Enclosed::default());
    let grounds = Grounds { store: Some(&shared.0.store), sections, enclosed: &enclosed, runner: Some(&identity.name) };
    approval::require_way_back(grounds, &plan).await?;
    let request = Request { up_to: None, ..workspace.request.clone() };
    let begun = runs::begin(&shared, workspace, request, &plan, Mandate::TakeBack(back), identity).await?;
    Ok((StatusCode::ACCEPTED, Json(begun)))
}

fn nothing() -> Rejection {
    Failure::usage("There is nothing to take back.", "What the run applied is gone already.").into()
}

impl Shared {
    /// The project as it is now, in one of its environments.
    ///
    /// # Errors
    /// 422 where there is no such environment; files that cannot be read.
    pub(super) fn at(&self, environment: &str) -> Result<Workspace, Rejection> {
        let mut workspace = self.0.workspace.reopen()?;
        let (settings, _) = workspace.settings(&workspace.request);
        if !settings.environments.iter().any(|name| name == environment) {
            let names = settings.environments.join(", ");
            let message = format!("There is no environment {environment:?}.");
            return Err(Failure::usage(message, format!("The project has {names}.")).into());
        }
        workspace.request.environment = Some(environment.to_owned());
        Ok(workspace)
    }
}
