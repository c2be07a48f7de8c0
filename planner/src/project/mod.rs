//! What goes in: the files of a project, and what the caller asks of them.

pub(crate) mod alembic_env;
mod alembic_ini;
mod alembic_section;
pub mod batch_policy;
pub mod connection;
pub mod detect;
pub mod flightplan_toml;
pub mod flyway;
pub mod gate_settings;
pub mod glob;
mod ini;
pub mod near;
pub mod path;
pub mod properties;
pub(crate) mod python;
pub mod redact;
pub mod rule_settings;
mod sections;
pub mod settings;
mod spring;
pub mod statistics;
pub mod toml_reader;
pub mod url;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::dialect::{Dialect, ServerVersion};
use crate::migration::{Migration, SourceKind};

pub use statistics::{ColumnStatistics, Fraction, Statistics, TableStatistics};

/// A project as files in memory. Paths are relative to the project's root, `/` separated, and unique.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// The files, in any order; the planner sorts.
    pub files: Vec<ProjectFile>,
}

/// One file as it is on disk. Decoding is the planner's job, so that a wrong encoding is a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProjectFile {
    /// Path relative to the project's root, `/` separated, without `.` or `..`.
    pub path: String,
    /// The bytes.
    #[serde(with = "serde_bytes")]
    pub content: Vec<u8>,
}

/// What the caller asks: which environment, against which target, with which choices of the reviewer.
///
/// Everything here decides what will run and therefore reaches the digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    /// Environment of `flightplan.toml`; absent: its `default_environment`, else the first by name.
    pub environment: Option<String>,
    /// `--source flyway:DIR`: plan a bare folder, the project's configuration is not read.
    pub source: Option<SourceSpec>,
    /// Overrides the environment's dialect.
    pub dialect: Option<Dialect>,
    /// Overrides the environment's server version.
    pub server_version: Option<ServerVersion>,
    /// The database this plan is for; absent when planning without one.
    pub target: Option<TargetIdentity>,
    /// What the target's history says is applied; absent or empty: nothing.
    pub applied: Applied,
    /// Plan up to and including this version or revision; absent: everything.
    pub up_to: Option<String>,
    /// Flyway's `outOfOrder`.
    pub out_of_order: bool,
    /// Values for Flyway's `${…}`, over those of the configuration.
    pub placeholders: BTreeMap<String, String>,
    /// Values of Flyway's own placeholders that only the target and the run know, by their lower-case name without
    /// `flyway:`: `user`, `database`, `defaultschema`, `workingdirectory`, `timestamp`.
    pub built_in: BTreeMap<String, String>,
    /// Flyway settings of the caller in Flyway's own keys (`sqlMigrationPrefix`); they win over every configuration.
    pub flyway: BTreeMap<String, String>,
    /// Which of Alembic's configurations, and what it shall tell `env.py`.
    pub alembic: AlembicAsked,
    /// Flyway's settings from outside the project, from low to high; without secrets.
    pub layers: Vec<flyway::layer::Layer>,
    /// Environment variables that the configuration files name, those that are set; absent: the environment is not known.
    pub variables: Option<BTreeMap<String, String>>,
    /// Absolute path of the project's root, `/` separated: an absolute location below it is one of the project.
    pub root: Option<String>,
    /// What was measured in the target, or in a database like it.
    pub statistics: Statistics,
    /// The reviewer's batch choices, by [`crate::plan::PlannedStatement::id`].
    pub batches: BTreeMap<String, BatchChoice>,
    /// Releases that are live, beside those that may be by `releases.toml` and history. Where no database is asked, the
    /// plan starts from the schema of the newest of them.
    pub live: Vec<String>,
    /// The release that comes: the plan ends at its schema.
    pub next: Option<String>,
}

/// Alembic's own global options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlembicAsked {
    /// `-c FILE`: the configuration, relative to the project's root; absent: the `alembic.ini` nearest to the root.
    pub config: Option<String>,
    /// `-n NAME`: its section; absent: `alembic`.
    pub section: Option<String>,
    /// `-x ARG`, in order: what `context.get_x_argument()` gives.
    pub arguments: Vec<String>,
    /// `--allow-python`: what cannot be read runs by the project's own Alembic, as a step of the plan.
    pub allow_python: bool,
    /// The product that the target's URL names: a MariaDB reached by `mysql://` is SQLAlchemy's dialect `mysql`, whose
    /// `mysql_…` options count. Absent: the dialect itself.
    pub url_dialect: Option<Dialect>,
    /// `--sql`: no server is asked, so SQLAlchemy leaves out what depends on a server's version.
    pub offline: bool,
}

/// A source named on the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSpec {
    /// The tool.
    pub kind: SourceKind,
    /// Folder inside the project, `/` separated; empty: the root.
    pub folder: String,
}

/// Which database a plan is for, and the state it was planned from. No secrets: no user, no password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetIdentity {
    /// `postgres://host:port/database` or `sqlite:/absolute/path`, without credentials or options.
    pub identity: String,
    /// SHA-256 (hex) of the live schema in canonical JSON, history and journal tables left out.
    pub fingerprint: String,
}

/// What the target's history tables say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Applied {
    /// Rows of Flyway's history table by rank.
    pub flyway: Vec<AppliedFlyway>,
    /// Rows of `alembic_version`.
    pub alembic: BTreeSet<String>,
    /// Steps that a stopped run finished, from the target's journal: [`crate::plan::Step::id`].
    pub finished_steps: BTreeSet<String>,
}

/// One row of Flyway's history table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedFlyway {
    /// `installed_rank`.
    pub rank: i32,
    /// `version`, absent for repeatables.
    pub version: Option<String>,
    /// `description`.
    pub description: String,
    /// `type`: SQL, BASELINE, SCHEMA, DELETE, JDBC …
    pub kind: String,
    /// `script`.
    pub script: String,
    /// `checksum`.
    pub checksum: Option<i32>,
    /// `installed_by`.
    pub installed_by: String,
    /// `installed_on`, ISO 8601 in UTC.
    pub installed_on: String,
    /// `execution_time`, ms.
    pub execution_time: i32,
    /// `success`.
    pub success: bool,
}

impl AppliedFlyway {
    /// The row that a migration leaves when it has run.
    #[must_use]
    pub fn of(migration: &Migration, rank: i32) -> Self {
        Self {
            rank,
            version: migration.version.clone(),
            description: migration.description.clone(),
            kind: "SQL".to_owned(),
            script: migration.script.clone(),
            checksum: migration.checksum,
            success: true,
            ..Self::default()
        }
    }
}

/// What a reviewer chose for one batched statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchChoice {
    /// Run as one statement instead of in batches.
    #[serde(default)]
    pub whole: bool,
    /// Rows per batch, 1 to 1,000,000.
    pub size: u32,
    /// Pause between batches, ms.
    pub pause_ms: u32,
    /// Rows a batch may grow to; absent: the size itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// Milliseconds a batch should hold its row locks at most; absent: the environment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_ms: Option<u32>,
}
