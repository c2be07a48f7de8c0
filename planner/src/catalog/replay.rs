//! Walks migrations and remembers the schema before each one.

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::catalog::apply::{CatalogError, apply_all};
use crate::dialect::Dialect;
use crate::migration::{Migration, MigrationId};
use crate::name::ObjectName;
use crate::statement::Statement;

/// The schema around every migration of one source.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// Schema before each migration. Tables are shared between the entries.
    pub before: BTreeMap<MigrationId, Catalog>,
    /// What the server would refuse: migration, index of the statement, error.
    pub errors: Vec<(MigrationId, usize, CatalogError)>,
    /// Schema after the last one.
    pub last: Catalog,
}

/// Applies the migrations in order to an empty schema.
#[must_use]
pub fn replay(migrations: &[&Migration], dialect: Dialect) -> Replay {
    replay_on(Catalog::new(dialect), migrations)
}

/// Applies the migrations in order to a schema that is there already: one that the tool makes before its first
/// migration (Flyway's `schemas`), or a live one.
#[must_use]
pub fn replay_on(start: Catalog, migrations: &[&Migration]) -> Replay {
    let mut replay = Replay { last: start, ..Replay::default() };
    for migration in migrations {
        replay.before.insert(migration.id.clone(), replay.last.clone());
        // A part that could not be read may do anything, and its place among the statements is not known.
        replay.last.opaque |= !migration.up.opaque.is_empty();
        let errors = &mut replay.errors;
        replay.last = walk(&replay.last, &migration.up.statements, |index, _, found| {
            errors.extend(found.iter().map(|error| (migration.id.clone(), index, error.clone())));
        });
    }
    replay
}

/// Applies the statements of one migration and shows the catalog before each, with what the server would refuse the
/// statement for. The result is the schema behind the migration: its session is over, so temporary tables are gone and
/// the search path is as it was.
pub fn walk(before: &Catalog, statements: &[Statement], mut visit: impl FnMut(usize, &Catalog, &[CatalogError])) -> Catalog {
    let mut catalog = before.clone();
    for (index, statement) in statements.iter().enumerate() {
        // The visitor sees the schema before the statement together with its errors, so the statement is
        // tried on a copy; a copy costs the names only.
        let mut after = catalog.clone();
        let errors = apply_all(&mut after, &statement.operations);
        visit(index, &catalog, &errors);
        catalog = after;
    }
    end_session(before, catalog)
}

fn end_session(before: &Catalog, mut catalog: Catalog) -> Catalog {
    let temporary: Vec<ObjectName> =
        catalog.tables.iter().filter(|(_, table)| table.temporary).map(|(key, _)| key.clone()).collect();
    for key in temporary {
        catalog.remove_table(&key);
    }
    catalog.views.retain(|key, _| key.schema.as_deref() != Some(super::lookup::TEMPORARY));
    catalog.search_path.clone_from(&before.search_path);
    catalog.time_zone.clone_from(&before.time_zone);
    catalog
}
