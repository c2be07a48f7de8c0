//! Files to migrations: one reader per tool.

pub mod alembic;
pub mod flyway;

use crate::finding::Finding;
use crate::migration::Migration;
use crate::project::settings::Settings;
use crate::project::{Project, Request};

/// Reads the migrations of every source of the project, each source in the order it runs them.
#[must_use]
pub fn load(project: &Project, settings: &Settings, request: &Request) -> (Vec<Migration>, Vec<Finding>) {
    let (mut migrations, mut findings) = flyway::load(project, settings, request);
    let (revisions, more) = alembic::load(project, settings, request);
    migrations.extend(revisions);
    findings.extend(more);
    (migrations, findings)
}
