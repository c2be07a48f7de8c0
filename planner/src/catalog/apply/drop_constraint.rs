//! `DROP CONSTRAINT`, with the foreign keys that stand on a key and the copies in children.

use super::column::{family, shown};
use super::naming::shortened;
use super::{Outcome, not_null, rows};
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{Constraint, ConstraintKind};

/// `DROP CONSTRAINT`.
pub(super) fn drop(catalog: &mut Catalog, name: &ObjectName, constraint: &str, if_exists: bool, cascade: bool) -> Outcome {
    let constraint = shortened(constraint, catalog.dialect);
    let key = rows::table(catalog, name)?;
    let Some(table) = catalog.tables.get(&key) else { return Ok(()) };
    let found = table.constraints.iter().find(|own| own.name.as_deref().is_some_and(|own| catalog.same(own, constraint)));
    let Some(found) = found.cloned() else {
        if let Some(column) = not_null::named(catalog, table, constraint).map(str::to_owned) {
            return not_null::drop_named(catalog, &key, &column, constraint);
        }
        return if if_exists { Ok(()) } else { Err(no_constraint(catalog, &key, constraint)) };
    };
    not_null::check_inherited(catalog, &key, &found)?;
    let needed = if catalog.dialect == Dialect::Postgres { needing(catalog, &key, &found) } else { Vec::new() };
    if !needed.is_empty() && !cascade {
        return Err(format!("cannot drop constraint {constraint} on table {} because other objects depend on it", shown(&key)));
    }
    for (child, foreign_key) in needed {
        remove(catalog, &child, &foreign_key);
    }
    let dialect = catalog.dialect;
    if let (ConstraintKind::ForeignKey { columns, .. }, Dialect::MySql | Dialect::MariaDb) = (&found.kind, dialect)
        && let Some(table) = catalog.edit(&key)
    {
        super::rename::keep_index(table, found.name.as_deref().unwrap_or_default(), columns);
    }
    for member in family(catalog, &key) {
        if let Some(table) = catalog.edit(&member) {
            let own = member == key;
            table.constraints.retain(|other| if own { *other != found } else { !is_copy(other, &found) });
        }
    }
    if let (ConstraintKind::NotNull { column }, Dialect::Postgres) = (&found.kind, dialect) {
        not_null::take(catalog, &key, column);
    }
    Ok(())
}

/// Whether a child's constraint came from its parent's.
fn is_copy(child: &Constraint, parent: &Constraint) -> bool {
    child.kind == parent.kind
}

pub(super) fn no_constraint(catalog: &Catalog, key: &ObjectName, constraint: &str) -> String {
    match catalog.dialect {
        Dialect::MySql | Dialect::MariaDb => format!("Can't DROP '{constraint}'; check that column/key exists"),
        _ => format!("constraint \"{constraint}\" of relation \"{}\" does not exist", key.name),
    }
}

/// Foreign keys that stand on a key: child and constraint name.
fn needing(catalog: &Catalog, key: &ObjectName, constraint: &Constraint) -> Vec<(ObjectName, String)> {
    let Some(table) = catalog.tables.get(key) else { return Vec::new() };
    let stands_on = |foreign_key: &Constraint| match &foreign_key.kind {
        // The server takes the first key that fits.
        ConstraintKind::ForeignKey { ref_columns, .. } => {
            table.constraints.iter().find(|own| own.is_key_over(ref_columns)).is_some_and(|first| first == constraint)
        }
        _ => false,
    };
    let keys = catalog.references_to(key).filter(|(_, foreign_key)| stands_on(foreign_key));
    keys.filter_map(|(child, foreign_key)| Some((child.clone(), foreign_key.name.clone()?))).collect()
}

/// Takes a constraint out of its table.
pub(super) fn remove(catalog: &mut Catalog, key: &ObjectName, constraint: &str) {
    if let Some(table) = catalog.edit(key) {
        table.constraints.retain(|own| own.name.as_deref() != Some(constraint));
    }
}
