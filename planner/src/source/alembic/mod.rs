//! Reads alembic sources.

pub mod version_rows;

use crate::finding::Finding;
use crate::migration::Migration;
use crate::project::settings::Settings;
use crate::project::{Project, Request};

/// Reads the migrations in the order they run.
#[must_use]
pub fn load(_project: &Project, _settings: &Settings, _request: &Request) -> (Vec<Migration>, Vec<Finding>) {
    (Vec::new(), Vec::new())
}
