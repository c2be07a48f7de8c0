//! Files to migrations: one reader per tool.

pub mod alembic;
pub mod flyway;

use crate::project::settings::Settings;
use crate::project::{Project, Request};

/// Reads the migrations of every source of the project, each source in the order it runs them, and Flyway's callbacks.
#[must_use]
pub fn load(project: &Project, settings: &Settings, request: &Request) -> flyway::Loaded {
    let mut loaded = flyway::load(project, settings, request);
    let (revisions, more) = alembic::load(project, settings, request);
    loaded.migrations.extend(revisions);
    loaded.findings.extend(more);
    loaded
}
