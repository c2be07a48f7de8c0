//! The server's routes, typed as in [`planner::protocol`].
//!
//! Paths are relative to the page, so that a proxy may serve it under any folder.

use gloo::net::Error;
use gloo::net::http::{Request, RequestBuilder};
use js_sys::Uint8Array;
use planner::protocol::emergency::{Emergency, GiveUpEmergency, SeenEmergency, StartEmergency};
use planner::protocol::{
    Approval, ApproveRequest, Comment, OpenGate, Problem, ProjectResponse, RollBack, Run, SayComment, SeenEnvironment,
    SeenWayBack, StartRun, WaitingGate,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::locale::say;
use crate::message::{decode, encode};
use crate::state::Notice;
use crate::words::on_page;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// Nobody answered.
    Unreachable(String),
    /// The server refused, and says why.
    Refused(Problem),
    /// Somebody answered who does not speak the protocol: a static file server.
    Foreign(u16),
}

impl ApiError {
    /// As a notice under the given title.
    #[must_use]
    pub fn notice(self, title: &str) -> Notice {
        let (detail, stale) = self.told();
        Notice { title: title.to_owned(), detail, stale }
    }

    /// What differs and what to do.
    #[must_use]
    pub fn detail(self) -> String {
        self.told().0
    }

    /// The words, and whether the plan in hand is stale.
    fn told(self) -> (String, bool) {
        match self {
            Self::Unreachable(reason) => (say::server_silent(&reason), false),
            Self::Refused(problem) => {
                let words = if problem.detail.is_empty() { problem.title } else { problem.detail };
                (on_page(&words).unwrap_or(words), problem.status == 409)
            }
            Self::Foreign(status) => (say::server_status(&status.to_string()), false),
        }
    }
}

/// `GET /api/v1/project`.
///
/// # Errors
/// See [`ApiError`]; [`ApiError::Foreign`] means that there is no Flightplan server.
pub async fn project(environment: Option<&str>) -> Result<ProjectResponse, ApiError> {
    let request = Request::get("api/v1/project");
    ask(match environment {
        Some(name) => request.query([("environment", name)]),
        None => request,
    })
    .await
}

/// `GET /api/v1/approvals`.
///
/// # Errors
/// See [`ApiError`].
pub async fn approvals(digest: &str) -> Result<Vec<Approval>, ApiError> {
    ask(Request::get("api/v1/approvals").query([("digest", digest)])).await
}

/// `POST /api/v1/approvals`.
///
/// # Errors
/// See [`ApiError`].
pub async fn approve(approval: &ApproveRequest) -> Result<Approval, ApiError> {
    change("api/v1/approvals", approval).await
}

/// `GET /api/v1/environments`.
///
/// # Errors
/// See [`ApiError`].
pub async fn environments() -> Result<Vec<SeenEnvironment>, ApiError> {
    ask(Request::get("api/v1/environments")).await
}

/// `GET /api/v1/plans/{digest}/comments`.
///
/// # Errors
/// See [`ApiError`].
pub async fn comments(digest: &str) -> Result<Vec<Comment>, ApiError> {
    ask(Request::get(&comments_of(digest))).await
}

/// `POST /api/v1/plans/{digest}/comments`.
///
/// # Errors
/// See [`ApiError`].
pub async fn say(digest: &str, said: &SayComment) -> Result<Comment, ApiError> {
    change(&comments_of(digest), said).await
}

fn comments_of(digest: &str) -> String {
    ["api/v1/plans/", digest, "/comments"].concat()
}

/// `GET /api/v1/gates`.
///
/// # Errors
/// See [`ApiError`].
pub async fn gates() -> Result<Vec<WaitingGate>, ApiError> {
    ask(Request::get("api/v1/gates")).await
}

/// `POST /logout`. The answer is the form to sign in, which nobody reads here.
///
/// # Errors
/// See [`ApiError`].
pub async fn sign_out() -> Result<(), ApiError> {
    Request::post("logout").send().await.map(drop).map_err(|error| ApiError::Unreachable(error.to_string()))
}

/// `GET /api/v1/runs`.
///
/// # Errors
/// See [`ApiError`].
pub async fn runs() -> Result<Vec<Run>, ApiError> {
    ask(Request::get("api/v1/runs")).await
}

/// `GET /api/v1/runs/{id}`.
///
/// # Errors
/// See [`ApiError`].
pub async fn run(id: &str) -> Result<Run, ApiError> {
    ask(Request::get(&format!("api/v1/runs/{id}"))).await
}

/// `POST /api/v1/runs`.
///
/// # Errors
/// See [`ApiError`].
pub async fn start(digest: &str) -> Result<Run, ApiError> {
    change("api/v1/runs", &StartRun { digest: digest.to_owned() }).await
}

/// `POST /api/v1/runs/{id}/cancel`, `…/pause` or `…/resume`.
///
/// # Errors
/// See [`ApiError`].
pub async fn tell(id: &str, wish: &str) -> Result<Run, ApiError> {
    change(&format!("api/v1/runs/{id}/{wish}"), &serde_json::Map::new()).await
}

/// `POST /api/v1/runs/{id}/gates/{name}/open`.
///
/// # Errors
/// See [`ApiError`].
pub async fn open_gate(id: &str, gate: &str, asked: &OpenGate) -> Result<Run, ApiError> {
    change(&format!("api/v1/runs/{id}/gates/{gate}/open"), asked).await
}

/// `GET /api/v1/runs/{id}/way-back`.
///
/// # Errors
/// See [`ApiError`].
pub async fn way_back(id: &str) -> Result<SeenWayBack, ApiError> {
    ask(Request::get(&format!("api/v1/runs/{id}/way-back"))).await
}

/// `POST /api/v1/runs/{id}/rollback`.
///
/// # Errors
/// See [`ApiError`].
pub async fn roll_back(id: &str, asked: &RollBack) -> Result<Run, ApiError> {
    change(&format!("api/v1/runs/{id}/rollback"), asked).await
}

/// `GET /api/v1/emergencies`.
///
/// # Errors
/// See [`ApiError`].
pub async fn emergencies(environment: &str) -> Result<Vec<Emergency>, ApiError> {
    ask(Request::get("api/v1/emergencies").query([("environment", environment)])).await
}

/// `GET /api/v1/emergencies/ahead`.
///
/// # Errors
/// See [`ApiError`].
pub async fn emergency_ahead(environment: &str) -> Result<SeenEmergency, ApiError> {
    ask(Request::get("api/v1/emergencies/ahead").query([("environment", environment)])).await
}

/// `POST /api/v1/emergencies`.
///
/// # Errors
/// See [`ApiError`].
pub async fn start_emergency(asked: &StartEmergency) -> Result<Emergency, ApiError> {
    change("api/v1/emergencies", asked).await
}

/// `POST /api/v1/emergencies/give-up`.
///
/// # Errors
/// See [`ApiError`].
pub async fn give_up_emergency(asked: &GiveUpEmergency) -> Result<Emergency, ApiError> {
    change("api/v1/emergencies/give-up", asked).await
}

/// Address of the report on an emergency.
#[must_use]
pub fn incident(id: &str) -> String {
    format!("api/v1/emergencies/{id}/report")
}

/// Address of a run's events.
#[must_use]
pub fn events(id: &str) -> String {
    format!("api/v1/runs/{id}/events")
}

async fn ask<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, ApiError> {
    typed(sent(request.build()).await?)
}

async fn change<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, ApiError> {
    typed(post(path, &encode(body)).await?)
}

async fn post(path: &str, json: &[u8]) -> Result<Answer, ApiError> {
    let request = Request::post(path).header("X-Flightplan", "1").header("Content-Type", "application/json");
    sent(request.body(Uint8Array::from(json))).await
}

/// Status and body of an answer.
type Answer = (u16, Vec<u8>);

/// What every request has in common, compiled once: a future for each type would be larger than all of this file.
async fn sent(request: Result<Request, Error>) -> Result<Answer, ApiError> {
    let unreachable = |error: Error| ApiError::Unreachable(error.to_string());
    let response = request.map_err(unreachable)?.send().await.map_err(unreachable)?;
    let status = response.status();
    let body = response.binary().await.map_err(|_| ApiError::Foreign(status))?;
    if response.ok() {
        return Ok((status, body));
    }
    let kind = response.headers().get("content-type").unwrap_or_default();
    let is_problem = kind.starts_with("application/problem+json");
    let problem = decode(&body).ok().filter(|_| is_problem);
    Err(problem.map_or(ApiError::Foreign(status), ApiError::Refused))
}

/// Read as the worker's answers are: a second way of reading JSON would be compiled for every type.
fn typed<T: DeserializeOwned>((status, body): Answer) -> Result<T, ApiError> {
    decode(&body).map_err(|_| ApiError::Foreign(status))
}
