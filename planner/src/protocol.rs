//! The JSON of the server's routes as types, so that page and server cannot disagree.
//!
//! | route | in | out |
//! |---|---|---|
//! | `GET /api/v1/health` | | `{"status":"ok"}` |
//! | `GET /api/v1/project?environment=NAME` | | [`ProjectResponse`] |
//! | `GET /api/v1/approvals?digest=HEX` | | `[`[`Approval`]`]` |
//! | `POST /api/v1/approvals` | [`ApproveRequest`] | [`Approval`] |
//! | `GET /api/v1/plans/{digest}/comments` | | `[`[`Comment`]`]`, oldest first |
//! | `POST /api/v1/plans/{digest}/comments` | [`SayComment`] | [`Comment`] |
//! | `GET /api/v1/runs` | | `[`[`Run`]`]`, newest first |
//! | `POST /api/v1/runs` | [`StartRun`] | [`Run`] |
//! | `GET /api/v1/runs/{id}` | | [`Run`] |
//! | `POST /api/v1/runs/{id}/cancel`, `…/pause`, `…/resume` | | [`Run`] |
//! | `GET /api/v1/runs/{id}/way-back` | | [`SeenWayBack`] |
//! | `POST /api/v1/runs/{id}/rollback` | [`RollBack`] | the [`Run`] that goes back |
//! | `GET /api/v1/emergencies?environment=NAME` | | `[`[`emergency::Emergency`]`]`, newest first |
//! | `POST /api/v1/emergencies` | [`emergency::StartEmergency`] | [`emergency::Emergency`] |
//! | `GET /api/v1/emergencies/ahead?environment=NAME` | | [`emergency::SeenEmergency`] |
//! | `POST /api/v1/emergencies/give-up` | [`emergency::GiveUpEmergency`] | [`emergency::Emergency`] |
//! | `GET /api/v1/emergencies/{id}` | | [`emergency::Emergency`] |
//! | `GET /api/v1/emergencies/{id}/report` | | the report on it, Markdown |
//! | `GET /api/v1/environments` | | `[`[`SeenEnvironment`]`]` |
//! | `GET /api/v1/gates` | | `[`[`WaitingGate`]`]` |
//! | `POST /api/v1/runs/{id}/gates/{name}/open` | [`OpenGate`] | [`Run`] |
//! | `GET /api/v1/runs/{id}/events` | | server-sent events: `data:` is a [`RunEvent`] |
//!
//! Errors are RFC 9457 `application/problem+json`: [`Problem`]. Every request that changes something
//! carries the header `X-Flightplan: 1`, which no foreign page can send without asking first.

pub mod emergency;
mod environment;
mod event;
mod way_back;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::Gate;
use crate::project::{BatchChoice, Project, Request};
pub use environment::{BackTo, SeenEnvironment};
pub use event::{RunEvent, RunEventKind};
pub use way_back::{RollBack, SeenWayBack, StepBack};

/// What the page needs to plan by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectResponse {
    /// The project's files as the server reads them.
    pub project: Project,
    /// Environment, target, history and statistics as the server sees them now.
    pub request: Request,
    /// The database behind the environment.
    pub target: TargetStatus,
    /// Who acts when the page approves or runs.
    pub user: String,
    /// They signed in, and so can sign out; else whoever is at the server's machine acts.
    #[serde(default)]
    pub signed_in: bool,
    /// What they may do in the environment: `comment`, `approve`, `run`, `gate`, `manage`.
    #[serde(default)]
    pub may: Vec<String>,
}

/// Whether the environment's database can be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetStatus {
    /// Address without credentials; absent: the environment has no URL.
    pub identity: Option<String>,
    /// It answered.
    pub reachable: bool,
    /// Why not, as a sentence.
    pub message: Option<String>,
}

/// Approves a digest. The server plans again with the same choices and refuses another result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveRequest {
    /// Environment planned for.
    pub environment: String,
    /// Digest the reviewer saw.
    pub digest: String,
    /// Batch choices the digest holds.
    #[serde(default)]
    pub batches: BTreeMap<String, BatchChoice>,
    /// `up_to` the digest holds.
    #[serde(default)]
    pub up_to: Option<String>,
    /// The reviewer's words.
    #[serde(default)]
    pub comment: String,
}

/// A stored approval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// What was approved.
    pub digest: String,
    /// Environment.
    pub environment: String,
    /// Who.
    pub approver: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// The reviewer's words.
    pub comment: String,
}

/// What somebody said about a plan. It changes nothing about the plan and its approvals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Digest of the plan.
    pub digest: String,
    /// The step; empty: the plan as a whole.
    pub step: String,
    /// Who.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Their words.
    pub comment: String,
}

/// Says something about a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SayComment {
    /// The step, by id or number; empty: the plan as a whole.
    #[serde(default)]
    pub step: String,
    /// The words.
    pub comment: String,
}

/// Starts the execution of an approved digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartRun {
    /// The approved digest.
    pub digest: String,
}

/// State of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Stored, not started.
    #[default]
    Pending,
    /// At work.
    Running,
    /// Every step is done.
    Done,
    /// A step failed; what it could take back it took back.
    Failed,
    /// Stopped part-way by a person or a lost connection; the next run goes on from there.
    Stopped,
    /// At a closed gate; it goes on when the gate is open.
    Waiting,
}

impl RunState {
    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Waiting => "waiting",
        }
    }
}

/// One execution of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// What it runs.
    pub digest: String,
    /// Environment.
    pub environment: String,
    /// Database, without credentials.
    pub target: String,
    /// State.
    pub state: RunState,
    /// Who started it.
    pub actor: String,
    /// When, RFC 3339 in UTC.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Steps in the plan.
    pub steps: u32,
    /// Steps done.
    pub steps_done: u32,
    /// What is being done now, or what went wrong, as a sentence.
    pub message: String,
    /// The step at work or the one that failed.
    pub step: Option<String>,
    /// Progress of the batched statement at work.
    pub progress: Option<BatchProgress>,
    /// The gate it waits at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// A server goes on with it when its gate opens; else whoever started it does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub served: bool,
}

/// A gate that a run waits at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingGate {
    /// The run.
    pub run: String,
    /// Its environment.
    pub environment: String,
    /// Its plan.
    pub digest: String,
    /// The step behind the gate.
    pub step: String,
    /// The gate.
    pub gate: Gate,
    /// Who opened it, where somebody has and the run has not gone on yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<GateOpening>,
}

/// Opens the gate a run waits at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenGate {
    /// Why it may open, in the opener's words.
    pub reason: String,
}

/// How a gate was opened. It is open for one plan only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateOpening {
    /// Who: a person, or the probe.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Why: a person's words, or what the probe was told.
    pub reason: String,
}

/// How far a batched statement is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchProgress {
    /// The statement: [`crate::plan::PlannedStatement::id`].
    pub statement: String,
    /// Batches committed.
    pub batch: u64,
    /// Batches in all, where known.
    pub batches: Option<u64>,
    /// Rows changed.
    pub rows: u64,
    /// Milliseconds the last batch took.
    pub last_ms: u64,
    /// Milliseconds left, low and high, where known.
    pub eta_ms: Option<(u64, u64)>,
    /// Rows of the last batch.
    #[serde(default)]
    pub size: u32,
    /// Keys visited, whether or not their rows changed.
    #[serde(default)]
    pub visited: u64,
    /// Keys left, where the size of the table is known; absent at the end.
    #[serde(default)]
    pub left: Option<u64>,
    /// Sessions that waited for the last batch, as far as they were seen.
    #[serde(default)]
    pub waiting: u32,
}

/// RFC 9457 problem details.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `about:blank` or a fragment of the error documentation.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short name of the error.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What differs and what to do.
    pub detail: String,
}
