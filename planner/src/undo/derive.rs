//! One operation to its inverse.

use super::inserted::inserted;
use super::known::Known;
use super::object::{
    again, at_once, comment, created_function, created_index, created_view, grant, made_again, policy, replaced, row_security,
    table_option,
};
use super::table::{added_constraint, drop_table, dropped_constraint};
use super::{Derived, column, ddl, nothing, sql};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{DataChange, MaintainVerb, Operation, TableOption};

/// The way back of one operation.
#[must_use]
pub fn derive(operation: &Operation, known: &Known<'_>) -> Derived {
    let before = known.before;
    if nothing::to_take_back(operation, known) {
        return Derived::default();
    }
    if nothing::perhaps(operation, known) {
        return Derived::opaque("Whether it changed anything depends on a part before it that could not be read.");
    }
    match operation {
        Operation::CreateTable(create) if create.temporary => Derived::default(),
        Operation::CreateTableAs { temporary: true, .. } => Derived::default(),
        Operation::CreateTable(create) => new_table(&create.table, known),
        Operation::CreateTableAs { table, .. } => new_table(table, known),
        Operation::DropTable { table, .. } => drop_table(operation, table, known),
        Operation::RenameTable { table, .. } if known.new.has_table(table, before) => Derived::none(sql(&[
            "The migration puts a new table in the place of an older one; the way back would have to move the rows of ",
            &table.name,
            ".",
        ])),
        Operation::RenameTable { table, to } => {
            let renamed = ObjectName { schema: table.schema.clone(), name: to.clone() };
            let back = alter("TABLE", &renamed, &["RENAME TO ", &known.quoted(&table.name)], known);
            // SQLite and MySQL keep a reference to a table that is not there; it follows the table that takes the name.
            match before.references_to(&before.resolve(&renamed)).next() {
                Some((child, _)) => back.losing(sql(&[
                    &child.name,
                    " and others may refer to ",
                    to,
                    ", which was not there; they follow it to ",
                    &table.name,
                    ".",
                ])),
                None => back,
            }
        }
        Operation::SetTableSchema { table, schema } => {
            let from = before.resolve(table).schema.unwrap_or_else(|| "public".to_owned());
            let moved = ObjectName::qualified(schema.clone(), table.name.clone());
            alter("TABLE", &moved, &["SET SCHEMA ", &known.quoted(&from)], known)
        }
        Operation::Truncate { table, .. } | Operation::Delete(DataChange { table, .. }) => {
            Derived::none(sql(&["The rows deleted from ", &table.name, " are not kept."]))
        }
        Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumnType { .. }
        | Operation::SetNotNull { .. }
        | Operation::DropNotNull { .. }
        | Operation::SetDefault { .. }
        | Operation::DropDefault { .. }
        | Operation::SetIdentity { .. }
        | Operation::ModifyColumn { .. } => column::column(operation, known),
        Operation::AddConstraint { table, constraint } => added_constraint(operation, table, constraint, known),
        Operation::DropConstraint { table, constraint, .. } => dropped_constraint(operation, table, constraint, known),
        Operation::RenameConstraint { table, constraint, to } => {
            alter("TABLE", table, &["RENAME CONSTRAINT ", &known.quoted(to), " TO ", &known.quoted(constraint)], known)
        }
        Operation::CreateIndex(create) => created_index(operation, create, known),
        Operation::DropIndex { index, table, concurrently, cascade, .. } => match known.index(index, table.as_ref()) {
            Some((owner, definition)) if !cascade => {
                let texts = known.texts(operation);
                let plain = |text: &String| if *concurrently { text.clone() } else { at_once(text) };
                let made = ddl::index(&index.name, &owner, definition, *concurrently, before.dialect);
                match texts.is_empty() {
                    true if known.forgot(operation) => Derived::steps(vec![made]).losing(sql(&[
                        "Order and operator classes of ",
                        &index.name,
                        " are lost: the statement that made it is not known.",
                    ])),
                    true => Derived::steps(vec![made]),
                    false => Derived::steps(texts.iter().map(plain).collect()),
                }
            }
            _ => unknown(index),
        },
        Operation::RenameIndex { index, table: None, to } => {
            let renamed = ObjectName { schema: index.schema.clone(), name: to.clone() };
            alter("INDEX", &renamed, &["RENAME TO ", &known.quoted(&index.name)], known)
        }
        Operation::RenameIndex { index, table: Some(table), to } => {
            alter("TABLE", table, &["RENAME INDEX ", &known.quoted(to), " TO ", &known.quoted(&index.name)], known)
        }
        Operation::AttachPartition { table, partition, .. } => Derived::none(sql(&[
            "Indexes and constraints that ",
            &partition.name,
            " got when it became a partition of ",
            &table.name,
            " would stay.",
        ])),
        Operation::DetachPartition { table, partition, .. } => {
            match before.table(partition).and_then(|table| table.partition_of.as_ref()) {
                Some((_, bound)) => alter("TABLE", table, &["ATTACH PARTITION ", &known.name(partition), " ", bound], known),
                None => unknown(partition),
            }
        }
        Operation::AlterTableOption { table, option: TableOption::RowSecurity } => row_security(operation, table, known),
        Operation::AlterTableOption { table, option } => table_option(table, option, known),
        Operation::CreateView(create) => created_view(operation, create, known),
        Operation::DropView { view, cascade, .. } => match again(operation, known) {
            Some(mut texts) if !*cascade || before.views_reading(&before.resolve(view)).is_empty() => {
                let indexes = before.views.get(&before.resolve(view)).into_iter().flat_map(|view| &view.indexes);
                texts.extend(indexes.map(|(name, index)| ddl::index(name, view, index, false, before.dialect)));
                Derived::steps(texts)
            }
            _ => unknown(view),
        },
        Operation::CreateSequence { sequence, .. } => {
            Derived::lossy(drop_of("SEQUENCE", sequence, known), "The position of the sequence is lost.")
        }
        Operation::CreateEnum { name, .. } | Operation::CreateType { name } => Derived::lossless(drop_of("TYPE", name, known)),
        Operation::CreateDomain { name, .. } => Derived::lossless(drop_of("DOMAIN", name, known)),
        Operation::AddEnumValue { name, value, .. } => {
            Derived::none(sql(&["PostgreSQL cannot take the value ", value, " out of the enum ", &name.name, " again."]))
        }
        Operation::RenameEnumValue { name, value, to } => {
            let literal = |text: &str| sql(&["'", &text.replace('\'', "''"), "'"]);
            alter("TYPE", name, &["RENAME VALUE ", &literal(to), " TO ", &literal(value)], known)
        }
        Operation::RenameType { name, to } => {
            let renamed = ObjectName { schema: name.schema.clone(), name: to.clone() };
            alter("TYPE", &renamed, &["RENAME TO ", &known.quoted(&name.name)], known)
        }
        Operation::RenameSchema { schema, to } => {
            alter("SCHEMA", &ObjectName::bare(to.clone()), &["RENAME TO ", &known.quoted(schema)], known)
        }
        Operation::CreateFunction { name, arguments, replace, .. } => {
            created_function(operation, name, arguments, *replace, known)
        }
        Operation::DropFunction { name, cascade, .. } => {
            let overloads = before.functions.get(&before.resolve(name)).map_or(0, |function| function.overloads.len());
            made_again(operation, name, *cascade || overloads > 1, known)
        }
        Operation::DropType { name, cascade, .. } => made_again(operation, name, *cascade, known),
        Operation::DropSequence { sequence, cascade, .. } => {
            let made = made_again(operation, sequence, *cascade, known);
            if made.possible() { made.losing("The sequence begins anew.") } else { made }
        }
        Operation::CreateTrigger { table, name, replace, .. } => {
            let there = before.triggers.keys().any(|(owner, own)| before.same(own, name) && *owner == before.resolve(table));
            if *replace && there {
                return replaced(operation, &ObjectName::bare(name.clone()), known);
            }
            let on = if before.dialect == Dialect::Postgres { sql(&[" ON ", &known.name(table)]) } else { String::new() };
            Derived::lossless(sql(&["DROP TRIGGER ", &known.quoted(name), &on]))
        }
        Operation::DropTrigger { name, .. } => made_again(operation, &ObjectName::bare(name.clone()), false, known),
        Operation::Policy { table, name, change } => policy(operation, table, name, change, known),
        Operation::CreateSchema { schema, .. } => Derived::lossless(sql(&["DROP SCHEMA ", &known.quoted(schema)])),
        Operation::DropSchema { schema, cascade: false, .. } => {
            Derived::lossy(sql(&["CREATE SCHEMA ", &known.quoted(schema)]), sql(&["Privileges on schema ", schema, " are lost."]))
        }
        Operation::DropSchema { schema, .. } => unknown(&ObjectName::bare(schema.clone())),
        Operation::CreateExtension { name, .. } => Derived::lossless(sql(&["DROP EXTENSION ", &known.quoted(name)])),
        Operation::DropExtension { name, .. } => Derived::lossy(
            sql(&["CREATE EXTENSION ", &known.quoted(name)]),
            sql(&["Extension ", name, " comes back in the version that is installed."]),
        ),
        Operation::Grant { .. } => grant(operation, known),
        Operation::Comment { object, .. } => comment(operation, object, known),
        Operation::Insert(DataChange { table, .. }) | Operation::Copy { table }
            if nothing::holds_seeded(operation, table, known) =>
        {
            // The table goes, too, but later: until then these rows would hold those they refer to.
            Derived::lossless(sql(&["DELETE FROM ", &known.name(table)]))
        }
        Operation::Insert(change) => inserted(change, known),
        Operation::Copy { table } => {
            Derived::none(sql(&["The rows copied into ", &table.name, " cannot be told from older ones."]))
        }
        Operation::Update(change) => {
            Derived::none(sql(&["The values that ", &change.table.name, " had before the UPDATE are not kept."]))
        }
        // A constraint that is not validated again holds for every row it held for.
        Operation::ValidateConstraint { table, constraint } => {
            Derived::none(sql(&["A constraint cannot be made unchecked again: ", constraint, " of ", &table.name, "."]))
        }
        Operation::Reindex { .. }
        | Operation::RefreshView { .. }
        | Operation::SetParameter { .. }
        | Operation::Transaction { .. }
        | Operation::AlterScope { .. }
        | Operation::Prepare { .. }
        | Operation::LockTable { .. } => Derived::default(),
        Operation::Maintain { verb, .. } => match verb {
            MaintainVerb::Vacuum | MaintainVerb::VacuumFull | MaintainVerb::Analyze | MaintainVerb::Optimize => {
                Derived::default()
            }
            // PostgreSQL remembers the index.
            MaintainVerb::Cluster => Derived::none("Which index the table was clustered on is not known."),
        },
        Operation::Select { calls, .. } if calls.is_empty() => Derived::default(),
        Operation::Select { calls, .. } => {
            Derived::opaque(sql(&["What ", &calls.join(", "), " changes is not known, so its way back is not either."]))
        }
        Operation::Guarded { operations, reason, .. } => {
            let part = |operation: &Operation| derive(operation, known) == Derived::default();
            match operations.iter().all(part) {
                true => Derived::default(),
                false => Derived::none(sql(&["Whether it ran depends on `", reason, "`, so what to take back is not known."])),
            }
        }
        Operation::RenameFunction { name, to } => {
            let back = if to.name == name.name {
                ["SET SCHEMA ", &known.quoted(name.schema.as_deref().unwrap_or("public"))].concat()
            } else {
                ["RENAME TO ", &known.quoted(&name.name)].concat()
            };
            alter("ROUTINE", to, &[&back], known)
        }
        Operation::Call { reason, .. } => Derived::opaque(sql(&[reason, ": its way back is not worked out."])),
        Operation::Opaque { reason } => Derived::opaque(sql(&["The statement is opaque: ", reason, "."])),
        Operation::AlterColumnOption { table: name, .. }
        | Operation::AlterConstraint { table: name, .. }
        | Operation::AlterSequence { sequence: name, .. } => unknown(name),
        Operation::Role { name } => unknown(&ObjectName::bare(name.clone())),
        Operation::Other { what, .. } => Derived::none(sql(&["No way back is known for ", what, "."])),
    }
}

/// What an object was is not known.
pub(super) fn unknown(name: &ObjectName) -> Derived {
    Derived::none(sql(&["What ", &name.name, " was before is not known, so it cannot be put back."]))
}

/// `ALTER kind name action`, which loses nothing.
pub(super) fn alter(kind: &str, name: &ObjectName, action: &[&str], known: &Known<'_>) -> Derived {
    Derived::lossless(sql(&["ALTER ", kind, " ", &known.name(name), " ", &action.concat()]))
}

pub(super) fn drop_of(kind: &str, name: &ObjectName, known: &Known<'_>) -> String {
    sql(&["DROP ", kind, " ", &known.name(name)])
}

fn new_table(name: &ObjectName, known: &Known<'_>) -> Derived {
    Derived::lossy(drop_of("TABLE", name, known), sql(&["Rows written to ", &name.name, " in the meantime are lost."]))
}
