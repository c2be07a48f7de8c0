//! Which release of the application works with which schema, and why not where not.

pub mod build;
pub mod release;
mod text;
pub mod verdict;

use serde::{Deserialize, Serialize};

pub use release::Release;
pub use text::markdown;

/// Release × schema.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matrix {
    /// Releases in order.
    pub releases: Vec<Release>,
    /// Schema points: the version or revision each release was built for, in order, without repeats.
    pub schemas: Vec<String>,
    /// One cell a pair, by release then schema.
    pub cells: Vec<Cell>,
    /// The guide's table.
    pub rows: Vec<Row>,
}

/// One release on one schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Release version.
    pub release: String,
    /// Schema point.
    pub schema: String,
    /// Does it work?
    pub verdict: Verdict,
    /// Why; empty where nothing differs.
    pub reasons: Vec<Reason>,
}

/// The answer of a cell. The order is the order of harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing the release uses differs.
    #[default]
    Works,
    /// It runs, but something behaves differently or breaks once.
    Degraded,
    /// Something opaque decides.
    Unknown,
    /// Something it uses is missing or refuses it.
    Breaks,
}

/// One difference that matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// `table.column`, `table`, …
    pub object: String,
    /// As a sentence.
    pub change: String,
    /// What this difference alone would make of the cell.
    pub verdict: Verdict,
    /// Query of the release that meets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// File of the migration that made the difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// A row of `Version | Breaking Changes | Dependencies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Release.
    pub version: String,
    /// Documented ones as given, derived ones marked `(derived)`.
    pub breaking_changes: Vec<String>,
    /// What it requires.
    pub dependencies: Vec<String>,
}
