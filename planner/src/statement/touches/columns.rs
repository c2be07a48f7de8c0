//! The parts that several operations touch alike: columns with their types, constraints, rows.

use std::collections::BTreeSet;

use super::{ObjectRef, beside};
use crate::name::ObjectName;
use crate::sort::Gather;
use crate::statement::operation::{ColumnDefinition, CommentKind, Constraint, ConstraintKind, DataChange, ReindexKind};
use crate::statement::parse::type_name;

/// What one operation reads and writes.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub(super) reads: BTreeSet<ObjectRef>,
    pub(super) writes: BTreeSet<ObjectRef>,
}

impl Touched {
    pub(super) fn write(&mut self, object: ObjectRef) {
        self.writes.insert(object);
    }

    pub(super) fn read_table(&mut self, table: &ObjectName) {
        self.reads.insert(ObjectRef::Table(table.clone()));
    }

    pub(super) fn read_column(&mut self, table: &ObjectName, column: &str) {
        self.read_table(table);
        self.reads.insert(ObjectRef::Column(table.clone(), column.to_owned()));
    }

    pub(super) fn write_column(&mut self, table: &ObjectName, column: &str) {
        self.read_table(table);
        self.write(ObjectRef::Column(table.clone(), column.to_owned()));
    }

    pub(super) fn write_constraint(&mut self, table: &ObjectName, constraint: &str) {
        self.read_table(table);
        self.write(ObjectRef::Constraint(table.clone(), constraint.to_owned()));
    }

    /// A type in canonical words; built-in types are no objects of ours.
    pub(super) fn read_type(&mut self, data_type: &str) {
        self.reads.extend(type_name::user_defined(data_type).map(ObjectRef::Type));
    }

    pub(super) fn column_made(&mut self, table: &ObjectName, column: &ColumnDefinition) {
        self.write(ObjectRef::Column(table.clone(), column.name.clone()));
        self.read_type(&column.data_type);
        if let Some(sequence) = column.default.as_deref().and_then(next_of) {
            self.reads.insert(ObjectRef::Sequence(sequence));
        }
        if column.serial {
            self.write(ObjectRef::Sequence(beside(table, &format!("{}_{}_seq", table.name, column.name))));
        }
    }

    pub(super) fn constraint_made(&mut self, table: &ObjectName, constraint: &Constraint) {
        if let Some(name) = &constraint.name {
            self.write(ObjectRef::Constraint(table.clone(), name.clone()));
        }
        let mut own: &[String] = &[];
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. } => own = columns,
            ConstraintKind::ForeignKey { columns, ref_table, ref_columns, .. } => {
                own = columns;
                self.read_table(ref_table);
                ref_columns.iter().for_each(|column| self.read_column(ref_table, column));
            }
            ConstraintKind::NotNull { column } => own = std::slice::from_ref(column),
            ConstraintKind::Check { .. } | ConstraintKind::Exclude { .. } => {}
        }
        for column in own {
            self.reads.insert(ObjectRef::Column(table.clone(), column.clone()));
        }
    }

    pub(super) fn data_changed(&mut self, change: &DataChange) {
        self.read_table(&change.table);
        for column in &change.columns {
            self.write(ObjectRef::Column(change.table.clone(), column.clone()));
        }
        // A DELETE, or an INSERT without a list, changes the rows as a whole.
        if change.columns.is_empty() {
            self.write(ObjectRef::Table(change.table.clone()));
        }
        change.uses.iter().for_each(|column| self.read_column(&change.table, column));
        change.reads.iter().for_each(|table| self.read_table(table));
    }

    pub(super) fn commented(&mut self, kind: CommentKind, object: &ObjectName, column: Option<&str>) {
        match (kind, column) {
            (CommentKind::Column, Some(column)) => self.read_column(object, column),
            (CommentKind::Table, _) => self.read_table(object),
            _ => {}
        }
    }

    pub(super) fn reindexed(&mut self, kind: ReindexKind, name: &ObjectName) {
        match kind {
            ReindexKind::Index => self.write(ObjectRef::Index(name.clone())),
            ReindexKind::Table => self.read_table(name),
            ReindexKind::Many => {}
        }
    }

    /// Every name with a schema needs that schema; what the operation makes itself it need not find.
    pub(super) fn finish(&mut self) {
        let named = self.reads.iter().chain(&self.writes).filter_map(schema_of).map(ObjectRef::Schema);
        let named: BTreeSet<ObjectRef> = named.gather();
        self.reads.extend(named);
        self.reads.retain(|object| !self.writes.contains(object));
    }
}

fn schema_of(object: &ObjectRef) -> Option<String> {
    match object {
        ObjectRef::Type(name)
        | ObjectRef::Table(name)
        | ObjectRef::Column(name, _)
        | ObjectRef::Constraint(name, _)
        | ObjectRef::Index(name)
        | ObjectRef::Sequence(name)
        | ObjectRef::Function(name)
        | ObjectRef::Trigger(Some(name), _) => name.schema.clone(),
        ObjectRef::Schema(_) | ObjectRef::Extension(_) | ObjectRef::Trigger(None, _) | ObjectRef::Role(_) => None,
    }
}

/// The sequence in a default of `nextval('s')`.
fn next_of(default: &str) -> Option<ObjectName> {
    let inner = default.trim().strip_prefix("nextval(")?.trim_start().strip_prefix('\'')?;
    let name = inner.split('\'').next()?;
    let mut parts = name.rsplitn(2, '.').map(|part| crate::name::fold(part, crate::dialect::Dialect::Postgres));
    Some(ObjectName { name: parts.next()?, schema: parts.next() })
}
