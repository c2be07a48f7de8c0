//! `GET /environments`: what each environment's database really has.

use axum::extract::State;
use axum::{Extension, Json};
use planner::protocol::SeenEnvironment;

use crate::deployed;
use crate::identity::Identity;
use crate::route::Shared;
use crate::route::problem::Rejection;

/// Looks at every environment whose database is known.
///
/// # Errors
/// Files that cannot be read. A database that does not answer is told beside its environment.
pub async fn list(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
) -> Result<Json<Vec<SeenEnvironment>>, Rejection> {
    let workspace = shared.0.workspace.reopen()?;
    let mut seen = deployed::all(&workspace).await;
    seen.retain(|one| shared.shows(&identity, &one.environment));
    Ok(Json(seen))
}
