//! One operation to its inverse.

use super::{Derived, ddl};
use crate::catalog::{Catalog, Index};
use crate::dialect::Dialect;
use crate::effect::Reversibility;
use crate::name::{ObjectName, quote};
use crate::statement::operation::{ColumnDefinition, Constraint, MaintainVerb, Operation, TableOption};

/// The way back of one operation; `before` is the schema before it.
#[must_use]
pub fn derive(operation: &Operation, before: &Catalog) -> Derived {
    let dialect = before.dialect;
    match operation {
        Operation::CreateTable(create) if create.if_not_exists && before.has_table(&create.table) => Derived::nothing(),
        Operation::CreateTable(create) => drop_new("TABLE", &create.table, dialect),
        Operation::CreateTableAs { table, if_not_exists: true, .. } if before.has_table(table) => Derived::nothing(),
        Operation::CreateTableAs { table, .. } => drop_new("TABLE", table, dialect),
        Operation::DropTable { table, .. } => drop_table(table, before),
        Operation::RenameTable { table, to } => {
            let renamed = ObjectName { schema: table.schema.clone(), name: to.clone() };
            Derived::lossless(format!("ALTER TABLE {} RENAME TO {}", renamed.sql(dialect), quote(&table.name, dialect)))
        }
        Operation::SetTableSchema { table, schema } => {
            let from = before.resolve(table).schema.unwrap_or_else(|| "public".to_owned());
            let moved = ObjectName::qualified(schema.clone(), table.name.clone());
            Derived::lossless(format!("ALTER TABLE {} SET SCHEMA {}", moved.sql(dialect), quote(&from, dialect)))
        }
        Operation::Truncate { table, .. } => Derived::none(format!("TRUNCATE deletes the rows of {table} for good.")),
        Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumnType { .. }
        | Operation::SetNotNull { .. }
        | Operation::DropNotNull { .. }
        | Operation::SetDefault { .. }
        | Operation::DropDefault { .. }
        | Operation::SetIdentity { .. }
        | Operation::ModifyColumn { .. } => column(operation, before),
        Operation::AddConstraint { table, constraint } => added_constraint(table, constraint, dialect),
        Operation::DropConstraint { table, constraint, .. } => dropped_constraint(table, constraint, before),
        Operation::RenameConstraint { table, constraint, to } => Derived::lossless(format!(
            "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
            table.sql(dialect),
            quote(to, dialect),
            quote(constraint, dialect)
        )),
        Operation::CreateIndex(create) => match &create.name {
            Some(name) => Derived::lossless(drop_index(name, &create.table, create.concurrently, dialect)),
            None => Derived::none(format!("The index on {} has no name of its own to drop it by.", create.table)),
        },
        Operation::DropIndex { index, table, concurrently, .. } => dropped_index(index, table.as_ref(), *concurrently, before),
        Operation::RenameIndex { index, table: None, to } => {
            let renamed = ObjectName { schema: index.schema.clone(), name: to.clone() };
            Derived::lossless(format!("ALTER INDEX {} RENAME TO {}", renamed.sql(dialect), quote(&index.name, dialect)))
        }
        Operation::RenameIndex { index, table: Some(table), to } => Derived::lossless(format!(
            "ALTER TABLE {} RENAME INDEX {} TO {}",
            table.sql(dialect),
            quote(to, dialect),
            quote(&index.name, dialect)
        )),
        Operation::AttachPartition { table, partition, .. } => {
            Derived::lossless(format!("ALTER TABLE {} DETACH PARTITION {}", table.sql(dialect), partition.sql(dialect)))
        }
        Operation::DetachPartition { table, partition, .. } => detached(table, partition, before),
        Operation::AlterTableOption { table, option: TableOption::Inherit { parent, remove } } => {
            let verb = if *remove { "INHERIT" } else { "NO INHERIT" };
            Derived::lossless(format!("ALTER TABLE {} {verb} {}", table.sql(dialect), parent.sql(dialect)))
        }
        Operation::CreateView(create) if create.replace => replaced_view(&create.view, before),
        Operation::CreateView(create) => drop_new(view_kind(create.materialized), &create.view, dialect),
        Operation::DropView { view, materialized, .. } => dropped_view(view, *materialized, before),
        Operation::CreateSequence { sequence, .. } => drop_new("SEQUENCE", sequence, dialect),
        Operation::CreateEnum { name, .. } | Operation::CreateType { name } => drop_new("TYPE", name, dialect),
        Operation::CreateDomain { name, .. } => drop_new("DOMAIN", name, dialect),
        Operation::AddEnumValue { name, value, .. } => {
            Derived::none(format!("PostgreSQL cannot take the value {value} out of the enum {name} again."))
        }
        Operation::RenameEnumValue { name, value, to } => Derived::lossless(format!(
            "ALTER TYPE {} RENAME VALUE '{}' TO '{}'",
            name.sql(dialect),
            to.replace('\'', "''"),
            value.replace('\'', "''")
        )),
        Operation::RenameType { name, to } => {
            let renamed = ObjectName { schema: name.schema.clone(), name: to.clone() };
            Derived::lossless(format!("ALTER TYPE {} RENAME TO {}", renamed.sql(dialect), quote(&name.name, dialect)))
        }
        Operation::RenameSchema { schema, to } => {
            Derived::lossless(format!("ALTER SCHEMA {} RENAME TO {}", quote(to, dialect), quote(schema, dialect)))
        }
        Operation::CreateFunction { name, arguments, replace: false, .. } if dialect == Dialect::Postgres => {
            Derived::lossless(format!("DROP ROUTINE {}({})", name.sql(dialect), without_defaults(arguments)))
        }
        Operation::CreateFunction { name, .. } => {
            Derived::none(format!("The body that {name} had before is not known, so it cannot be put back."))
        }
        Operation::CreateTrigger { table, name, replace: false, .. } => {
            let on = if dialect == Dialect::Postgres { format!(" ON {}", table.sql(dialect)) } else { String::new() };
            Derived::lossless(format!("DROP TRIGGER {}{on}", quote(name, dialect)))
        }
        Operation::CreateSchema { schema, .. } => Derived::lossless(format!("DROP SCHEMA {}", quote(schema, dialect))),
        Operation::CreateExtension { name, .. } => Derived::lossless(format!("DROP EXTENSION {}", quote(name, dialect))),
        Operation::Grant { revoke, privileges, objects, roles } => grant(*revoke, privileges, objects, roles, dialect),
        Operation::Insert(change) => {
            Derived::none(format!("The rows inserted into {} cannot be told from older ones.", change.table))
        }
        Operation::Update(change) => {
            Derived::none(format!("The values that {} had before the UPDATE are not kept.", change.table))
        }
        Operation::Delete(change) => Derived::none(format!("The rows deleted from {} are not kept.", change.table)),
        Operation::Copy { table } => Derived::none(format!("The rows copied into {table} cannot be told from older ones.")),
        Operation::ValidateConstraint { .. }
        | Operation::Reindex { .. }
        | Operation::RefreshView { .. }
        | Operation::Comment { .. }
        | Operation::SetParameter { .. }
        | Operation::Transaction { .. }
        | Operation::LockTable { .. } => Derived::nothing(),
        Operation::Maintain { verb, .. } => match verb {
            MaintainVerb::Vacuum
            | MaintainVerb::VacuumFull
            | MaintainVerb::Analyze
            | MaintainVerb::Cluster
            | MaintainVerb::Optimize => Derived::nothing(),
        },
        Operation::Select { calls, .. } if calls.is_empty() => Derived::nothing(),
        Operation::Select { calls, .. } => {
            Derived::opaque(format!("What {} changes is not known, so its way back is not either.", calls.join(", ")))
        }
        Operation::Guarded { operations, reason, .. } => {
            let parts: Vec<Derived> = operations.iter().map(|operation| derive(operation, before)).collect();
            if parts.iter().all(|part| *part == Derived::nothing()) {
                return Derived::nothing();
            }
            Derived::none(format!("Whether it ran depends on `{reason}`, so what would be taken back is not known."))
        }
        Operation::RenameFunction { name, to } => {
            let (new, old) = (to.sql(dialect), name);
            let back = if to.name == old.name {
                format!("SET SCHEMA {}", quote(old.schema.as_deref().unwrap_or("public"), dialect))
            } else {
                format!("RENAME TO {}", quote(&old.name, dialect))
            };
            Derived::lossless(format!("ALTER ROUTINE {new} {back}"))
        }
        Operation::Call { reason, .. } => Derived::opaque(format!("{reason}: its way back is not worked out.")),
        Operation::AlterScope { .. } | Operation::Prepare { .. } => Derived::nothing(),
        Operation::Opaque { reason } => Derived::opaque(format!("The statement is opaque: {reason}.")),
        Operation::AlterColumnOption { table, .. }
        | Operation::AlterTableOption { table, .. }
        | Operation::AlterConstraint { table, .. }
        | Operation::Policy { table, .. }
        | Operation::CreateTrigger { table, .. } => {
            Derived::none(format!("The settings that {table} had before are not known, so they cannot be put back."))
        }
        Operation::AlterSequence { sequence: name, .. }
        | Operation::DropSequence { sequence: name, .. }
        | Operation::DropType { name, .. }
        | Operation::DropFunction { name, .. } => {
            Derived::none(format!("The definition that {name} had before is not known, so it cannot be put back."))
        }
        Operation::DropTrigger { name, .. }
        | Operation::DropSchema { schema: name, .. }
        | Operation::DropExtension { name, .. }
        | Operation::Role { name } => {
            Derived::none(format!("The definition that {name} had before is not known, so it cannot be put back."))
        }
        Operation::Other { what, .. } => Derived::none(format!("No way back is known for {what}.")),
    }
}

fn drop_new(kind: &str, name: &ObjectName, dialect: Dialect) -> Derived {
    let statement = format!("DROP {kind} {}", name.sql(dialect));
    if kind == "TABLE" {
        Derived::lossy(statement, format!("Rows written to {name} in the meantime are lost."))
    } else {
        Derived::lossless(statement)
    }
}

fn drop_table(name: &ObjectName, before: &Catalog) -> Derived {
    match before.table(name) {
        Some(table) => Derived {
            statements: ddl::table(name, table, before.dialect),
            reversibility: Reversibility::Lossy,
            notes: vec![format!("Table {name} comes back empty: its rows, grants and triggers are lost.")],
        },
        None => Derived::none(format!("Table {name} is not known to the migrations, so it cannot be made again.")),
    }
}

fn column(operation: &Operation, before: &Catalog) -> Derived {
    let dialect = before.dialect;
    let alter = |table: &ObjectName, action: String| format!("ALTER TABLE {} {action}", table.sql(dialect));
    let known = |table: &ObjectName, column: &str| before.table(table).and_then(|table| table.column(column));
    let unknown = |table: &ObjectName, column: &str| {
        Derived::none(format!("What column {table}.{column} was before is not known, so it cannot be put back."))
    };
    match operation {
        Operation::AddColumn { table, column, .. } => Derived::lossy(
            alter(table, format!("DROP COLUMN {}", quote(&column.name, dialect))),
            format!("Values written to {table}.{} in the meantime are lost.", column.name),
        ),
        Operation::DropColumn { table, column, .. } => match known(table, column) {
            Some(definition) => dropped_column(table, definition, dialect),
            None => unknown(table, column),
        },
        Operation::RenameColumn { table, column, to } => {
            Derived::lossless(alter(table, format!("RENAME COLUMN {} TO {}", quote(to, dialect), quote(column, dialect))))
        }
        _ if dialect == Dialect::Sqlite => Derived::none("SQLite changes a column only by building its table anew."),
        Operation::AlterColumnType { table, column, data_type, .. } => match known(table, column) {
            Some(definition) => {
                let name = quote(column, dialect);
                let was = &definition.data_type;
                Derived::lossy(
                    alter(table, format!("ALTER COLUMN {name} TYPE {was} USING {name}::{was}")),
                    format!(
                        "{table}.{column} goes back from {data_type} to {was}; it fails or cuts where a value no longer fits."
                    ),
                )
            }
            None => unknown(table, column),
        },
        Operation::SetNotNull { table, column } => {
            Derived::lossless(alter(table, format!("ALTER COLUMN {} DROP NOT NULL", quote(column, dialect))))
        }
        Operation::DropNotNull { table, column } => Derived::lossy(
            alter(table, format!("ALTER COLUMN {} SET NOT NULL", quote(column, dialect))),
            format!("It fails once {table}.{column} holds a NULL."),
        ),
        Operation::SetDefault { table, column, .. } | Operation::DropDefault { table, column } => match known(table, column) {
            Some(definition) => {
                let action = definition.default.as_ref().map_or("DROP DEFAULT".to_owned(), |text| format!("SET DEFAULT {text}"));
                Derived::lossless(alter(table, format!("ALTER COLUMN {} {action}", quote(column, dialect))))
            }
            None => unknown(table, column),
        },
        Operation::SetIdentity { table, column, identity: Some(_) } => match known(table, column) {
            Some(definition) if definition.identity.is_none() => {
                Derived::lossless(alter(table, format!("ALTER COLUMN {} DROP IDENTITY", quote(column, dialect))))
            }
            _ => unknown(table, column),
        },
        Operation::ModifyColumn { table, column, to } => match known(table, column) {
            Some(definition) => Derived::lossy(
                alter(table, format!("CHANGE COLUMN {} {}", quote(&to.name, dialect), ddl::column(definition, dialect))),
                format!("It fails or cuts where a value of {table}.{} no longer fits.", to.name),
            ),
            None => unknown(table, column),
        },
        Operation::SetIdentity { table, column, .. } => unknown(table, column),
        _ => Derived::none("No way back is known."),
    }
}

fn dropped_column(table: &ObjectName, definition: &ColumnDefinition, dialect: Dialect) -> Derived {
    // A NOT NULL column without a default cannot come back to a table with rows; it comes back nullable.
    let mut definition = definition.clone();
    let mut note = format!("Column {table}.{} comes back empty: its values, indexes and constraints are lost.", definition.name);
    if definition.is_required() {
        definition.nullable = true;
        note.push_str(" It comes back nullable, since a table with rows refuses NOT NULL without a default.");
    }
    Derived::lossy(format!("ALTER TABLE {} ADD COLUMN {}", table.sql(dialect), ddl::column(&definition, dialect)), note)
}

fn added_constraint(table: &ObjectName, constraint: &Constraint, dialect: Dialect) -> Derived {
    match (&constraint.name, dialect) {
        (_, Dialect::Sqlite) => Derived::none("SQLite changes a constraint only by building its table anew."),
        (Some(name), _) => {
            Derived::lossless(format!("ALTER TABLE {} DROP CONSTRAINT {}", table.sql(dialect), quote(name, dialect)))
        }
        (None, _) => Derived::none(format!("The constraint on {table} has no name of its own to drop it by.")),
    }
}

fn dropped_constraint(table: &ObjectName, name: &str, before: &Catalog) -> Derived {
    let known = before.table(table).and_then(|table| table.constraints.iter().find(|entry| entry.name.as_deref() == Some(name)));
    match known {
        Some(constraint) => Derived::lossy(
            format!("ALTER TABLE {} ADD {}", table.sql(before.dialect), ddl::constraint(constraint, before.dialect)),
            format!("It fails once a row of {table} violates {name}."),
        ),
        None => Derived::none(format!("Constraint {name} is not known to the migrations, so it cannot be made again.")),
    }
}

fn drop_index(name: &str, table: &ObjectName, concurrently: bool, dialect: Dialect) -> String {
    let index = ObjectName { schema: table.schema.clone(), name: name.to_owned() };
    match dialect {
        Dialect::MySql | Dialect::MariaDb => format!("DROP INDEX {} ON {}", quote(name, dialect), table.sql(dialect)),
        Dialect::Postgres if concurrently => format!("DROP INDEX CONCURRENTLY {}", index.sql(dialect)),
        Dialect::Postgres | Dialect::Sqlite => format!("DROP INDEX {}", index.sql(dialect)),
    }
}

/// The table and definition of an index by its name.
fn find_index<'a>(name: &ObjectName, table: Option<&ObjectName>, catalog: &'a Catalog) -> Option<(&'a ObjectName, &'a Index)> {
    let table = table.map(|table| catalog.resolve(table));
    catalog
        .tables
        .iter()
        .filter(|(owner, _)| table.as_ref().is_none_or(|table| table == *owner))
        .filter(|(owner, _)| name.schema.is_none() || owner.schema == name.schema)
        .find_map(|(owner, definition)| definition.indexes.get(&name.name).map(|index| (owner, index)))
}

fn dropped_index(name: &ObjectName, table: Option<&ObjectName>, concurrently: bool, before: &Catalog) -> Derived {
    match find_index(name, table, before) {
        Some((owner, index)) => Derived::lossless(ddl::index(&name.name, owner, index, concurrently, before.dialect)),
        None => Derived::none(format!("Index {name} is not known to the migrations, so it cannot be built again.")),
    }
}

fn detached(table: &ObjectName, partition: &ObjectName, before: &Catalog) -> Derived {
    match before.table(partition).and_then(|table| table.partition_of.as_ref()) {
        Some((_, bound)) => Derived::lossless(format!(
            "ALTER TABLE {} ATTACH PARTITION {} {bound}",
            table.sql(before.dialect),
            partition.sql(before.dialect)
        )),
        None => Derived::none(format!("The bounds of partition {partition} are not known, so it cannot be attached again.")),
    }
}

const fn view_kind(materialized: bool) -> &'static str {
    if materialized { "MATERIALIZED VIEW" } else { "VIEW" }
}

fn replaced_view(name: &ObjectName, before: &Catalog) -> Derived {
    let dialect = before.dialect;
    match before.views.get(&before.resolve(name)) {
        // CREATE OR REPLACE cannot take columns away, so the newer view has to go first.
        Some(view) if !view.query.is_empty() => Derived {
            statements: vec![
                format!("DROP VIEW {}", name.sql(dialect)),
                format!("CREATE VIEW {} AS {}", name.sql(dialect), view.query),
            ],
            ..Derived::default()
        },
        Some(_) => Derived::none(format!("The query that view {name} had before is not known.")),
        None => drop_new("VIEW", name, dialect),
    }
}

fn dropped_view(name: &ObjectName, materialized: bool, before: &Catalog) -> Derived {
    match before.views.get(&before.resolve(name)).filter(|view| !view.query.is_empty()) {
        Some(view) => {
            Derived::lossless(format!("CREATE {} {} AS {}", view_kind(materialized), name.sql(before.dialect), view.query))
        }
        None => Derived::none(format!("The query of view {name} is not known, so it cannot be made again.")),
    }
}

/// Arguments as `DROP FUNCTION` takes them. A default with a comma of its own would cut it wrong, so it is left as
/// written then and PostgreSQL refuses the statement rather than dropping another function.
fn without_defaults(arguments: &str) -> String {
    let cut = |part: &str| {
        let lower = part.to_ascii_lowercase();
        let end = [" default ", "="].iter().filter_map(|mark| lower.find(mark)).min().unwrap_or(part.len());
        part.get(..end).unwrap_or(part).trim().to_owned()
    };
    if arguments.contains('(') || arguments.contains('\'') {
        return arguments.to_owned();
    }
    arguments.split(',').map(cut).collect::<Vec<_>>().join(", ")
}

fn grant(revoke: bool, privileges: &[String], objects: &[ObjectName], roles: &[String], dialect: Dialect) -> Derived {
    if objects.is_empty() || roles.is_empty() {
        return Derived::none("Which privileges there were before is not known.");
    }
    let privileges = if privileges.is_empty() { "ALL PRIVILEGES".to_owned() } else { privileges.join(", ") };
    let objects: Vec<String> = objects.iter().map(|object| object.sql(dialect)).collect();
    let (verb, preposition) = if revoke { ("GRANT", "TO") } else { ("REVOKE", "FROM") };
    let roles: Vec<String> = roles
        .iter()
        .map(|role| if role.eq_ignore_ascii_case("public") { "PUBLIC".to_owned() } else { quote(role, dialect) })
        .collect();
    Derived::lossy(
        format!("{verb} {privileges} ON {} {preposition} {}", objects.join(", "), roles.join(", ")),
        "A privilege that was there before this statement is not told from the new one.",
    )
}
