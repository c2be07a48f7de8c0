//! Errors as RFC 9457 problem details.

use axum::Json;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use planner::protocol::Problem;

use crate::execution::Refused;
use crate::exit::{Exit, Failure};

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

/// A path below `/api` that is none.
pub async fn not_found(uri: Uri) -> Rejection {
    Rejection::new(StatusCode::NOT_FOUND, "Not found", format!("There is no {uri}."))
}
