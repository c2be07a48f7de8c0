//! Dropped tables and changed constraints to their inverses.

use super::derive::{alter, unknown};
use super::known::Known;
use super::{Derived, ddl, given_up, sequence, sql};
use crate::dialect::Dialect;
use crate::effect::Reversibility;
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, Constraint, ConstraintKind, Operation};

/// The empty shell of a table, with the foreign keys of others that went with it.
pub(super) fn drop_table(operation: &Operation, name: &ObjectName, known: &Known<'_>) -> Derived {
    let before = known.before;
    let key = before.resolve(name);
    let Some(table) = before.tables.get(&key) else { return unknown(name) };
    let shown = if before.search_path == known.path { name } else { &key };
    let mut statements = known.texts(operation);
    if !statements.first().is_some_and(|text| text.to_ascii_lowercase().contains(" virtual ")) {
        statements = sequence::around(&key, None, known, ddl::table(shown, table, before.dialect));
    }
    if matches!(operation, Operation::DropTable { cascade: true, .. }) {
        if !before.views_reading(&key).is_empty() {
            return Derived::none(sql(&["Views on ", &name.name, " were dropped with it."]));
        }
        for (child, constraint) in before.references_to(&key).filter(|(child, _)| **child != key) {
            let add = ddl::constraint(constraint, before.dialect);
            statements.push(sql(&["ALTER TABLE ", &child.sql(before.dialect), " ADD ", &add, " NOT VALID"]));
        }
    }
    // Alembic's move and copy on SQLite: the rows are in the table that takes its place, but for columns that it has not.
    let copy: String = sql(&["_alembic_tmp_", &name.name]).chars().take(50).collect();
    if let Some(copy) = before.table(&ObjectName::bare(copy)).filter(|_| before.dialect == Dialect::Sqlite) {
        let gone = table.columns.iter().filter(|own| copy.column(&own.name).is_none());
        let note =
            |own: &ColumnDefinition| sql(&["Column ", &name.name, ".", &own.name, " comes back empty: its values are lost."]);
        let notes: Vec<String> = gone.map(note).collect();
        let reversibility = if notes.is_empty() { Reversibility::Lossless } else { Reversibility::Lossy };
        return Derived { statements, reversibility, notes };
    }
    let note = sql(&["Table ", &name.name, " comes back empty: its rows, comments, privileges and triggers are lost."]);
    Derived { statements, reversibility: Reversibility::Lossy, notes: vec![note] }
}

/// Takes the constraint away, and what the server made with it.
pub(super) fn added_constraint(operation: &Operation, table: &ObjectName, constraint: &Constraint, known: &Known<'_>) -> Derived {
    let before = known.before;
    let after = known.behind(operation);
    let (Some(old), Some(new)) = (before.table(table), after.table(table)) else { return unknown(table) };
    let added = |own: &&Constraint| old.constraints.iter().all(|older| older.name != own.name);
    let Some(name) = new.constraints.iter().find(added).and_then(|own| own.name.as_deref()) else { return unknown(table) };
    let drops = |what: &str, name: &str| alter("TABLE", table, &["DROP ", what, name], known).statements;
    let mut steps = match (before.dialect, &constraint.kind) {
        (Dialect::Sqlite, _) => return Derived::none("SQLite changes a constraint only by building its table anew."),
        (Dialect::MySql | Dialect::MariaDb, ConstraintKind::PrimaryKey { .. }) => drops("PRIMARY KEY", ""),
        (Dialect::MySql | Dialect::MariaDb, ConstraintKind::ForeignKey { .. }) => drops("FOREIGN KEY ", &known.quoted(name)),
        (Dialect::MySql | Dialect::MariaDb, ConstraintKind::Unique { .. }) => drops("INDEX ", &known.quoted(name)),
        _ => drops("CONSTRAINT ", &known.quoted(name)),
    };
    // The index that MySQL makes for a foreign key stays behind; the one that PostgreSQL takes over goes.
    let owner = before.resolve(table);
    let mysql = matches!(before.dialect, Dialect::MySql | Dialect::MariaDb);
    let gone: Vec<_> = old.indexes.iter().filter(|(name, _)| !new.indexes.contains_key(*name)).collect();
    if let (true, ConstraintKind::ForeignKey { columns, .. }) = (mysql, &constraint.kind)
        && let Some((index, _)) = known.key_index(&after, table, name)
        // An older one that is made again takes the place of the key's.
        && !gone.iter().any(|(_, index)| given_up::serves(index, columns, before))
    {
        steps.extend(drops("INDEX ", &known.quoted(&index)));
    }
    let own = mysql && !gone.is_empty();
    for (name, index) in gone {
        steps.insert(
            if before.dialect == Dialect::Postgres { steps.len() } else { 0 },
            ddl::index(name, &owner, index, false, before.dialect),
        );
    }
    let indexed = match &constraint.kind {
        ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns, .. } => {
            columns.iter().map(String::as_str).collect()
        }
        _ => Vec::new(),
    };
    let given_up = given_up::given_up(&owner, &indexed, known);
    let own = own || !given_up.is_empty();
    steps.splice(0..0, given_up.iter().map(|(name, index)| ddl::index(name, &owner, index, false, before.dialect)));
    for column in &new.columns {
        let was = old.columns.iter().find(|older| older.name == column.name);
        let Some(was) = was.filter(|was| was.nullable && !column.nullable) else { continue };
        let name = known.quoted(&was.name);
        steps.extend(match before.dialect {
            Dialect::Postgres => alter("TABLE", table, &["ALTER COLUMN ", &name, " DROP NOT NULL"], known).statements,
            _ => alter("TABLE", table, &["MODIFY COLUMN ", &ddl::column(was, before.dialect)], known).statements,
        });
    }
    given_up::told(Derived::steps(steps), own)
}

/// Puts the constraint back, which fails where rows have come that it does not allow.
pub(super) fn dropped_constraint(operation: &Operation, table: &ObjectName, name: &str, known: &Known<'_>) -> Derived {
    let before = known.before;
    let Some(old) = before.table(table) else { return unknown(table) };
    let own = |own: &&Constraint| own.name.as_deref().is_some_and(|own| before.same(own, name));
    let mysql = matches!(before.dialect, Dialect::MySql | Dialect::MariaDb);
    let primary = |own: &&Constraint| mysql && name == "PRIMARY" && matches!(own.kind, ConstraintKind::PrimaryKey { .. });
    let constraint = old.constraints.iter().find(own).or_else(|| old.constraints.iter().find(primary));
    let Some(constraint) = constraint else { return unknown(&ObjectName::bare(name.to_owned())) };
    if let Operation::DropConstraint { cascade: true, .. } = operation
        && constraint.has_index()
        && before.references_to(&before.resolve(table)).next().is_some()
    {
        return Derived::none(sql(&["Foreign keys to ", &table.name, " may have been dropped with ", name, "."]));
    }
    alter("TABLE", table, &["ADD ", &ddl::constraint(constraint, before.dialect)], known).losing(sql(&[
        "It fails once a row of ",
        &table.name,
        " violates ",
        name,
        ".",
    ]))
}
