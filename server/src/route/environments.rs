//! `GET /environments`: what each environment's database really has.

use axum::Json;
use axum::extract::State;
use planner::protocol::SeenEnvironment;

use crate::deployed;
use crate::route::Shared;
use crate::route::problem::Rejection;

/// Looks at every environment whose database is known.
///
/// # Errors
/// Files that cannot be read. A database that does not answer is told beside its environment.
pub async fn list(State(shared): State<Shared>) -> Result<Json<Vec<SeenEnvironment>>, Rejection> {
    let workspace = shared.0.workspace.reopen()?;
    Ok(Json(deployed::all(&workspace).await))
}
