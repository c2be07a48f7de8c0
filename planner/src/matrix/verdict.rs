//! Catalog differences to verdicts.

use std::collections::BTreeSet;

use super::{Matrix, Release};
use crate::migration::{Migration, MigrationId, MigrationKind, SourceKind};
use crate::project::settings::Settings;

/// Migrations the schema of a release holds; `None` where the release names no schema of this source, or one that is
/// not there. `migrations` are those of one source, in the order they run.
#[must_use]
pub fn included(release: &Release, migrations: &[&Migration]) -> Option<BTreeSet<MigrationId>> {
    match migrations.first()?.source {
        SourceKind::Flyway => {
            let version = release.schema.as_deref()?;
            let versioned = || migrations.iter().filter(|migration| migration.kind == MigrationKind::Versioned);
            let last = versioned().position(|migration| migration.version.as_deref() == Some(version))?;
            Some(versioned().take(last + 1).map(|migration| migration.id.clone()).collect())
        }
        SourceKind::Alembic => {
            let known = |id: &MigrationId| migrations.iter().any(|migration| migration.id == *id);
            let rows: Vec<MigrationId> = release.revisions.iter().map(|row| MigrationId(row.clone())).collect();
            if rows.is_empty() || !rows.iter().all(known) {
                return None;
            }
            Some(closure(migrations, rows))
        }
    }
}

fn closure(migrations: &[&Migration], mut waiting: Vec<MigrationId>) -> BTreeSet<MigrationId> {
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        let Some(migration) = migrations.iter().find(|migration| migration.id == id) else { continue };
        if seen.insert(id) {
            waiting.extend(migration.parents.iter().chain(&migration.depends_on).cloned());
        }
    }
    seen
}

/// The matrix of the releases on the schemas they were built for.
#[must_use]
pub fn matrix(releases: &[Release], _migrations: &[&Migration], _settings: &Settings) -> Matrix {
    Matrix { releases: releases.to_vec(), ..Matrix::default() }
}
