//! Expand, migrate, contract: where a change belongs in a blue-green deployment.

use crate::sort::Gather;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::migration::Migration;
use crate::name::ObjectName;
use crate::statement::operation::{
    ColumnDefinition, Constraint, ConstraintKind, DataChange, Operation, PartitionVerb, TableOption,
};

/// The phase of a migration or step. Source of the classes: `facts/safety.md` §7.2 (each executed on a server).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Adds; the old application goes on. Runs before the new release is deployed.
    #[default]
    Expand,
    /// Moves data; both applications go on.
    Migrate,
    /// Takes away or tightens; only the new application goes on. Runs when the old release is gone.
    Contract,
}

impl Phase {
    /// The word for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Migrate => "migrate",
            Self::Contract => "contract",
        }
    }
}

/// What one migration made so far: changes to its own new objects touch no running application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewObjects {
    /// Tables, resolved.
    pub tables: BTreeSet<ObjectName>,
    /// Columns added to older tables: resolved table, column.
    pub columns: BTreeSet<(ObjectName, String)>,
    /// Tables that it took the primary key from: resolved.
    pub unkeyed: BTreeSet<ObjectName>,
    /// Tables whose new rows the way back deletes: older ones, and new ones with a foreign key to such a table.
    pub seeded: BTreeSet<ObjectName>,
    /// Names of indexes that it took away, by themselves or with their tables.
    pub freed: BTreeSet<String>,
    /// Names of views, functions and types the migration makes again after it dropped them.
    pub recreated: BTreeSet<String>,
}

impl NewObjects {
    /// Nothing made yet; knows which objects the migration will make again.
    #[must_use]
    pub fn of(migration: &Migration) -> Self {
        let recreated =
            migration.up.statements.iter().flat_map(|statement| &statement.operations).filter_map(|operation| match operation {
                Operation::CreateView(view) => Some(view.view.name.clone()),
                Operation::CreateFunction { name, .. } => Some(name.name.clone()),
                Operation::CreateEnum { name, .. } | Operation::CreateDomain { name, .. } => Some(name.name.clone()),
                _ => None,
            });
        Self { recreated: recreated.gather(), ..Self::default() }
    }

    /// Remembers what an operation makes; `before` is the schema before it.
    pub fn note(&mut self, operation: &Operation, before: &Catalog) {
        match operation {
            Operation::CreateTable(create) if !before.has_table(&create.table) => {
                self.tables.insert(before.resolve(&create.table));
            }
            Operation::CreateTableAs { table, .. } if !before.has_table(table) => {
                self.tables.insert(before.resolve(table));
            }
            Operation::AddColumn { table, column, .. } => {
                self.columns.insert((before.resolve(table), column.name.clone()));
            }
            Operation::DropTable { table, .. } => {
                let indexes = before.table(table).into_iter().flat_map(|table| table.indexes.keys().cloned());
                self.freed.extend(indexes);
            }
            Operation::DropIndex { index, .. } => {
                self.freed.insert(index.name.clone());
            }
            // As MySQL and MariaDB name it.
            Operation::DropConstraint { table, constraint, .. } if constraint == "PRIMARY" => {
                self.unkeyed.insert(before.resolve(table));
            }
            Operation::Insert(DataChange { table, .. }) | Operation::Copy { table }
                if !self.has_table(table, before) || self.refers_to_seeded(table, before) =>
            {
                self.seeded.insert(before.resolve(table));
            }
            Operation::RenameTable { table, to } if self.has_table(table, before) => {
                let mut name = before.resolve(table);
                name.name.clone_from(to);
                self.tables.insert(name);
            }
            _ => {}
        }
    }

    /// Whether this migration made the table.
    #[must_use]
    pub fn has_table(&self, table: &ObjectName, before: &Catalog) -> bool {
        self.tables.contains(&before.resolve(table))
    }

    /// Whether a table has a foreign key to one whose new rows the way back deletes.
    #[must_use]
    pub fn refers_to_seeded(&self, table: &ObjectName, before: &Catalog) -> bool {
        let to = |constraint: &Constraint| match &constraint.kind {
            ConstraintKind::ForeignKey { ref_table, .. } => self.seeded.contains(ref_table),
            _ => false,
        };
        !self.seeded.is_empty() && before.table(table).is_some_and(|table| table.constraints.iter().any(to))
    }

    /// Whether this migration added the column, or its table.
    #[must_use]
    pub fn has_column(&self, table: &ObjectName, column: &str, before: &Catalog) -> bool {
        let table = before.resolve(table);
        self.tables.contains(&table) || self.columns.contains(&(table, column.to_owned()))
    }
}

/// The phase of one operation; `None` where it fits any phase (settings, grants, indexes that enforce nothing).
#[must_use]
pub fn of_operation(operation: &Operation, before: &Catalog, new: &NewObjects) -> Option<Phase> {
    if operation.subject().is_some_and(|table| new.has_table(table, before)) {
        return matches!(operation, Operation::CreateTable(_) | Operation::CreateTableAs { .. }).then_some(Phase::Expand);
    }
    match operation {
        Operation::Guarded { operations, .. } => {
            operations.iter().filter_map(|operation| of_operation(operation, before, new)).max()
        }
        Operation::DropTable { table, if_exists: true, .. } if !before.has_table(table) => None,
        Operation::AlterTableOption { option: TableOption::Partitions { verb: PartitionVerb::Drop, .. }, .. } => {
            Some(Phase::Contract)
        }
        Operation::CreateTable(_)
        | Operation::CreateTableAs { .. }
        | Operation::CreateView(_)
        | Operation::CreateSequence { .. }
        | Operation::CreateEnum { .. }
        | Operation::AddEnumValue { .. }
        | Operation::CreateType { .. }
        | Operation::CreateDomain { .. }
        | Operation::CreateFunction { .. }
        | Operation::CreateSchema { .. }
        | Operation::CreateExtension { .. }
        | Operation::DropNotNull { .. } => Some(Phase::Expand),
        Operation::AddColumn { column, .. } => Some(if column.is_required() { Phase::Contract } else { Phase::Expand }),
        Operation::AlterColumnType { table, column, data_type, .. } => {
            let from = before.table(table).and_then(|table| table.column(column)).map(|column| column.data_type.as_str());
            Some(if from.is_some_and(|from| widens(from, data_type)) { Phase::Expand } else { Phase::Contract })
        }
        Operation::ModifyColumn { table, column, to } => Some(of_redefinition(table, column, to, before)),
        Operation::AddConstraint { table, constraint } => {
            tightens(table, &constraint.kind, before, new).then_some(Phase::Contract)
        }
        Operation::CreateIndex(index) => index.unique.then_some(Phase::Contract),
        Operation::SetNotNull { .. }
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::SetTableSchema { .. }
        | Operation::Truncate { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::DropDefault { .. }
        | Operation::DropSequence { .. }
        | Operation::RenameEnumValue { .. }
        | Operation::RenameType { .. }
        | Operation::RenameFunction { .. }
        | Operation::RenameSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::DropExtension { .. } => Some(Phase::Contract),
        Operation::DropView { view: name, .. } | Operation::DropFunction { name, .. } | Operation::DropType { name, .. } => {
            Some(if new.recreated.contains(&name.name) { Phase::Expand } else { Phase::Contract })
        }
        Operation::Insert(_) | Operation::Update(_) | Operation::Delete(_) | Operation::Copy { .. } => Some(Phase::Migrate),
        Operation::SetDefault { .. }
        | Operation::SetIdentity { .. }
        | Operation::AlterColumnOption { .. }
        | Operation::DropConstraint { .. }
        | Operation::ValidateConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::AlterConstraint { .. }
        | Operation::AlterTableOption { .. }
        | Operation::AttachPartition { .. }
        | Operation::DetachPartition { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::Reindex { .. }
        | Operation::RefreshView { .. }
        | Operation::AlterSequence { .. }
        | Operation::CreateTrigger { .. }
        | Operation::DropTrigger { .. }
        | Operation::Policy { .. }
        | Operation::Grant { .. }
        | Operation::Role { .. }
        | Operation::Comment { .. }
        | Operation::Select { .. }
        | Operation::SetParameter { .. }
        | Operation::Transaction { .. }
        | Operation::LockTable { .. }
        | Operation::Maintain { .. }
        | Operation::Other { .. }
        | Operation::AlterScope { .. }
        | Operation::Prepare { .. }
        | Operation::Opaque { .. } => None,
        Operation::Call { .. } => crate::catalog::call::brought_about(before, operation)
            .iter()
            .flatten()
            .filter(|operation| !matches!(operation, Operation::Call { .. }))
            .filter_map(|operation| of_operation(operation, before, new))
            .max(),
    }
}

/// The phase of a whole migration: contract wins over migrate wins over expand.
#[must_use]
pub fn of_migration(operations: &[Option<Phase>]) -> Phase {
    operations.iter().flatten().copied().max().unwrap_or_default()
}

fn of_redefinition(table: &ObjectName, column: &str, to: &ColumnDefinition, before: &Catalog) -> Phase {
    let Some(from) = before.table(table).and_then(|table| table.column(column)) else { return Phase::Contract };
    let same_type = from.data_type.eq_ignore_ascii_case(&to.data_type) || widens(&from.data_type, &to.data_type);
    if from.name != to.name || !same_type || (from.nullable && !to.nullable) { Phase::Contract } else { Phase::Expand }
}

fn tightens(table: &ObjectName, kind: &ConstraintKind, before: &Catalog, new: &NewObjects) -> bool {
    let columns: &[String] = match kind {
        ConstraintKind::PrimaryKey { columns }
        | ConstraintKind::Unique { columns, .. }
        | ConstraintKind::ForeignKey { columns, .. } => columns,
        ConstraintKind::NotNull { .. } | ConstraintKind::Check { .. } | ConstraintKind::Exclude { .. } => &[],
    };
    columns.is_empty() || !columns.iter().all(|column| new.has_column(table, column, before))
}

/// Whether `to` is a narrower type of the same family: values that fit read the same.
#[must_use]
pub fn widens_after_cut(from: &str, to: &str) -> bool {
    widens(to, from)
}

/// Whether every value of `from` fits `to` and reads the same. Source: `facts/safety.md` §7.2, measured on PostgreSQL.
#[must_use]
pub fn widens(from: &str, to: &str) -> bool {
    let (from, to) = (from.to_ascii_lowercase(), to.to_ascii_lowercase());
    if from == to {
        return true;
    }
    const INTEGERS: &[&[&str]] =
        &[&["tinyint"], &["smallint", "int2"], &["mediumint"], &["integer", "int", "int4"], &["bigint", "int8"]];
    let rank = |name: &str| INTEGERS.iter().position(|names| names.contains(&name));
    if let (Some(from), Some(to)) = (rank(&from), rank(&to)) {
        return from <= to;
    }
    match (text_limit(&from), text_limit(&to)) {
        (Some(Some(from)), Some(Some(to))) => from <= to,
        (Some(_), Some(None)) => true,
        _ => holds(&from, &to),
    }
}

/// Whether the same type, with other modifiers, loses no digit; or one of PostgreSQL's types that contain another.
fn holds(from: &str, to: &str) -> bool {
    if matches!((from, to), ("cidr", "inet") | ("xml", "text")) {
        return true;
    }
    let ((name, from), (other, to)) = (modifiers(from), modifiers(to));
    let digits = |all: &[u64]| all.first().copied().zip(Some(all.get(1).copied().unwrap_or(0)));
    match (name == other, name.as_str()) {
        (true, "numeric" | "decimal") => match (digits(&from), digits(&to)) {
            (Some((p1, s1)), Some((p2, s2))) => s2 >= s1 && p2 + s1 >= p1 + s2,
            (_, to) => to.is_none(),
        },
        (true, "bit varying" | "interval") => to.is_empty() || from.first().is_some_and(|old| Some(old) <= to.first()),
        // Six digits of a second are all there are.
        (true, _) if name.starts_with("time") && name.ends_with(" time zone") => {
            from.first().unwrap_or(&6) <= to.first().unwrap_or(&6)
        }
        _ => false,
    }
}

/// A type's words without its modifiers, and these: `timestamp(3) with time zone`.
fn modifiers(data_type: &str) -> (String, Vec<u64>) {
    let Some((head, rest)) = data_type.split_once('(') else { return (data_type.to_owned(), Vec::new()) };
    let (inside, tail) = rest.split_once(')').unwrap_or((rest, ""));
    (format!("{}{tail}", head.trim()), inside.split(',').filter_map(|number| number.trim().parse().ok()).collect())
}

/// Length limit of a character type: `Some(None)` for unlimited text, `None` for other types.
fn text_limit(name: &str) -> Option<Option<u64>> {
    if matches!(name, "text" | "character varying" | "varchar") {
        return Some(None);
    }
    let inner = name.strip_prefix("character varying(").or_else(|| name.strip_prefix("varchar("))?;
    inner.strip_suffix(')').and_then(|digits| digits.trim().parse().ok()).map(Some)
}
