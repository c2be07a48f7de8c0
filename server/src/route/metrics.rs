//! `GET /metrics`: what runs cost, for Prometheus.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::measure::exposition;
use crate::route::Shared;
use crate::route::problem::Rejection;

/// Prometheus' text format.
///
/// # Errors
/// The store's refusal.
pub async fn text(State(shared): State<Shared>) -> Result<Response, Rejection> {
    let text = exposition::text(&shared.0.store).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
