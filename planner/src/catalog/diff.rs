//! What differs between two catalogs, in terms an application notices.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Table};
use crate::name::ObjectName;
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

/// Differences, sorted.
#[must_use]
pub fn diff(old: &Catalog, new: &Catalog) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, table) in &old.tables {
        match new.tables.get(name) {
            // The two catalogs share every table that no statement between them has touched.
            Some(later) if Arc::ptr_eq(table, later) => {}
            Some(later) => tables(name, table, later, &mut changes),
            None => changes.push(Change::TableDropped { table: name.clone() }),
        }
    }
    let added = new.tables.keys().filter(|name| !old.tables.contains_key(*name));
    changes.extend(added.map(|name| Change::TableAdded { table: name.clone() }));
    views(old, new, &mut changes);
    enums(old, new, &mut changes);
    let functions = old.functions.keys().filter(|name| !new.functions.contains_key(*name));
    changes.extend(functions.map(|name| Change::FunctionDropped { name: name.clone() }));
    let sequences = old.sequences.keys().filter(|name| !new.sequences.contains_key(*name));
    changes.extend(sequences.map(|name| Change::SequenceDropped { name: name.clone() }));
    changes.sort();
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
fn bare(expression: &str) -> &str {
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

fn views(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    for (name, view) in &old.views {
        match new.views.get(name) {
            Some(later) if later.query != view.query || later.materialized != view.materialized => {
                changes.push(Change::ViewChanged { view: name.clone() });
            }
            Some(_) => {}
            None => changes.push(Change::ViewDropped { view: name.clone() }),
        }
    }
    let added = new.views.keys().filter(|name| !old.views.contains_key(*name));
    changes.extend(added.map(|name| Change::ViewAdded { view: name.clone() }));
}

fn enums(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    let none = Vec::new();
    for (name, values) in &old.enums {
        let later = new.enums.get(name).unwrap_or(&none);
        for value in values.iter().filter(|value| !later.contains(value)) {
            changes.push(Change::EnumValueDropped { name: name.clone(), value: value.clone() });
        }
        for value in later.iter().filter(|value| !values.contains(value)) {
            changes.push(Change::EnumValueAdded { name: name.clone(), value: value.clone() });
        }
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
