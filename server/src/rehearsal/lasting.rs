//! What a way back leaves as it is: repeatable migrations have no state before.

use std::collections::BTreeSet;

use planner::Report;
use planner::catalog::compare::Difference;
use planner::migration::{Migration, MigrationId};
use planner::statement::touches::{ObjectRef, writes};

/// Repeatable migrations that went up, and the names of what they make or fill.
#[derive(Debug, Default)]
pub(super) struct Lasting {
    /// Their ids.
    pub(super) migrations: Vec<MigrationId>,
    names: BTreeSet<String>,
}

impl Lasting {
    /// Those of the migrations that ran.
    #[must_use]
    pub(super) fn of(report: &Report, ran: &[MigrationId]) -> Self {
        let lasts = |migration: &&Migration| migration.id.0.starts_with("R__") && ran.contains(&migration.id);
        let mut found = Self::default();
        for migration in report.migrations.iter().filter(lasts) {
            found.migrations.push(migration.id.clone());
            let operations = migration.up.statements.iter().flat_map(|statement| &statement.operations);
            found.names.extend(operations.flat_map(writes).filter_map(name));
        }
        found
    }

    /// Takes out what differs because they stay.
    pub(super) fn leave_out(&self, differences: &mut Vec<Difference>) {
        differences.retain(|difference| !self.names.contains(&owner(&difference.object)));
    }
}

fn name(object: ObjectRef) -> Option<String> {
    match object {
        ObjectRef::Type(name)
        | ObjectRef::Table(name)
        | ObjectRef::Index(name)
        | ObjectRef::Sequence(name)
        | ObjectRef::Function(name) => Some(name.name.to_lowercase()),
        ObjectRef::Trigger(_, name) => Some(name.to_lowercase()),
        ObjectRef::Schema(_)
        | ObjectRef::Extension(_)
        | ObjectRef::Column(..)
        | ObjectRef::Constraint(..)
        | ObjectRef::Role(_) => None,
    }
}

/// The bare name of the object that a difference is in: of the table or view where it is a column, constraint or row of it.
fn owner(object: &str) -> String {
    let named = object.split('(').next().unwrap_or(object);
    let path = named.rsplit(' ').next().unwrap_or(named);
    let path = if named.starts_with("column ") { path.rsplit_once('.').map_or(path, |(table, _)| table) } else { path };
    path.rsplit('.').next().unwrap_or(path).trim_matches(['"', '`']).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::owner;

    #[test]
    fn a_part_belongs_to_its_table() {
        for (object, name) in [
            ("view public.names", "names"),
            ("column public.names.one", "names"),
            ("column users.names", "users"),
            ("constraint users_pkey of users", "users"),
            ("rows of public.users", "users"),
            ("function f(integer, text)", "f"),
            ("table \"Odd\"", "odd"),
        ] {
            assert_eq!(owner(object), name);
        }
    }
}
