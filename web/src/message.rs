//! What page and worker say to each other.
//!
//! Calls are structured values, so that the files of a project travel as typed arrays. Replies are JSON text, which
//! the page reads in one pass; and the same text is what the server speaks. Compact formats cannot carry the planner's
//! flattened and skipped fields.

use planner::finding::Finding;
use planner::graph::Graph;
use planner::matrix::Matrix;
use planner::migration::{MigrationId, MigrationKind, OpaquePart, SourceKind};
use planner::phase::Phase;
use planner::plan::Plan;
use planner::project::settings::Settings;
use planner::{Project, Request};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use crate::layout::Layout;

/// From the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Call {
    /// Keep this project; no reply.
    Project(Project),
    /// Plan it. The generation comes back with the reply, so that stale answers can be dropped.
    Plan {
        /// Number of the question.
        generation: u64,
        /// What to plan.
        request: Box<Request>,
    },
    /// Plan it with other batch sizes for one statement, for the curve.
    Curve {
        /// Number of the question.
        generation: u64,
        /// What to plan.
        request: Box<Request>,
        /// The batched statement: [`planner::plan::PlannedStatement::id`].
        statement: String,
    },
}

/// From the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The planner is loaded.
    Ready,
    /// Answer to [`Call::Plan`].
    Plan {
        /// Number of the question.
        generation: u64,
        /// What the planner says.
        answer: Box<Answer>,
    },
    /// Answer to [`Call::Curve`].
    Curve {
        /// Number of the question.
        generation: u64,
        /// The batched statement.
        statement: String,
        /// By rows per batch, ascending.
        points: Vec<CurvePoint>,
    },
    /// The planner fell over; it has to be started again.
    Crashed(String),
    /// The call could not be read: page and worker are of different builds.
    Unreadable(String),
}

/// One point of the batch curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Rows per batch.
    pub size: u32,
    /// Milliseconds in all, high end.
    pub total_ms: u64,
    /// Milliseconds one batch holds its locks, high end.
    pub lock_ms: u64,
}

/// What the page shows of [`planner::Report`]. The operations of the statements stay in the worker: the page has no use for
/// them, and their decoding would double its size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The settings the request came down to.
    pub settings: Settings,
    /// Migrations in the order their source runs them.
    pub migrations: Vec<MigrationView>,
    /// Their graph.
    pub graph: Graph,
    /// Where its nodes stand, in the order of `graph.nodes`.
    pub layout: Layout,
    /// Releases × schemas.
    pub matrix: Matrix,
    /// The plan.
    pub plan: Plan,
    /// All findings.
    pub findings: Vec<Finding>,
}

/// A migration as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationView {
    /// Its name in the project.
    pub id: MigrationId,
    /// The tool.
    pub source: SourceKind,
    /// What it is to the tool.
    pub kind: MigrationKind,
    /// For people.
    pub description: String,
    /// Path of the file in the project.
    pub path: String,
    /// Flyway's checksum.
    pub checksum: Option<i32>,
    /// Expand, migrate or contract; absent where the graph does not know it.
    pub phase: Option<Phase>,
    /// The target's history has it.
    pub applied: bool,
    /// SQL text and line of each statement.
    pub statements: Vec<StatementView>,
    /// SQL of the way back its author wrote.
    pub undo: Option<Vec<String>>,
    /// What could not be turned into SQL, and why.
    pub opaque: Vec<OpaquePart>,
    /// What the rendering took for granted.
    pub assumptions: Vec<String>,
}

/// A statement as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementView {
    /// Text.
    pub sql: String,
    /// Line in the migration's file.
    pub line: u32,
}

/// A message as text. A message that has no JSON (none of ours) is empty text, which the other side reports.
#[must_use]
pub fn encode(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

/// Reads a message.
///
/// # Errors
/// Why it is none, for people.
pub fn decode<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// A call as a structured value; `undefined`, which the worker reports, where it has no such form (none of ours).
#[must_use]
pub fn call_to_js(call: &Call) -> JsValue {
    // Bytes as Uint8Array, which is copied as a whole; maps as plain objects.
    let serializer = serde_wasm_bindgen::Serializer::json_compatible().serialize_bytes_as_arrays(false);
    call.serialize(&serializer).unwrap_or(JsValue::UNDEFINED)
}

/// Reads a call.
///
/// # Errors
/// Why it is none, for people.
pub fn call_from_js(value: JsValue) -> Result<Call, String> {
    serde_wasm_bindgen::from_value(value).map_err(|error| error.to_string())
}
