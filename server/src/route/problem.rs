//! Errors as RFC 9457 problem details.

use axum::Json;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use planner::protocol::Problem;

use crate::execution::Refused;
use crate::exit::{Exit, Failure};

/// Longest refusal of the framework that is passed on.
const LONGEST: usize = 1 << 16;

/// An error of a route.
#[derive(Debug)]
pub struct Rejection(pub Problem);

impl Rejection {
    /// A problem with a status.
    pub fn new(status: StatusCode, title: &str, detail: impl Into<String>) -> Self {
        Self(Problem { kind: "about:blank".to_owned(), title: title.to_owned(), status: status.as_u16(), detail: detail.into() })
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(self.0).into_response().into_body()).into_response()
    }
}

impl From<Failure> for Rejection {
    fn from(failure: Failure) -> Self {
        let (status, title) = match failure.exit {
            Exit::Done | Exit::Failed => (StatusCode::BAD_GATEWAY, "Failed"),
            Exit::Usage => (StatusCode::UNPROCESSABLE_ENTITY, "Wrong configuration or input"),
            Exit::Findings => (StatusCode::CONFLICT, "Findings at the gate"),
            Exit::ApprovalMissing => (StatusCode::FORBIDDEN, "Approval missing"),
            Exit::Stale => (StatusCode::CONFLICT, "Plan is stale"),
            Exit::Stopped => (StatusCode::CONFLICT, "Stopped part-way"),
            Exit::Locked => (StatusCode::CONFLICT, "Another run is under way"),
        };
        let detail = if failure.cure.is_empty() { failure.message } else { format!("{} {}", failure.message, failure.cure) };
        Self::new(status, title, detail)
    }
}

impl From<Refused> for Rejection {
    fn from(refused: Refused) -> Self {
        let mut rejection = Self::from(refused.failure);
        for finding in refused.findings.iter().take(3) {
            let place = finding.span.as_ref().map(|span| format!("{}:{}: ", span.file, span.line)).unwrap_or_default();
            rejection.0.detail.push_str(&format!(" {place}{} {}", finding.message, finding.workaround));
        }
        rejection
    }
}

/// A method that a path does not have.
pub async fn not_allowed(method: Method, uri: Uri) -> Rejection {
    Rejection::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", format!("{uri} has no {method}."))
}

/// Gives the refusals of the framework itself (a parameter that cannot be read) the shape of ours.
pub async fn dress(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || kind.starts_with("application/problem+json") {
        return response;
    }
    let body = to_bytes(response.into_body(), LONGEST).await.unwrap_or_default();
    Rejection::new(status, status.canonical_reason().unwrap_or("Error"), String::from_utf8_lossy(&body)).into_response()
}

/// A path below `/api` that is none.
pub async fn not_found(uri: Uri) -> Rejection {
    Rejection::new(StatusCode::NOT_FOUND, "Not found", format!("There is no {uri}."))
}
