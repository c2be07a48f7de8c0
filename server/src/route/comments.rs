//! `/plans/{digest}/comments`: what people say about a plan or one of its steps.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use planner::protocol::{Comment, SayComment};

use crate::cli::comment::step;
use crate::identity::{Identity, Permission};
use crate::route::problem::Rejection;
use crate::route::{Shared, runs};
use crate::store::now;

/// `GET /plans/{digest}/comments`.
///
/// # Errors
/// The store's refusal.
pub async fn list(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path(digest): Path<String>,
) -> Result<Json<Vec<Comment>>, Rejection> {
    if let Some((plan, _)) = shared.0.store.plan(&digest).await? {
        shared.require(&identity, Permission::View, &plan.environment)?;
    }
    Ok(Json(shared.0.store.comments(&digest).await?))
}

/// `POST /plans/{digest}/comments`.
///
/// # Errors
/// 404 where the plan is not known, 422 without words or where it has no such step.
pub async fn add(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path(digest): Path<String>,
    body: Result<Json<SayComment>, JsonRejection>,
) -> Result<(StatusCode, Json<Comment>), Rejection> {
    let Json(said) = body.map_err(|error| Rejection::new(error.status(), "Wrong body", error.body_text()))?;
    let known = shared.0.store.plan(&digest).await?.filter(|(plan, _)| plan.digest == digest);
    // What the page shows is not kept before somebody has said or done something about it.
    let (plan, _) = match known {
        Some(known) => known,
        None => runs::unreviewed(&shared, &shared.0.workspace.reopen()?, &digest)
            .await
            .map_err(|_| Rejection::new(StatusCode::NOT_FOUND, "Not found", format!("There is no plan {digest}.")))?,
    };
    shared.require(&identity, Permission::Comment, &plan.environment)?;
    if said.comment.trim().is_empty() {
        return Err(Rejection::new(StatusCode::UNPROCESSABLE_ENTITY, "No words", "A comment needs words."));
    }
    let step = if said.step.is_empty() { String::new() } else { step(&plan, &said.step)? };
    let (by, comment) = (identity.name, said.comment.trim().to_owned());
    let comment = Comment { digest, step, by, at: now(), comment };
    shared.0.store.comment(&comment).await?;
    Ok((StatusCode::CREATED, Json(comment)))
}
