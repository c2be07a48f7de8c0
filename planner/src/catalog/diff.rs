//! What differs between two catalogs, in terms an application notices.

use std::any::Any;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalog::objects::Objects;
use crate::catalog::{Catalog, Table};
use crate::name::ObjectName;
use crate::sort::Sort;
use crate::statement::operation::{ColumnDefinition, Constraint, ConstraintKind};

/// One difference, seen from the old schema to the new one.
#[allow(missing_docs, reason = "the fields are the names and types the variant is about")]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    TableAdded { table: ObjectName },
    TableDropped { table: ObjectName },
    ColumnAdded { table: ObjectName, column: String, required: bool },
    ColumnDropped { table: ObjectName, column: String },
    TypeChanged { table: ObjectName, column: String, from: String, to: String },
    MadeNotNull { table: ObjectName, column: String },
    MadeNullable { table: ObjectName, column: String },
    DefaultChanged { table: ObjectName, column: String, from: Option<String>, to: Option<String> },
    ConstraintAdded { table: ObjectName, constraint: String, kind: String },
    ConstraintDropped { table: ObjectName, constraint: String, kind: String },
    IndexAdded { table: ObjectName, index: String },
    IndexDropped { table: ObjectName, index: String },
    ViewAdded { view: ObjectName },
    ViewDropped { view: ObjectName },
    ViewChanged { view: ObjectName },
    EnumValueAdded { name: ObjectName, value: String },
    EnumValueDropped { name: ObjectName, value: String },
    FunctionDropped { name: ObjectName },
    SequenceDropped { name: ObjectName },
}

/// An object of a catalog that an application may know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A table.
    Table(ObjectName),
    /// A view.
    View(ObjectName),
    /// An enum.
    Enum(ObjectName),
    /// A function.
    Function(ObjectName),
    /// A sequence.
    Sequence(ObjectName),
    /// Extensions, triggers and other types: no difference by themselves, but they may decide about a query.
    Other,
}

impl Part {
    /// Its name; empty for what has none.
    #[must_use]
    pub fn name(&self) -> ObjectName {
        match self {
            Self::Table(name) | Self::View(name) | Self::Enum(name) | Self::Function(name) | Self::Sequence(name) => name.clone(),
            Self::Other => ObjectName::default(),
        }
    }
}

/// Differences, sorted.
#[must_use]
pub fn diff(old: &Catalog, new: &Catalog) -> Vec<Change> {
    let mut changes: Vec<Change> = changed(old, new).iter().flat_map(|part| of_part(old, new, part)).collect();
    changes.order();
    changes
}

/// What is not the same in both catalogs. They share what no statement between them has touched, and that is passed over.
#[must_use]
pub fn changed(old: &Catalog, new: &Catalog) -> Vec<Part> {
    let mut parts = Vec::new();
    names(&old.tables, &new.tables, Part::Table, &mut parts);
    names(&old.views, &new.views, Part::View, &mut parts);
    names(&old.enums, &new.enums, Part::Enum, &mut parts);
    names(&old.functions, &new.functions, Part::Function, &mut parts);
    names(&old.sequences, &new.sequences, Part::Sequence, &mut parts);
    if old.extensions != new.extensions || old.triggers != new.triggers || old.types != new.types {
        parts.push(Part::Other);
    }
    parts
}

fn names<T: Any + PartialEq>(old: &Objects<T>, new: &Objects<T>, part: impl Fn(ObjectName) -> Part, parts: &mut Vec<Part>) {
    parts.extend(old.differing(new).into_iter().cloned().map(part));
}

/// What differs about one object.
#[must_use]
pub fn of_part(old: &Catalog, new: &Catalog, part: &Part) -> Vec<Change> {
    let mut changes = Vec::new();
    match part {
        Part::Table(name) => match (old.tables.get(name), new.tables.get(name)) {
            (Some(table), Some(later)) if Arc::ptr_eq(table, later) => {}
            (Some(table), Some(later)) => tables(name, table, later, &mut changes),
            (Some(_), None) => changes.push(Change::TableDropped { table: name.clone() }),
            (None, Some(_)) => changes.push(Change::TableAdded { table: name.clone() }),
            (None, None) => {}
        },
        Part::View(name) => match (old.views.get(name), new.views.get(name)) {
            (Some(view), Some(later)) if later.query != view.query || later.materialized != view.materialized => {
                changes.push(Change::ViewChanged { view: name.clone() });
            }
            (Some(_), None) => changes.push(Change::ViewDropped { view: name.clone() }),
            (None, Some(_)) => changes.push(Change::ViewAdded { view: name.clone() }),
            _ => {}
        },
        Part::Enum(name) => enums(name, old.enums.get(name), new.enums.get(name), &mut changes),
        Part::Function(name) if old.functions.contains_key(name) && !new.functions.contains_key(name) => {
            changes.push(Change::FunctionDropped { name: name.clone() });
        }
        Part::Sequence(name) if old.sequences.contains_key(name) && !new.sequences.contains_key(name) => {
            changes.push(Change::SequenceDropped { name: name.clone() });
        }
        Part::Function(_) | Part::Sequence(_) | Part::Other => {}
    }
    changes
}

fn tables(name: &ObjectName, old: &Table, new: &Table, changes: &mut Vec<Change>) {
    for column in &old.columns {
        match new.column(&column.name) {
            Some(later) => columns(name, column, later, changes),
            None => changes.push(Change::ColumnDropped { table: name.clone(), column: column.name.clone() }),
        }
    }
    for column in new.columns.iter().filter(|column| old.column(&column.name).is_none()) {
        let required = !column.nullable && column.default.is_none() && column.identity.is_none() && column.generated.is_none();
        changes.push(Change::ColumnAdded { table: name.clone(), column: column.name.clone(), required });
    }
    constraints(name, old, new, changes);
    for index in old.indexes.keys().filter(|index| !new.indexes.contains_key(*index)) {
        changes.push(Change::IndexDropped { table: name.clone(), index: index.clone() });
    }
    for index in new.indexes.keys().filter(|index| !old.indexes.contains_key(*index)) {
        changes.push(Change::IndexAdded { table: name.clone(), index: index.clone() });
    }
}

fn columns(table: &ObjectName, old: &ColumnDefinition, new: &ColumnDefinition, changes: &mut Vec<Change>) {
    let (table, column) = (table.clone(), old.name.clone());
    if old.data_type != new.data_type {
        let (from, to) = (old.data_type.clone(), new.data_type.clone());
        changes.push(Change::TypeChanged { table: table.clone(), column: column.clone(), from, to });
    }
    match (old.nullable, new.nullable) {
        (true, false) => changes.push(Change::MadeNotNull { table: table.clone(), column: column.clone() }),
        (false, true) => changes.push(Change::MadeNullable { table: table.clone(), column: column.clone() }),
        _ => {}
    }
    if old.default.as_deref().map(bare) != new.default.as_deref().map(bare) {
        changes.push(Change::DefaultChanged { table, column, from: old.default.clone(), to: new.default.clone() });
    }
}

/// A default without the parentheses around the whole of it: SQLite writes them when a table is copied.
pub(crate) fn bare(expression: &str) -> &str {
    let mut text = expression.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        let mut depth = 0_i32;
        let whole = inner.chars().all(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth >= 0
        });
        if !whole {
            break;
        }
        text = inner.trim();
    }
    text
}

/// Constraints by what they demand: a rename is no difference an application notices.
fn constraints(table: &ObjectName, old: &Table, new: &Table, changes: &mut Vec<Change>) {
    let lacks =
        |all: &[Constraint], one: &Constraint| !all.iter().any(|other| other.kind == one.kind && other.enforced == one.enforced);
    for constraint in old.constraints.iter().filter(|constraint| lacks(&new.constraints, constraint)) {
        changes.push(Change::ConstraintDropped {
            table: table.clone(),
            constraint: constraint.name.clone().unwrap_or_default(),
            kind: kind(&constraint.kind).to_owned(),
        });
    }
    for constraint in new.constraints.iter().filter(|constraint| lacks(&old.constraints, constraint)) {
        changes.push(Change::ConstraintAdded {
            table: table.clone(),
            constraint: constraint.name.clone().unwrap_or_default(),
            kind: kind(&constraint.kind).to_owned(),
        });
    }
}

/// The constraint's kind in the words of SQL.
#[must_use]
pub const fn kind(kind: &ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::PrimaryKey { .. } => "PRIMARY KEY",
        ConstraintKind::Unique { .. } => "UNIQUE",
        ConstraintKind::ForeignKey { .. } => "FOREIGN KEY",
        ConstraintKind::Check { .. } => "CHECK",
        ConstraintKind::NotNull { .. } => "NOT NULL",
        ConstraintKind::Exclude { .. } => "EXCLUDE",
    }
}

fn enums(name: &ObjectName, old: Option<&Vec<String>>, new: Option<&Vec<String>>, changes: &mut Vec<Change>) {
    let Some(old) = old else { return };
    let none = Vec::new();
    let new = new.unwrap_or(&none);
    for value in old.iter().filter(|value| !new.contains(value)) {
        changes.push(Change::EnumValueDropped { name: name.clone(), value: value.clone() });
    }
    for value in new.iter().filter(|value| !old.contains(value)) {
        changes.push(Change::EnumValueAdded { name: name.clone(), value: value.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn only_parentheses_around_the_whole_default_are_dropped() {
        assert_eq!(bare("((CURRENT_TIMESTAMP))"), "CURRENT_TIMESTAMP");
        assert_eq!(bare("(1) + (2)"), "(1) + (2)");
        assert_eq!(bare("now()"), "now()");
    }
}
