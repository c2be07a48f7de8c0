//! What Flyway would call the state of each migration, and which ones are pending.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::migration::{Migration, MigrationId};
use crate::project::Request;
use crate::project::settings::Settings;
use crate::sort::{Gather, Sort};

use super::cherry_pick;
use super::history::{self, History, Line};
use super::repair;
use super::validation::{self, Validation};
use super::verdict;

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

impl State {
    /// The word Flyway prints.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Success => "Success",
            Self::OutOfOrder => "Out of Order",
            Self::Missing => "Missing",
            Self::Future => "Future",
            Self::Failed => "Failed",
            Self::FailedMissing => "Failed (Missing)",
            Self::FailedFuture => "Failed (Future)",
            Self::Ignored => "Ignored",
            Self::AboveTarget => "Above Target",
            Self::BelowBaseline => "Below Baseline",
            Self::BaselineIgnored => "Ignored (Baseline)",
            Self::Baseline => "Baseline",
            Self::Outdated => "Outdated",
            Self::Superseded => "Superseded",
            Self::Deleted => "Deleted",
            Self::Undone => "Undone",
            Self::Available => "Available",
        }
    }
}

/// The lines of `info` in Flyway's order: below the baseline, applied by rank, then files that are not applied by
/// version, repeatables last. `migrations` are the Flyway migrations of the project.
#[must_use]
pub fn info(migrations: &[&Migration], settings: &Settings, request: &Request) -> Vec<InfoRow> {
    History::read(migrations, settings, request).lines.iter().filter(|line| !line.hidden).map(info_row).collect()
}

/// Migrations in a state that passes.
#[must_use]
pub fn in_state(
    migrations: &[&Migration],
    settings: &Settings,
    request: &Request,
    passes: fn(State) -> bool,
) -> BTreeSet<MigrationId> {
    let history = History::read(migrations, settings, request);
    let lines = history.lines.iter().filter(|line| !line.hidden && passes(line.state));
    lines.filter_map(|line| Some(line.migration?.id.clone())).gather()
}

fn info_row(line: &Line<'_>) -> InfoRow {
    let row = line.row;
    let migration = line.migration;
    let kind = row.map_or_else(|| line.file_kind(), |row| history::current_kind(&row.kind).to_owned());
    let undoable = line.category() == "Versioned" && !matches!(line.state, State::Deleted | State::Undone);
    InfoRow {
        migration: migration.map(|migration| migration.id.clone()),
        category: line.category().to_owned(),
        version: match row {
            Some(row) => row.version.clone().unwrap_or_default(),
            None => migration.and_then(|migration| migration.version.clone()).unwrap_or_default(),
        },
        description: match (row, migration) {
            (Some(row), _) => row.description.clone(),
            (None, Some(migration)) => migration.description.clone(),
            (None, None) => String::new(),
        },
        kind,
        installed_on: row.map(|row| row.installed_on.clone()).unwrap_or_default(),
        state: line.state,
        undoable: undoable.then(|| migration.is_some_and(|migration| migration.undo.is_some())),
        script: row.map(|row| &row.script).or(migration.map(|migration| &migration.script)).cloned().unwrap_or_default(),
        checksum: migration.and_then(|migration| migration.checksum).or(row.and_then(|row| row.checksum)),
        installed_by: row.map(|row| row.installed_by.clone()).unwrap_or_default(),
        execution_time: row.map_or(0, |row| row.execution_time),
        rank: row.map(|row| row.rank),
    }
}

/// Migrations that `migrate` would run now, in order. Findings where Flyway would refuse (failed rows, changed
/// checksums, missing files, late versions) are blocking; a database ahead of the files is told.
#[must_use]
pub fn pending(migrations: &[&Migration], settings: &Settings, request: &Request) -> (Vec<MigrationId>, Vec<Finding>) {
    let history = History::read(migrations, settings, request);
    let runs = history.lines.iter().filter(|line| line.state == State::Pending);
    let mut runs: Vec<&Migration> = runs.filter_map(|line| line.migration).collect();
    let picks = &settings.flyway.cherry_pick;
    if !picks.is_empty() {
        runs.order_by_key(|migration| picks.iter().position(|pick| cherry_pick::names(pick, migration)));
    }
    runs.truncate(if history.one { 1 } else { usize::MAX });
    let ids = runs.into_iter().map(|migration| migration.id.clone()).collect();
    let findings = verdict::before_migrate(&history, settings.flyway.validate_on_migrate);
    (ids, findings)
}

/// Whether a finding is one of those by which Flyway's `validate` fails, rather than of the input.
#[must_use]
pub fn is_verdict(finding: &Finding) -> bool {
    verdict::RULES.contains(&finding.rule.as_str())
}

/// What `validate` finds, with Flyway's error codes as rule ids in kebab case (`checksum-mismatch`). Like Flyway's
/// command it fails on pending migrations, and passes over rows of the future.
#[must_use]
pub fn validate(migrations: &[&Migration], settings: &Settings, request: &Request) -> Vec<Finding> {
    verdict::validate(&History::read(migrations, settings, request))
}

/// What Flyway's `validate` answers, in its words. `pending`: pending migrations may pass, as they do before `migrate`.
/// Findings are settings and rows that cannot be read.
#[must_use]
pub fn validation(
    migrations: &[&Migration],
    settings: &Settings,
    request: &Request,
    pending: bool,
) -> (Validation, Vec<Finding>) {
    let history = History::read(migrations, settings, request);
    (validation::validate(&history, pending), history.problems)
}

/// What `repair` mends, in the order of `info`.
#[must_use]
pub fn repairs(migrations: &[&Migration], settings: &Settings, request: &Request) -> (repair::Repairs, Vec<Finding>) {
    let history = History::read(migrations, settings, request);
    (repair::repairs(&history), history.problems)
}
