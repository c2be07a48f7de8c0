//! `releases.toml`: the versions of the application.

use serde::{Deserialize, Serialize};

/// A release of the application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Version.
    pub version: String,
    /// Flyway version it was built for.
    #[serde(default)]
    pub schema: Option<String>,
    /// Alembic revisions it was built for.
    #[serde(default)]
    pub revisions: Vec<String>,
    /// What it requires: `api >= 2`, `worker 1.9`.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Breaking changes its authors documented.
    #[serde(default)]
    pub breaking_changes: Vec<String>,
}
