//! The plan: what will run, in which order, how, and the digest that an approval signs.

pub mod along;
pub mod batch;
pub mod build;
pub mod callback;
pub mod canonical;
pub mod cut;
pub mod digest;
pub mod ends;
pub mod estimate;
pub mod fallback;
pub mod finish;
pub mod group;
pub mod helper_index;
mod history;
pub mod key;
pub mod pre_image;
pub mod restore;
pub mod row_source;
pub mod simulate;
pub mod split;
mod turns;
pub mod words;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::dialect::{Dialect, ServerVersion};
use crate::effect::Effect;
use crate::finding::Finding;
use crate::migration::{MigrationId, SourceKind};
use crate::project::batch_policy::Brakes;
use crate::source::flyway::callback::Event;

pub use crate::matrix::{Gate, Rollout};
pub use crate::phase::Phase;
pub use callback::PlannedCallback;
pub use history::HistoryEntry;
pub use pre_image::PreImage;

/// A plan for one target. Its JSON is the contract of `flightplan plan`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this JSON shape: 1.
    pub format: u32,
    /// SHA-256 (hex) over everything that decides what will run; see [`digest`].
    pub digest: String,
    /// Project name.
    pub project: String,
    /// Environment name.
    pub environment: String,
    /// What it is for.
    pub target: PlanTarget,
    /// Version or revisions the target is at, comma separated; empty: nothing applied.
    pub from: String,
    /// Version or revisions it will be at.
    pub to: String,
    /// Steps in order.
    pub steps: Vec<Step>,
    /// All steps run in one transaction (Flyway's `group`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub group: bool,
    /// Flyway's SQL callbacks this run can come to. Those that run inside migrations also stand among their statements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub callbacks: Vec<PlannedCallback>,
    /// The releases it is for; absent: nothing is known of what is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
    /// Findings of the migrations in the plan, and of the project.
    pub findings: Vec<Arc<Finding>>,
    /// Totals.
    pub estimate: Estimate,
    /// How many approvals `apply` asks for.
    pub approvals: u32,
    /// It is approved, or run at once, only after a rehearsal of it that came back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rehearsal: bool,
}

/// What a plan is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanTarget {
    /// Dialect.
    pub dialect: Dialect,
    /// Server version the effects are predicted for.
    pub server_version: ServerVersion,
    /// Which database; absent when planned without one. Such a plan can be read but not applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Schema fingerprint it was planned from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// A unit of execution: one migration, or a part of one where it cannot run as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// `V3`, or `V3/2` for the second of several parts.
    pub id: String,
    /// Number in the plan, from 1.
    pub number: u32,
    /// The migration.
    pub migration: MigrationId,
    /// Its tool.
    pub source: SourceKind,
    /// For people: what it does, in words.
    pub description: String,
    /// Expand, migrate or contract.
    pub phase: Phase,
    /// How it meets transactions.
    pub transaction: TransactionMode,
    /// `lock_timeout`, ms.
    pub lock_timeout_ms: u64,
    /// `statement_timeout`, ms; 0: none.
    pub statement_timeout_ms: u64,
    /// Statements in order.
    pub statements: Vec<PlannedStatement>,
    /// The way back.
    pub undo: Undo,
    /// What has to be true before it starts; the run stops there until it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
    /// The step is run by the project's own Python, because its SQL cannot be known; it has no statements then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    /// What the tool's history gets when the step is done; only on the last part of a migration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryEntry>,
}

/// A revision that real Alembic runs, in the project's own Python.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallback {
    /// `upgrade` or `downgrade`.
    pub command: String,
    /// What Alembic is told as its target: this one revision.
    pub target: String,
    /// File of the revision.
    pub file: String,
    /// SHA-256 (hex) of that file: what is approved is what runs.
    pub file_sha256: String,
    /// The first line that cannot be read.
    pub line: u32,
    /// Why it cannot be read.
    pub reason: String,
}

/// How a step meets transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionMode {
    /// Statements, history row and journal row in one transaction.
    Transactional,
    /// Each statement by itself, with intent before and outcome after.
    Autocommit,
    /// One batched statement: a transaction a batch, cursor stored in it.
    Batched,
}

/// A statement as it will run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedStatement {
    /// `V3:2`: the second statement of V3. Key of [`crate::project::Request::batches`].
    pub id: String,
    /// What is sent.
    pub sql: String,
    /// File it comes from.
    pub file: String,
    /// Line in it.
    pub line: u32,
    /// In words: "Build index users_email_idx without blocking writes".
    pub summary: String,
    /// What it does.
    pub effect: Arc<Effect>,
    /// How it is cut, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Box<Batch>>,
    /// Data of `COPY … FROM STDIN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_data: Option<Arc<str>>,
    /// The callback it belongs to; absent: it is the migration's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<Event>,
}

/// A data change cut into transactions by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Table that is written, as SQL text.
    pub table: String,
    /// Key the cursor walks on, in key order: names as SQL text.
    pub key: Vec<String>,
    /// Rows of the first batch: keys visited, whether or not the filter takes them.
    pub size: u32,
    /// Rows a batch may grow to while it stays under the target time; the size itself where somebody chose it.
    pub most: u32,
    /// Pause between batches, ms.
    pub pause_ms: u32,
    /// What makes it wait, or stop.
    pub brakes: Brakes,
    /// Done again it changes nothing, so it is gone over until no row is left that it would change.
    pub ends: bool,
    /// Counts the rows it would change.
    pub count_sql: String,
    /// The author's query behind the last batch: how many rows are wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_sql: Option<String>,
    /// Finds the last key of the next batch. Parameters: the cursor's columns, then (last) the size. The first
    /// batch uses [`Self::first_bound_sql`]. One row with the key columns; no row: at the end, [`Self::last_sql`] is next.
    pub bound_sql: String,
    /// As [`Self::bound_sql`] for the first batch; parameter: the size.
    pub first_bound_sql: String,
    /// As [`Self::bound_sql`] where the key is a whole number whose values lie close together: the last key that is not more
    /// than the size above the cursor. Behind a gap the next one, on MySQL and MariaDB no row; then [`Self::bound_sql`] says.
    /// It reads one or two places of the index instead of each row. Parameters: [`Self::range_parameters`], then the size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_sql: Option<String>,
    /// How many whole numbers there are from the first key to the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_sql: Option<String>,
    /// Changes one batch. Parameters: lower cursor (exclusive), upper key (inclusive).
    pub batch_sql: String,
    /// As [`Self::batch_sql`] for the first batch: parameter: upper key only.
    pub first_batch_sql: String,
    /// Changes everything behind the cursor. Parameter: lower cursor.
    pub last_sql: String,
    /// The statement with no cursor at all (a table smaller than one batch).
    pub only_sql: String,
    /// Rows of the table, where known.
    pub rows: Option<u64>,
    /// Number of batches, where rows are known.
    pub batches: Option<u64>,
    /// Milliseconds in all, low and high.
    pub duration_ms: Option<(u64, u64)>,
    /// Milliseconds one batch holds its row locks, low and high.
    pub lock_ms: (u64, u64),
    /// Bytes of write-ahead log, where rows are known.
    pub wal_bytes: Option<u64>,
    /// The old values it keeps, or goes back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_image: Option<PreImage>,
}

impl Batch {
    /// The last parameter of [`Self::bound_sql`] for a batch of `size` rows: one less on MySQL and MariaDB.
    #[must_use]
    pub const fn bound_parameter(size: u32, dialect: Dialect) -> u32 {
        match dialect {
            Dialect::Postgres | Dialect::Sqlite => size,
            Dialect::MySql | Dialect::MariaDb => size.saturating_sub(1),
        }
    }

    /// The parameters of [`Self::range_sql`] in front of the size; `None`: the range would end behind the last number of 64
    /// bits, which MySQL and MariaDB refuse.
    #[must_use]
    pub fn range_parameters(cursor: &[String], size: u32, dialect: Dialect) -> Option<Vec<String>> {
        match dialect {
            Dialect::Postgres | Dialect::Sqlite => Some(cursor.to_vec()),
            Dialect::MySql | Dialect::MariaDb => {
                let from: i64 = cursor.first()?.parse().ok()?;
                from.checked_add(size.into())?;
                Some([cursor, cursor].concat())
            }
        }
    }

    /// The parameters that one key stands for in the statements above. MySQL and MariaDB compare a key of several columns
    /// prefix by prefix (`a > ? OR (a = ? AND b > ?)`), the others as a row.
    #[must_use]
    pub fn parameters(&self, key: &[String], dialect: Dialect) -> Vec<String> {
        match dialect {
            Dialect::Postgres | Dialect::Sqlite => key.to_vec(),
            Dialect::MySql | Dialect::MariaDb => (1..=key.len()).flat_map(|length| key.iter().take(length).cloned()).collect(),
        }
    }
}

/// The way back of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// Where it comes from.
    pub origin: UndoOrigin,
    /// What it costs.
    pub reversibility: crate::effect::Reversibility,
    /// Its statements.
    pub statements: Vec<String>,
    /// What it would lose, or why there is none, as a sentence.
    pub note: String,
    /// The project's own Alembic takes the revision back, because `downgrade()` cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<PythonFile>,
}

/// A file that Python runs, as it was approved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonFile {
    /// Path in the project.
    pub file: String,
    /// SHA-256 (hex) of its bytes.
    pub sha256: String,
}

/// Where a way back comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoOrigin {
    /// The author wrote it: a U file, `downgrade()`.
    Author,
    /// Derived from the operations.
    Derived,
    /// There is none.
    #[default]
    None,
}

/// Totals of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// Milliseconds in all, low and high; absent: unknown without statistics.
    pub duration_ms: Option<(u64, u64)>,
    /// Longest time one lock keeps somebody waiting, ms, low and high.
    pub longest_lock_ms: Option<(u64, u64)>,
    /// Statements nothing certain can be said about.
    pub opaque_statements: u32,
    /// What durations rest on, as a sentence.
    #[serde(default)]
    pub rests_on: String,
}
