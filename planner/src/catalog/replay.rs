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
    replay_on(Catalog::new(dialect, dialect.default_version()), migrations)
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
        let start = replay.last.clone();
        for (index, statement) in migration.up.statements.iter().enumerate() {
            let found = apply_all(&mut replay.last, &statement.operations);
            replay.errors.extend(found.into_iter().map(|error| (migration.id.clone(), index, error)));
        }
        replay.last = end_session(&start, replay.last);
    }
    replay
}

/// As [`replay_on`], but only the schema behind the last migration.
#[must_use]
pub fn after(start: Catalog, migrations: &[&Migration]) -> Catalog {
    let mut catalog = start;
    for migration in migrations {
        let before = catalog.clone();
        catalog.opaque |= !migration.up.opaque.is_empty();
        for statement in &migration.up.statements {
            apply_all(&mut catalog, &statement.operations);
        }
        catalog = end_session(&before, catalog);
    }
    catalog
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
        catalog.tables.unordered().filter(|(_, table)| table.temporary).map(|(key, _)| key.clone()).collect();
    for key in temporary {
        catalog.remove_table(&key);
    }
    catalog.views.retain(|key, _| key.schema.as_deref() != Some(super::lookup::TEMPORARY));
    catalog.search_path.clone_from(&before.search_path);
    catalog.time_zone.clone_from(&before.time_zone);
    catalog.foreign_keys_off = before.foreign_keys_off;
    catalog.lenient = before.lenient;
    catalog.triggers_off = before.triggers_off;
    catalog.bodies_unchecked = before.bodies_unchecked;
    catalog
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::migration::{MigrationKind, Script, SourceKind};
    use crate::statement::parse::parse;

    fn migration(number: usize, statements: &[String]) -> Migration {
        let statement =
            |sql: &String| Statement { sql: sql.clone(), operations: parse(sql, Dialect::Postgres).0, ..Statement::default() };
        Migration {
            id: MigrationId(format!("V{number:04}")),
            source: SourceKind::Flyway,
            kind: MigrationKind::Versioned,
            version: None,
            description: String::new(),
            script: String::new(),
            path: String::new(),
            checksum: None,
            parents: Vec::new(),
            depends_on: Vec::new(),
            labels: Vec::new(),
            load_order: 0,
            up: Script { statements: statements.iter().map(statement).collect(), ..Script::default() },
            undo: None,
        }
    }

    #[test]
    fn a_thousand_migrations_share_the_tables_they_do_not_touch() {
        let script = |number: usize| {
            vec![
                format!("CREATE TABLE t{number}(id serial PRIMARY KEY, a int, UNIQUE (a), CHECK (a > 0))"),
                format!("CREATE INDEX ON t{number}(a)"),
                format!("ALTER TABLE t{} ADD COLUMN b{number} int REFERENCES t{number}", number / 2),
            ]
        };
        let migrations: Vec<Migration> = (0..1000).map(|number| migration(number, &script(number))).collect();
        let replay = replay(&migrations.iter().collect::<Vec<_>>(), Dialect::Postgres);
        assert!(replay.errors.is_empty(), "{:?}", replay.errors.first());
        let name = ObjectName::qualified("public", "t3");
        let before = |id: &str| replay.before.get(&MigrationId::from(id)).and_then(|catalog| catalog.tables.get(&name)).unwrap();
        assert!(Arc::ptr_eq(before("V0010"), before("V0999")));
        assert_eq!(replay.last.tables.len(), 1000);
    }

    #[test]
    fn a_session_ends_with_its_migration() {
        let first = ["SET search_path = pg_catalog".to_owned(), "CREATE TEMP TABLE scratch(id int)".to_owned()];
        let second = ["CREATE TABLE t(id int)".to_owned(), "ALTER TABLE scratch ADD COLUMN a int".to_owned()];
        let (first, second) = (migration(1, &first), migration(2, &second));
        let replay = replay(&[&first, &second], Dialect::Postgres);
        assert!(replay.last.tables.contains_key(&ObjectName::qualified("public", "t")));
        assert_eq!(replay.errors.len(), 1);
        assert_eq!(replay.errors[0].2.message, "relation \"scratch\" does not exist");
    }
}
