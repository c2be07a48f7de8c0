//! The JSON of the server's routes as types, so that page and server cannot disagree.
//!
//! | route | in | out |
//! |---|---|---|
//! | `GET /api/v1/health` | | `{"status":"ok"}` |
//! | `GET /api/v1/project?environment=NAME` | | [`ProjectResponse`] |
//! | `GET /api/v1/approvals?digest=HEX` | | `[`[`Approval`]`]` |
//! | `POST /api/v1/approvals` | [`ApproveRequest`] | [`Approval`] |
//! | `GET /api/v1/runs` | | `[`[`Run`]`]`, newest first |
//! | `POST /api/v1/runs` | [`StartRun`] | [`Run`] |
//! | `GET /api/v1/runs/{id}` | | [`Run`] |
//! | `POST /api/v1/runs/{id}/cancel`, `…/pause`, `…/resume` | | [`Run`] |
//! | `GET /api/v1/runs/{id}/events` | | server-sent events: `data:` is a [`RunEvent`] |
//!
//! Errors are RFC 9457 `application/problem+json`: [`Problem`]. Every request that changes something
//! carries the header `X-Flightplan: 1`, which no foreign page can send without asking first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::project::{BatchChoice, Project, Request};

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

/// Something that happened in a run. In JSON the fields of its kind stand among its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FlatEvent")]
pub struct RunEvent {
    /// The run.
    pub run: String,
    /// Number inside the run, from 1, without gaps.
    pub sequence: u64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What.
    #[serde(flatten)]
    pub kind: RunEventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEventKind {
    /// The run began.
    Started {
        /// Steps to do.
        steps: u32,
    },
    /// A step began.
    StepStarted {
        /// Its id.
        step: String,
        /// Its number.
        number: u32,
        /// In words.
        description: String,
    },
    /// A batch was committed.
    Batch(BatchProgress),
    /// It waits for a lock, or will try again.
    Waiting {
        /// Its step.
        step: String,
        /// For what, as a sentence.
        reason: String,
    },
    /// A batched change is done, and its rows were counted before and behind it.
    Checked {
        /// Its step.
        step: String,
        /// Its statement.
        statement: String,
        /// Rows it was to change at the beginning, where they could be counted.
        before: Option<u64>,
        /// Rows it changed.
        changed: u64,
        /// Rows it would still change, where that means something.
        after: Option<u64>,
    },
    /// Statements that the project's own Python sent in a step, in order.
    Captured {
        /// Its step.
        step: String,
        /// SQL with SQLAlchemy's placeholders.
        statements: Vec<String>,
    },
    /// A step is done and recorded.
    StepDone {
        /// Its id.
        step: String,
        /// Milliseconds.
        duration_ms: u64,
    },
    /// The run ended.
    Finished {
        /// How.
        state: RunState,
        /// In words.
        message: String,
    },
}

/// An event as its JSON has it. serde's own reading of flattened and tagged fields costs the page dear.
#[derive(Deserialize)]
struct FlatEvent {
    run: String,
    sequence: u64,
    at: String,
    event: EventName,
    #[serde(default)]
    step: String,
    steps: Option<u32>,
    number: Option<u32>,
    description: Option<String>,
    reason: Option<String>,
    statements: Option<Vec<String>>,
    duration_ms: Option<u64>,
    state: Option<RunState>,
    message: Option<String>,
    statement: Option<String>,
    batch: Option<u64>,
    batches: Option<u64>,
    rows: Option<u64>,
    last_ms: Option<u64>,
    eta_ms: Option<(u64, u64)>,
    #[serde(default)]
    size: u32,
    #[serde(default)]
    visited: u64,
    left: Option<u64>,
    #[serde(default)]
    waiting: u32,
    before: Option<u64>,
    changed: Option<u64>,
    after: Option<u64>,
}

/// The kinds by name.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EventName {
    Started,
    StepStarted,
    Batch,
    Waiting,
    Checked,
    Captured,
    StepDone,
    Finished,
}

impl TryFrom<FlatEvent> for RunEvent {
    type Error = &'static str;

    fn try_from(flat: FlatEvent) -> Result<Self, Self::Error> {
        let FlatEvent { run, sequence, at, event, .. } = &flat;
        let (run, sequence, at, event) = (run.clone(), *sequence, at.clone(), *event);
        let kind = kind(event, flat).ok_or("an event lacks a field of its kind")?;
        Ok(Self { run, sequence, at, kind })
    }
}

fn kind(event: EventName, flat: FlatEvent) -> Option<RunEventKind> {
    let FlatEvent { step, batches, eta_ms, .. } = flat;
    Some(match event {
        EventName::Started => RunEventKind::Started { steps: flat.steps? },
        EventName::StepStarted => RunEventKind::StepStarted { step, number: flat.number?, description: flat.description? },
        EventName::Batch => RunEventKind::Batch(BatchProgress {
            statement: flat.statement?,
            batch: flat.batch?,
            batches,
            rows: flat.rows?,
            last_ms: flat.last_ms?,
            eta_ms,
            size: flat.size,
            visited: flat.visited,
            left: flat.left,
            waiting: flat.waiting,
        }),
        EventName::Waiting => RunEventKind::Waiting { step, reason: flat.reason? },
        EventName::Checked => RunEventKind::Checked {
            step,
            statement: flat.statement?,
            before: flat.before,
            changed: flat.changed?,
            after: flat.after,
        },
        EventName::Captured => RunEventKind::Captured { step, statements: flat.statements? },
        EventName::StepDone => RunEventKind::StepDone { step, duration_ms: flat.duration_ms? },
        EventName::Finished => RunEventKind::Finished { state: flat.state?, message: flat.message? },
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_read_as_it_was_written() {
        let (step, reason) = ("V1".to_owned(), "r".to_owned());
        for kind in [
            RunEventKind::Started { steps: 2 },
            RunEventKind::StepStarted { step: step.clone(), number: 1, description: "d".to_owned() },
            RunEventKind::Batch(BatchProgress {
                batch: 3,
                batches: Some(9),
                eta_ms: Some((1, 2)),
                left: Some(7),
                size: 5,
                ..BatchProgress::default()
            }),
            RunEventKind::Batch(BatchProgress::default()),
            RunEventKind::Waiting { step: step.clone(), reason },
            RunEventKind::Checked { step: step.clone(), statement: "V1:1".to_owned(), before: Some(4), changed: 3, after: None },
            RunEventKind::Captured { step: step.clone(), statements: vec!["SELECT 1".to_owned()] },
            RunEventKind::StepDone { step, duration_ms: 5 },
            RunEventKind::Finished { state: RunState::Stopped, message: "m".to_owned() },
        ] {
            let event = RunEvent { run: "r".to_owned(), sequence: 1, at: "now".to_owned(), kind };
            let text = serde_json::to_string(&event).unwrap_or_default();
            assert_eq!(serde_json::from_str::<RunEvent>(&text).ok(), Some(event), "{text}");
        }
        assert!(serde_json::from_str::<RunEvent>(r#"{"run":"r","sequence":1,"at":"","event":"finished"}"#).is_err());
    }
}
