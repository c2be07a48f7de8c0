//! Changes of one column to their inverses.

use super::derive::{alter, unknown};
use super::known::Known;
use super::{Derived, ddl, sequence, sql};
use crate::catalog::expression::mentions;
use crate::catalog::{Index, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, Constraint, ConstraintKind, Identity, IndexPart, Operation};

/// The way back of an operation on a column.
pub(super) fn column(operation: &Operation, known: &Known<'_>) -> Derived {
    let dialect = known.before.dialect;
    match operation {
        Operation::AddColumn { table, column, constraints, .. } => added(table, column, constraints, known),
        Operation::RenameColumn { table, column, to } => {
            alter("TABLE", table, &["RENAME COLUMN ", &known.quoted(to), " TO ", &known.quoted(column)], known)
        }
        Operation::DropColumn { table, column, cascade, .. } => match stored(table, column, known) {
            Some((stored, definition)) if !cascade => dropped(table, stored, definition, known),
            _ => unknown(table),
        },
        _ if dialect == Dialect::Sqlite => Derived::none("SQLite changes a column only by building its table anew."),
        Operation::AlterColumnType { table, column, data_type, .. } => match stored(table, column, known) {
            Some((_, definition)) if definition.generated.is_none() => retyped(table, definition, data_type, known),
            _ => unknown(table),
        },
        Operation::SetNotNull { table, column } => on(table, column, "DROP NOT NULL", known),
        Operation::DropNotNull { table, column } => {
            on(table, column, "SET NOT NULL", known).losing(sql(&["It fails once ", &table.name, ".", column, " holds a NULL."]))
        }
        Operation::SetDefault { table, column, .. } | Operation::DropDefault { table, column } => {
            match stored(table, column, known).and_then(|(_, definition)| default_of(table, definition, known)) {
                Some(action) => on(table, column, &action, known),
                None => unknown(table),
            }
        }
        Operation::SetIdentity { table, column, identity } => {
            let was = stored(table, column, known).map(|(_, definition)| definition.identity);
            let kind = |identity: Identity| if identity == Identity::Always { "ALWAYS" } else { "BY DEFAULT" };
            match (was, identity) {
                (Some(None), Some(_)) => on(table, column, "DROP IDENTITY", known),
                (Some(Some(was)), Some(_)) => on(table, column, &["SET GENERATED ", kind(was)].concat(), known),
                (Some(Some(was)), None) => on(table, column, &["ADD GENERATED ", kind(was), " AS IDENTITY"].concat(), known)
                    .losing("The identity begins anew and with default settings."),
                _ => unknown(table),
            }
        }
        Operation::ModifyColumn { table, column, to } => match stored(table, column, known) {
            Some((_, was)) => {
                alter("TABLE", table, &["CHANGE COLUMN ", &known.quoted(&to.name), " ", &ddl::column(was, dialect)], known)
                    .losing(sql(&["It fails or cuts where a value of ", &table.name, ".", &to.name, " no longer fits."]))
            }
            None => unknown(table),
        },
        _ => unknown(&ObjectName::default()),
    }
}

/// Table and definition of a column before.
fn stored<'a>(table: &ObjectName, column: &str, known: &Known<'a>) -> Option<(&'a Table, &'a ColumnDefinition)> {
    let before = known.before;
    let stored = before.tables.get(&before.resolve(table))?;
    let definition = stored.columns.iter().find(|own| before.same(&own.name, column))?;
    Some((stored, definition))
}

fn on(table: &ObjectName, column: &str, action: &str, known: &Known<'_>) -> Derived {
    alter("TABLE", table, &["ALTER COLUMN ", &known.quoted(column), " ", action], known)
}

/// The action that gives a column the default it had; none where it took its values from a sequence that is not known.
fn default_of(table: &ObjectName, definition: &ColumnDefinition, known: &Known<'_>) -> Option<String> {
    let default = match (&definition.default, definition.serial) {
        (Some(text), _) => text.clone(),
        (None, false) => return Some("DROP DEFAULT".to_owned()),
        (None, true) => {
            let own = (known.before.resolve(table), definition.name.clone());
            let (sequence, _) = known.before.sequences.unordered().find(|(_, owner)| owner.as_ref() == Some(&own))?;
            sql(&["nextval('", &sequence.sql(known.before.dialect).replace('\'', "''"), "'::regclass)"])
        }
    };
    Some(["SET DEFAULT ", &default].concat())
}

fn added(table: &ObjectName, column: &ColumnDefinition, constraints: &[Constraint], known: &Known<'_>) -> Derived {
    let dialect = known.before.dialect;
    let mut steps = Vec::new();
    match dialect {
        Dialect::Sqlite if !constraints.is_empty() => {
            return Derived::none("SQLite drops a column with constraints only by building its table anew.");
        }
        Dialect::MySql | Dialect::MariaDb => {
            // A column in a foreign key cannot be dropped.
            let after = known.after(&Operation::AddColumn {
                table: table.clone(),
                column: column.clone(),
                constraints: constraints.to_vec(),
                if_not_exists: false,
            });
            let stored = after.table(table).map(|table| table.constraints.as_slice()).unwrap_or_default();
            let names = stored
                .iter()
                .filter(|own| uses(own, &column.name, dialect))
                .filter(|own| matches!(own.kind, ConstraintKind::ForeignKey { .. }));
            for name in names.filter_map(|own| own.name.as_deref()) {
                steps.extend(alter("TABLE", table, &["DROP FOREIGN KEY ", &known.quoted(name)], known).statements);
            }
        }
        Dialect::Sqlite | Dialect::Postgres => {}
    }
    steps.extend(alter("TABLE", table, &["DROP COLUMN ", &known.quoted(&column.name)], known).statements);
    Derived::steps(steps).losing(sql(&["Values written to ", &table.name, ".", &column.name, " in the meantime are lost."]))
}

/// Whether a constraint uses a column.
pub(super) fn uses(constraint: &Constraint, column: &str, dialect: Dialect) -> bool {
    match &constraint.kind {
        ConstraintKind::PrimaryKey { columns }
        | ConstraintKind::Unique { columns, .. }
        | ConstraintKind::ForeignKey { columns, .. } => columns.iter().any(|own| own.eq_ignore_ascii_case(column)),
        ConstraintKind::Check { expression } => mentions(expression, column, dialect),
        ConstraintKind::NotNull { column: own } => own == column,
        ConstraintKind::Exclude { definition } => definition.contains(column),
    }
}

fn index_uses(index: &Index, column: &str, dialect: Dialect) -> bool {
    let part = |part: &IndexPart| match part {
        IndexPart::Column(own) => own.eq_ignore_ascii_case(column),
        IndexPart::Expression(text) => mentions(text, column, dialect),
    };
    index.columns.iter().any(part)
        || index.include.iter().any(|own| own == column)
        || index.predicate.as_deref().is_some_and(|text| mentions(text, column, dialect))
}

fn dropped(table: &ObjectName, stored: &Table, definition: &ColumnDefinition, known: &Known<'_>) -> Derived {
    let dialect = known.before.dialect;
    // A NOT NULL column without a default cannot come back to a table with rows; it comes back nullable.
    let mut back = definition.clone();
    let mut note =
        sql(&["Column ", &table.name, ".", &definition.name, " comes back as the last one and empty: its values are lost."]);
    if definition.is_required() {
        back.nullable = true;
        note.push_str(" It comes back nullable, since a table with rows refuses NOT NULL without a default.");
    }
    let steps = alter("TABLE", table, &["ADD COLUMN ", &ddl::column(&back, dialect)], known).statements;
    let mut steps = sequence::around(&known.before.resolve(table), Some(&definition.name), known, steps);
    let mut lost = false;
    if dialect == Dialect::Postgres {
        // What went with the column. Empty columns make no key.
        let owner = known.before.resolve(table);
        for constraint in stored.constraints.iter().filter(|own| uses(own, &definition.name, dialect)) {
            if matches!(constraint.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::NotNull { .. }) {
                lost = true;
            } else {
                steps.extend(alter("TABLE", table, &["ADD ", &ddl::constraint(constraint, dialect)], known).statements);
            }
        }
        for (name, index) in stored.indexes.iter().filter(|(_, index)| index_uses(index, &definition.name, dialect)) {
            steps.push(ddl::index(name, &owner, index, false, dialect));
        }
    } else {
        lost = stored.indexes.values().any(|index| index_uses(index, &definition.name, dialect));
    }
    if lost {
        note.push_str(" Keys with it are lost.");
    }
    Derived::steps(steps).losing(note)
}

/// `ALTER COLUMN … TYPE` back. A default is put back by itself, for the server may not know how to turn it.
fn retyped(table: &ObjectName, definition: &ColumnDefinition, from: &str, known: &Known<'_>) -> Derived {
    let name = known.quoted(&definition.name);
    let mut was = definition.data_type.clone();
    if let Some(collation) = &definition.collation {
        was.push_str(&sql(&[" COLLATE ", &known.quoted(collation)]));
    }
    // An enum turns into another one through its text; the text of bytes is their hexadecimal form, not what was read as bytes.
    let (open, close) = if from == "bytea" { ("encode(", ", 'escape')") } else { ("", "::text") };
    let cast = sql(&["TYPE ", &was, " USING ", open, &name, close, "::", &definition.data_type]);
    let mut steps = Vec::new();
    let default = if definition.serial { None } else { definition.default.as_ref() };
    if default.is_some() {
        steps.extend(on(table, &definition.name, "DROP DEFAULT", known).statements);
    }
    steps.extend(on(table, &definition.name, &cast, known).statements);
    if let Some(default) = default {
        steps.extend(on(table, &definition.name, &["SET DEFAULT ", default].concat(), known).statements);
    }
    Derived::steps(steps).losing(sql(&[
        "It fails or cuts where a value of ",
        &table.name,
        ".",
        &definition.name,
        " no longer fits type ",
        &definition.data_type,
        ".",
    ]))
}
