//! Walks migrations and remembers the schema before each one.

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::catalog::apply::CatalogError;
use crate::dialect::Dialect;
use crate::migration::{Migration, MigrationId};

/// The schema around every migration of one source.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// Schema before each migration.
    pub before: BTreeMap<MigrationId, Catalog>,
    /// What the server would refuse: migration, index of the statement, error.
    pub errors: Vec<(MigrationId, usize, CatalogError)>,
    /// Schema after the last one.
    pub last: Catalog,
}

/// Applies the migrations in order to an empty schema.
#[must_use]
pub fn replay(_migrations: &[&Migration], dialect: Dialect) -> Replay {
    Replay { last: Catalog::new(dialect), ..Replay::default() }
}
