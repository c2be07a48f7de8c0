//! `Idempotency-Key` on POST: whoever is not sure that a request arrived sends it again, and nothing happens twice.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use planner::plan::canonical::sha256_hex;

use crate::identity::Identity;
use crate::route::Shared;
use crate::route::problem::Rejection;
use crate::store::idempotency::Known;

/// The header.
pub const KEY: &str = "idempotency-key";

/// Longest key.
const LONGEST: usize = 200;

/// Longest body of a request or an answer.
const BODY: usize = 4 << 20;

/// Answers a repeated request with the first answer.
pub async fn replay(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let key = request.headers().get(KEY).map(|value| value.to_str().unwrap_or_default().trim().to_owned());
    let Some(key) = key.filter(|_| request.method() == Method::POST) else { return next.run(request).await };
    if key.is_empty() || key.len() > LONGEST {
        let detail = format!("Idempotency-Key takes 1 to {LONGEST} visible characters.");
        return Rejection::new(StatusCode::BAD_REQUEST, "Wrong key", detail).into_response();
    }
    match once(&shared, &key, request, next).await {
        Ok(response) => response,
        Err(rejection) => rejection.into_response(),
    }
}

async fn once(shared: &Shared, key: &str, request: Request, next: Next) -> Result<Response, Rejection> {
    let (head, body) = request.into_parts();
    let too_large = |_| Rejection::new(StatusCode::PAYLOAD_TOO_LARGE, "Body too large", "A body has at most 4 MB.");
    let body = to_bytes(body, BODY).await.map_err(too_large)?;
    // Two people may come to the same key: neither gets the other's answer.
    let who = head.extensions.get::<Identity>().map(|identity| identity.name.clone()).unwrap_or_default();
    let text =
        [who.as_bytes(), b" ", head.method.as_str().as_bytes(), b" ", head.uri.to_string().as_bytes(), b"\n", body.as_ref()]
            .concat();
    let store = &shared.0.store;
    match store.take_key(key, &sha256_hex(&text)).await? {
        Known::New => {}
        Known::UnderWay => {
            let detail = "The first request with this key is under way; ask again when it has been answered.";
            return Err(Rejection::new(StatusCode::CONFLICT, "Under way", detail));
        }
        Known::Gone => {
            let detail = "The server that had the first request with this key is gone, and what became of it is not known. Look at \
                          what it did, then ask with a new key.";
            return Err(Rejection::new(StatusCode::CONFLICT, "Outcome unknown", detail));
        }
        Known::Other => {
            let detail = "This key was used for another request.";
            return Err(Rejection::new(StatusCode::CONFLICT, "Key in use", detail));
        }
        Known::Answered(status, body) => return Ok(again(status, body)),
    }
    let response = next.run(Request::from_parts(head, Body::from(body))).await;
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, BODY).await.unwrap_or_default();
    // What was wrong with the server may be right the next time.
    if head.status.is_server_error() {
        store.free_key(key).await?;
    } else {
        store.keep_answer(key, head.status.as_u16(), &String::from_utf8_lossy(&bytes)).await?;
    }
    Ok(Response::from_parts(head, Body::from(bytes)))
}

fn again(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    (status, [(header::CONTENT_TYPE.as_str(), kind), ("idempotency-replayed", "true")], body).into_response()
}
