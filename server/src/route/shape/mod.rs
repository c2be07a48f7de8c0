//! The shapes of the routes for the OpenAPI description. The JSON itself is [`planner::protocol`], which knows nothing of
//! OpenAPI; a test holds real answers against these.
#![allow(dead_code, reason = "they describe, nobody makes one")]

pub mod emergency;

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// The server answers.
#[derive(ToSchema)]
pub struct Health {
    /// `ok`.
    status: String,
}

/// RFC 9457 problem details.
#[derive(ToSchema)]
pub struct Problem {
    /// `about:blank`.
    #[schema(rename = "type")]
    kind: String,
    /// Short name of the error.
    title: String,
    /// HTTP status.
    status: u16,
    /// What differs and what to do.
    detail: String,
}

/// What the page needs to plan by itself.
#[derive(ToSchema)]
pub struct ProjectResponse {
    /// The project's files as the server reads them.
    #[schema(value_type = Object)]
    project: serde_json::Value,
    /// Environment, target, history and statistics as the server sees them now.
    #[schema(value_type = Object)]
    request: serde_json::Value,
    /// The database behind the environment.
    target: TargetStatus,
    /// Who acts when the page approves or runs.
    user: String,
    /// They signed in, and so can sign out.
    signed_in: bool,
    /// What they may do in the environment: `comment`, `approve`, `run`, `gate`, `manage`.
    may: Vec<String>,
}

/// Whether the environment's database can be reached.
#[derive(ToSchema)]
pub struct TargetStatus {
    /// Address without credentials; absent: the environment has no URL.
    identity: Option<String>,
    /// It answered.
    reachable: bool,
    /// Why not, as a sentence.
    message: Option<String>,
}

/// Approves a digest. The server plans again with the same choices and refuses another result.
#[derive(ToSchema)]
pub struct ApproveRequest {
    /// Environment planned for.
    #[schema(min_length = 1)]
    environment: String,
    /// Digest the reviewer saw.
    #[schema(min_length = 1)]
    digest: String,
    /// Batch choices the digest holds, by statement.
    #[schema(required = false, value_type = BTreeMap<String, Object>)]
    batches: BTreeMap<String, serde_json::Value>,
    /// Last version the digest holds.
    #[schema(required = false, min_length = 1)]
    up_to: Option<String>,
    /// The reviewer's words.
    #[schema(required = false)]
    comment: String,
}

/// A stored approval.
#[derive(ToSchema)]
pub struct Approval {
    /// What was approved.
    digest: String,
    /// Environment.
    environment: String,
    /// Who.
    approver: String,
    /// When, RFC 3339 in UTC.
    at: String,
    /// The reviewer's words.
    comment: String,
}

/// Starts the execution of an approved digest.
#[derive(ToSchema)]
pub struct StartRun {
    /// The approved digest.
    digest: String,
}

/// State of a run.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum RunState {
    /// Stored, not started.
    Pending,
    /// At work.
    Running,
    /// Every step is done.
    Done,
    /// A step failed; what it could take back it took back.
    Failed,
    /// Stopped part-way; the next run goes on from there.
    Stopped,
    /// At a closed gate.
    Waiting,
}

/// One execution of a plan.
#[derive(ToSchema)]
pub struct Run {
    /// Its id.
    id: String,
    /// What it runs.
    digest: String,
    /// Environment.
    environment: String,
    /// Database, without credentials.
    target: String,
    /// State.
    state: RunState,
    /// Who started it.
    actor: String,
    /// When, RFC 3339 in UTC.
    started_at: String,
    /// When it ended.
    finished_at: Option<String>,
    /// Steps in the plan.
    steps: u32,
    /// Steps done.
    steps_done: u32,
    /// What is being done now, or what went wrong, as a sentence.
    message: String,
    /// The step at work or the one that failed.
    step: Option<String>,
    /// Progress of the batched statement at work.
    progress: Option<BatchProgress>,
    /// The gate it waits at.
    gate: Option<String>,
    /// A server goes on with it when its gate opens.
    #[schema(required = false)]
    served: bool,
}

/// How far a batched statement is.
#[derive(ToSchema)]
pub struct BatchProgress {
    /// The statement.
    statement: String,
    /// Batches committed.
    batch: u64,
    /// Batches in all, where known.
    batches: Option<u64>,
    /// Rows changed.
    rows: u64,
    /// Milliseconds the last batch took.
    last_ms: u64,
    /// Milliseconds left, low and high, where known.
    #[schema(value_type = Option<Vec<u64>>)]
    eta_ms: Option<(u64, u64)>,
    /// Rows of the last batch.
    size: u32,
    /// Keys visited.
    visited: u64,
    /// Keys left, where known.
    left: Option<u64>,
    /// Sessions that waited for the last batch.
    waiting: u32,
}

/// What a run cost.
#[derive(ToSchema)]
pub struct Measures {
    /// Milliseconds from its beginning to its end.
    duration_ms: u64,
    /// Longest time somebody waited for one of its locks, ms.
    lock_wait_ms: u64,
    /// Transactions committed.
    transactions: u64,
    /// Rows changed in batches.
    rows: u64,
    /// Attempts that the server refused.
    errors: u64,
    /// Bytes that each table grew.
    table_bytes: BTreeMap<String, i64>,
}

/// A gate that a run waits at.
#[derive(ToSchema)]
pub struct WaitingGate {
    /// The run.
    run: String,
    /// Its environment.
    environment: String,
    /// Its plan.
    digest: String,
    /// The step behind the gate.
    step: String,
    /// The gate.
    #[schema(value_type = Object)]
    gate: serde_json::Value,
    /// Who opened it, where somebody has and the run has not gone on yet.
    opened: Option<GateOpening>,
}

/// A comment to be made on a plan.
#[derive(ToSchema)]
pub struct Said {
    /// The step, by id or number; empty: the plan as a whole.
    #[schema(required = false)]
    step: String,
    /// The words.
    comment: String,
}

/// A comment on a plan or one of its steps.
#[derive(ToSchema)]
pub struct Comment {
    /// Digest of the plan.
    digest: String,
    /// The step; empty: the plan as a whole.
    step: String,
    /// Who.
    by: String,
    /// When, RFC 3339 in UTC.
    at: String,
    /// Their words.
    comment: String,
}

/// Opens the gate a run waits at.
#[derive(ToSchema)]
pub struct OpenGate {
    /// Why it may open, in the opener's words.
    #[schema(min_length = 1)]
    reason: String,
}

/// How a gate was opened.
#[derive(ToSchema)]
pub struct GateOpening {
    /// Who.
    by: String,
    /// When, RFC 3339 in UTC.
    at: String,
    /// Why.
    reason: String,
}

/// An environment's database as it was seen.
#[derive(ToSchema)]
pub struct SeenEnvironment {
    /// Its name.
    environment: String,
    /// Its database, without credentials.
    target: Option<String>,
    /// Steps of its plan; absent: it could not be read.
    pending: Option<u32>,
    /// Version or revisions it is at.
    at: Option<String>,
    /// Each supported release there.
    #[schema(required = false, value_type = Vec<Object>)]
    releases: Vec<serde_json::Value>,
    /// What going back to the schema of each older release loses now.
    #[schema(required = false, value_type = Vec<Object>)]
    back: Vec<serde_json::Value>,
    /// Why it could not be read.
    problem: Option<String>,
}

/// What going back to the state before a run would do now.
#[derive(ToSchema)]
pub struct SeenWayBack {
    /// What a person has to type: the name of the database, or of its file.
    database: String,
    /// Version or revisions the database would be at; empty: none.
    to: String,
    /// What would be taken back, first to last.
    steps: Vec<StepBack>,
    /// What stays although it was asked for, as sentences.
    stays: Vec<String>,
    /// What would be lost, as sentences with counts and places.
    losses: Vec<String>,
    /// What would keep it from being gone, beside losses that are not accepted.
    refusals: Vec<String>,
}

/// A step of a way back.
#[derive(ToSchema)]
pub struct StepBack {
    /// What it does, in words.
    description: String,
    /// It is derived, for its author wrote none.
    derived: bool,
    /// Nothing is lost by it now.
    lossless: bool,
    /// Its statements.
    sql: Vec<String>,
}

/// Goes back to the state before a run.
#[derive(ToSchema)]
pub struct RollBack {
    /// The name of the database.
    confirm: String,
    /// What would be lost may be lost.
    #[schema(required = false)]
    accept_loss: bool,
}
