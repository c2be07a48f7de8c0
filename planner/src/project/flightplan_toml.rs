//! `flightplan.toml`: environments, sources, limits.

use crate::finding::Finding;
use crate::project::settings::{AlembicSettings, FlywaySettings, Settings};
use crate::project::{Project, Request};

/// Merges the project's `flightplan.toml` and the request. Wrong keys and values are findings.
#[must_use]
pub fn resolve(_project: &Project, request: &Request) -> (Settings, Vec<Finding>) {
    let dialect = request.dialect.unwrap_or_default();
    let settings = Settings {
        project: String::new(),
        environment: "default".to_owned(),
        environments: vec!["default".to_owned()],
        source: request.source.as_ref().map(|spec| spec.kind).unwrap_or_default(),
        dialect,
        server_version: request.server_version.unwrap_or(dialect.default_version()),
        flyway: FlywaySettings::default(),
        alembic: AlembicSettings::default(),
        url_env: None,
        url: None,
        approvals: 0,
        lock_timeout_ms: 5000,
        statement_timeout_ms: 0,
        batch_from_rows: 10_000,
        batch_size: 5000,
        batch_pause_ms: 50,
    };
    (settings, Vec::new())
}
