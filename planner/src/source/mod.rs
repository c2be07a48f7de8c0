//! Files to migrations: one reader per tool.

pub mod alembic;
pub mod flyway;

use crate::project::settings::Settings;
use crate::project::{Project, Request};
use crate::statement::reading::Machine;

/// Reads the migrations of every source of the project, each source in the order it runs them, and Flyway's callbacks.
#[must_use]
pub fn load(project: &Project, settings: &Settings, request: &Request, machine: &dyn Machine) -> flyway::Loaded {
    let mut loaded = flyway::load(project, settings, request, machine);
    let (revisions, more) = alembic::load(project, settings, request);
    loaded.migrations.extend(revisions);
    loaded.findings.extend(more);
    loaded
}
