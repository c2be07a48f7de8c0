//! What page and worker say to each other.
//!
//! Questions and replies are JSON, which the server speaks too; compact formats cannot carry the planner's flattened and
//! skipped fields. They and the bytes of files travel as buffers that are handed over, not copied; the list of a project's
//! files is a JavaScript value. An answer comes in many messages ([`part`]), each of which the page reads in a task of its own.

use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Array, Uint8Array};
use planner::catalog::lineage::Lineage;
use planner::dialect::{Dialect, ServerVersion};
use planner::finding::Finding;
use planner::graph::Graph;
use planner::matrix::Matrix;
use planner::migration::{MigrationId, MigrationKind, OpaquePart, SourceKind};
use planner::phase::Phase;
use planner::plan::Plan;
use planner::project::ProjectFile;
use planner::{Project, Request};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};

use crate::layout::Layout;
use part::Part;

mod json;
pub mod part;

/// From the page to the worker.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// Keep this project; no reply.
    Project(Rc<Project>),
    /// Answer this.
    Ask(Question),
}

/// What the worker is asked about the project it keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// Plan it. The generation comes back with the reply, so that stale answers can be dropped.
    Plan {
        /// Number of the question.
        generation: u64,
        /// What to plan.
        request: Box<Request>,
        /// The reader has changed nothing: the plan of before.
        as_given: bool,
    },
    /// Show a plan file's plan: read by the page, checked by the worker.
    Open {
        /// Number of the question.
        generation: u64,
        /// The file's text.
        json: String,
    },
    /// Hold the last plan against another one.
    Compare {
        /// What it is called.
        label: String,
        /// The other one.
        other: Other,
    },
    /// Pack the files in hand for a link, secrets taken out.
    Pack,
    /// Plan it with other batch sizes for one statement, for the curve.
    Curve {
        /// Number of the question.
        generation: u64,
        /// What to plan.
        request: Box<Request>,
        /// The batched statement: [`planner::plan::PlannedStatement::id`].
        statement: String,
    },
    /// How the schema of the last plan came about.
    Lineage {
        /// Number of the question that plan answered.
        generation: u64,
    },
}

/// A plan to hold another one against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Other {
    /// That of a plan file, by its text.
    File(String),
    /// That of the same project for another request.
    Request(Box<Request>),
    /// That of the project as it was given.
    Given,
}

/// From the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The planner is loaded.
    Ready,
    /// Part of the answer that comes next.
    Part(Part),
    /// Answer to [`Question::Plan`]; between worker and page without the lists that came before it in parts.
    Plan {
        /// Number of the question.
        generation: u64,
        /// What the planner says.
        answer: Box<Answer>,
    },
    /// Answer to [`Question::Curve`].
    Curve {
        /// Number of the question.
        generation: u64,
        /// The batched statement.
        statement: String,
        /// By rows per batch, ascending.
        points: Vec<CurvePoint>,
    },
    /// Answer to [`Question::Lineage`].
    Lineage {
        /// Number of the question.
        generation: u64,
        /// Who made what.
        lineage: Box<Lineage>,
    },
    /// Answer to [`Question::Open`].
    Opened {
        /// Number of the question.
        generation: u64,
        /// The digest that its steps give, or why it is no plan.
        digest: Result<String, String>,
    },
    /// Answer to [`Question::Compare`]: the JSON of a [`crate::compare::Comparison`], or why the other one is no plan.
    Compared(Result<String, String>),
    /// Answer to [`Question::Pack`].
    Packed {
        /// Paths and sizes.
        files: Vec<(String, usize)>,
        /// Their bytes in that order.
        bytes: Vec<u8>,
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
    pub settings: SettingsView,
    /// Migrations in the order their source runs them.
    pub migrations: Vec<MigrationView>,
    /// Their graph.
    pub graph: Graph,
    /// Where its nodes stand, in the order of `graph.nodes`.
    pub layout: Layout,
    /// Releases × schemas.
    pub matrix: std::rc::Rc<Matrix>,
    /// The plan.
    pub plan: Plan,
    /// All findings.
    pub findings: Vec<Arc<Finding>>,
}

/// What the page shows of [`planner::project::settings::Settings`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsView {
    /// Project name.
    pub project: String,
    /// Environment planned for.
    pub environment: String,
    /// All environments.
    pub environments: Vec<String>,
    /// The tool whose migrations the environment runs.
    pub source: SourceKind,
    /// Dialect.
    pub dialect: Dialect,
    /// Version the effects are predicted for.
    pub server_version: ServerVersion,
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

/// A message as JSON. One that has no JSON (none of ours) is empty, which the other side reports.
#[must_use]
pub fn encode(message: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(message).unwrap_or_default()
}

/// Reads a message.
///
/// # Errors
/// Why it is none, for people.
pub fn decode<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    json::read(json)
}

/// A value to post, and the buffers that are handed over with it.
#[derive(Debug)]
pub struct Parcel {
    /// The value.
    pub value: JsValue,
    /// An array of buffers.
    pub buffers: Array,
}

/// A reply as the worker posts it: its JSON, that of an answer in parts.
#[must_use]
pub fn reply_to_js(mut reply: Reply) -> Vec<Parcel> {
    let mut messages = match &mut reply {
        Reply::Plan { answer, .. } => answer.cut(),
        _ => Vec::new(),
    };
    messages.push(encode(&reply));
    let parcel = |json: Vec<u8>| {
        let json = Uint8Array::from(json.as_slice());
        Parcel { buffers: Array::of1(&json.buffer()), value: json.into() }
    };
    messages.into_iter().map(parcel).collect()
}

/// Reads a reply.
///
/// # Errors
/// Why it is none, for people.
pub fn reply_from_js(value: JsValue) -> Result<Reply, String> {
    decode(&Uint8Array::new(&value).to_vec())
}

/// A call as the page posts it: the JSON of a question; for a project the list of its paths and sizes, and behind it the bytes
/// of all files in that order. A list that could not be made would be undefined, which the other side reports.
#[must_use]
pub fn call_to_js(call: &Call) -> Parcel {
    match call {
        Call::Ask(question) => {
            let json = Uint8Array::from(encode(question).as_slice());
            Parcel { buffers: Array::of1(&json.buffer()), value: Array::of1(&json).into() }
        }
        Call::Project(project) => {
            let names: Vec<(&str, usize)> = project.files.iter().map(|file| (file.path.as_str(), file.content.len())).collect();
            let names = serde_wasm_bindgen::to_value(&names).unwrap_or(JsValue::UNDEFINED);
            let bytes =
                Uint8Array::from(project.files.iter().flat_map(|file| &file.content).copied().collect::<Vec<u8>>().as_slice());
            Parcel { buffers: Array::of1(&bytes.buffer()), value: Array::of2(&names, &bytes).into() }
        }
    }
}

/// Reads a call.
///
/// # Errors
/// Why it is none, for people.
pub fn call_from_js(value: JsValue) -> Result<Call, String> {
    let parts = value.dyn_into::<Array>().map_err(|_| "the call is no list".to_owned())?;
    let part = |at: u32| Uint8Array::new(&parts.get(at)).to_vec();
    if parts.length() < 2 {
        return decode(&part(0)).map(Call::Ask);
    }
    let names = serde_wasm_bindgen::from_value(parts.get(0)).map_err(|error| error.to_string())?;
    unpack(names, &part(1)).map(|project| Call::Project(Rc::new(project)))
}

/// Cuts the bytes of all files into the files.
pub(crate) fn unpack(names: Vec<(String, usize)>, mut bytes: &[u8]) -> Result<Project, String> {
    let mut files = Vec::with_capacity(names.len());
    for (path, size) in names {
        let (content, rest) = bytes.split_at_checked(size).ok_or_else(|| format!("{path} is cut off"))?;
        files.push(ProjectFile { path, content: content.to_vec() });
        bytes = rest;
    }
    Ok(Project { files })
}
