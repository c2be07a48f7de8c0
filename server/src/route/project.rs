//! `GET /project`: what the page needs to plan by itself.

use axum::extract::{Query, State};
use axum::{Extension, Json};
use planner::project::Request;
use planner::protocol::{ProjectResponse, TargetStatus};
use serde::Deserialize;

use crate::exit::Outcome;
use crate::identity::{Identity, Permission};
use crate::observe;
use crate::route::Shared;
use crate::route::problem::Rejection;
use crate::target::Access;
use crate::workspace::Workspace;

/// The query.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    environment: Option<String>,
}

/// Files, settings of the request, and the target as it is now.
///
/// # Errors
/// Files that cannot be read, an environment that is none.
pub async fn get(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<ProjectResponse>, Rejection> {
    let workspace = shared.0.workspace.reopen()?;
    let environment = wanted.environment.filter(|name| !name.is_empty());
    let asked =
        Request { environment: environment.or_else(|| workspace.request.environment.clone()), ..workspace.request.clone() };
    let environment = workspace.settings(&asked).0.environment;
    shared.require(&identity, Permission::View, &environment)?;
    let (request, target) = look(&workspace, &asked).await;
    let permitted = Permission::ALL.into_iter().filter(|permission| shared.permits(&identity, *permission, &environment));
    let may = permitted.map(|permission| permission.to_string()).collect();
    let (user, signed_in) = (identity.name, shared.signs_in());
    Ok(Json(ProjectResponse { project: workspace.project, request, target, user, signed_in, may }))
}

/// A target that cannot be reached is no error here: the page plans without it, and says so.
async fn look(workspace: &Workspace, asked: &Request) -> (Request, TargetStatus) {
    let (settings, _) = workspace.settings(asked);
    let url = match workspace.url(&settings) {
        Ok(Some(url)) => url,
        Ok(None) => return (asked.clone(), TargetStatus::default()),
        Err(failure) => {
            return (asked.clone(), TargetStatus { identity: None, reachable: false, message: Some(failure.to_string()) });
        }
    };
    let observed: Outcome<_> = async {
        let mut target = observe::connect(&url, &settings, "flightplan", Access::Read).await?;
        let observed = observe::observe(&mut target, &url, &settings, asked).await;
        target.close().await;
        observed
    }
    .await;
    let identity = Some(url.identity());
    match observed {
        Ok(observed) => (observed.request, TargetStatus { identity, reachable: true, message: None }),
        Err(failure) => (asked.clone(), TargetStatus { identity, reachable: false, message: Some(failure.to_string()) }),
    }
}
