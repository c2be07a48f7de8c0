//! Which release of the application works with which schema, and why not where not.
//!
//! [`release`] reads `releases.toml`, [`queries`] what the releases send. [`build`] finds the schema each release was built
//! for, [`walk`] goes from there to every other: without queries it judges what differs ([`verdict`]), with queries what
//! each of them meets ([`resolve`], [`meet`], [`change`]). [`course`] knows which releases may be live while a plan runs,
//! [`gate`] what its steps have to wait for.

mod asked;
pub mod build;
mod change;
mod check;
pub mod course;
pub mod gate;
pub mod judged;
mod log;
pub mod loss;
pub mod meet;
mod meet_objects;
mod opaque;
mod origin;
pub mod queries;
pub mod release;
mod tally;
mod text;
pub mod verdict;
mod walk;

use serde::{Deserialize, Serialize};

use crate::effect::Reversibility;
pub use gate::{Gate, Rollout};
pub use judged::Deployed;
pub use loss::Loss;
pub use release::Release;
pub use text::{markdown, word};

/// Release × schema. Reasons stand once; cells name them by their place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matrix {
    /// Releases in order.
    pub releases: Vec<Release>,
    /// Schema points, oldest first: what each release was built for, then what the newest migrations make, without repeats.
    pub schemas: Vec<String>,
    /// Every reason once.
    pub reasons: Vec<Reason>,
    /// One cell a pair that can be live, by release then schema.
    pub cells: Vec<Cell>,
    /// The guide's table.
    pub rows: Vec<Row>,
    /// What going back over each migration loses, in their order.
    pub losses: Vec<Loss>,
    /// Queries of all releases.
    pub queries: u32,
    /// What the environment's database really has; absent where none was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed: Option<Deployed>,
}

/// One release on one schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Place of the release.
    pub release: u32,
    /// Place of the schema.
    pub schema: u32,
    /// Does it work?
    pub verdict: Verdict,
    /// Why, worst first: places in [`Matrix::reasons`]; empty where nothing differs.
    pub reasons: Vec<u32>,
    /// Reasons that are not listed, because the matrix is large.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u32,
    /// What taking the schema back to the release's own costs; absent where it is no newer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Reversibility>,
}

const fn is_zero(number: &u32) -> bool {
    *number == 0
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

/// What becomes of a query. The order is the order of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The server takes it and does something else.
    Behaves,
    /// Columns that go out differ so that statements prepared before fail once.
    Reprepared,
    /// Some values are refused.
    MayRefuse,
    /// Nobody knows.
    Unknown,
    /// Columns that go out are missing or of another kind.
    Result,
    /// The server prepares it and refuses to run it.
    RefusedRun,
    /// The server refuses to prepare it.
    Refused,
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
    /// What becomes of the query, where one meets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Query of the release that meets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// File of the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_file: Option<String>,
    /// Its line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_line: Option<u32>,
    /// File of the migration that made the difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl Reason {
    /// A difference of the schemas alone: no query and no place yet.
    fn new(object: String, change: String, verdict: Verdict) -> Self {
        Self { object, change, verdict, outcome: None, query: None, query_file: None, query_line: None, file: None, line: None }
    }
}

/// A row of `Version | Breaking Changes | Dependencies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Release.
    pub version: String,
    /// Breaking changes that its authors documented.
    pub documented: Vec<String>,
    /// Breaking changes that were derived: what the release before meets on its schema; places in [`Matrix::reasons`].
    pub derived: Vec<u32>,
    /// What it requires.
    pub dependencies: Vec<String>,
}

impl Matrix {
    /// The cell of a release on a schema; absent: the pair cannot be live.
    #[must_use]
    pub fn cell(&self, release: usize, schema: usize) -> Option<&Cell> {
        let at = self.cells.binary_search_by(|cell| (cell.release as usize, cell.schema as usize).cmp(&(release, schema)));
        at.ok().and_then(|at| self.cells.get(at))
    }

    /// Reasons by their places.
    pub fn reasons<'a>(&'a self, places: &'a [u32]) -> impl Iterator<Item = &'a Reason> {
        places.iter().filter_map(|at| self.reasons.get(*at as usize))
    }

    /// The cells that text for people explains: all, or of a large matrix those of the newest schema.
    pub fn explained(&self) -> impl Iterator<Item = &Cell> {
        let newest = build::index(self.schemas.len()).saturating_sub(1);
        let all = self.cells.len() <= walk::SMALL;
        self.cells.iter().filter(move |cell| all || cell.schema == newest)
    }

    /// Version and schema of a cell.
    #[must_use]
    pub fn names(&self, cell: &Cell) -> (&str, &str) {
        let release = self.releases.get(cell.release as usize).map_or("", |release| release.version.as_str());
        (release, self.schemas.get(cell.schema as usize).map_or("", String::as_str))
    }

    /// The schema a release was built for.
    #[must_use]
    pub fn own(&self, release: usize) -> Option<usize> {
        let release = self.releases.get(release)?;
        self.schemas.iter().position(|schema| release.is_of(schema))
    }

    /// What going back from one schema to an older one loses.
    pub fn lost(&self, from: usize, to: usize) -> impl Iterator<Item = &Loss> {
        self.losses.iter().filter(move |loss| (loss.schema as usize) <= from && (loss.schema as usize) > to)
    }
}

impl Row {
    /// Breaking changes as sentences, the derived ones marked.
    pub fn breaking_changes<'a>(&'a self, matrix: &'a Matrix) -> impl Iterator<Item = String> + 'a {
        let derived = matrix.reasons(&self.derived).map(|reason| format!("{} (derived)", reason.change));
        self.documented.iter().cloned().chain(derived)
    }
}
