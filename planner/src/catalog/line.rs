//! A table told line by line, for people.

use serde::{Deserialize, Serialize};

use crate::catalog::schema::{ColumnSchema, ForeignKeySchema, IndexSchema, TableSchema};
use crate::name::ObjectName;

/// What a line is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// A column.
    #[default]
    Column,
    /// The primary key.
    PrimaryKey,
    /// A unique constraint.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// A check.
    Check,
    /// An index.
    Index,
}

/// A part of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it is about.
    pub kind: LineKind,
    /// Name of the column, check or index, else the columns.
    pub name: String,
    /// The whole line: `email varchar(255) not null`.
    pub text: String,
    /// The parent of a foreign key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refers: Option<ObjectName>,
}

/// The lines of a table: columns by position, then keys, checks and indexes.
#[must_use]
pub fn lines(table: &TableSchema) -> Vec<Line> {
    let line = |kind, name: String, text| Line { kind, name, text, refers: None };
    let mut lines: Vec<Line> = table.columns.iter().map(|one| line(LineKind::Column, one.name.clone(), column(one))).collect();
    if !table.primary_key.is_empty() {
        let columns = table.primary_key.join(", ");
        lines.push(line(LineKind::PrimaryKey, columns.clone(), ["primary key (", &columns, ")"].concat()));
    }
    for columns in &table.unique {
        let columns = columns.join(", ");
        lines.push(line(LineKind::Unique, columns.clone(), ["unique (", &columns, ")"].concat()));
    }
    lines.extend(table.foreign_keys.iter().map(foreign_key));
    for check in &table.checks {
        lines.push(line(LineKind::Check, check.name.clone(), ["check ", &check.name, " ", &check.expression].concat()));
    }
    lines.extend(table.indexes.iter().map(|one| line(LineKind::Index, one.name.clone(), index(one))));
    lines
}

fn column(column: &ColumnSchema) -> String {
    let mut text = [&column.name, " ", &column.data_type].concat();
    if !column.nullable {
        text.push_str(" not null");
    }
    for (word, value) in [(" default ", &column.default), (" identity ", &column.identity), (" generated ", &column.generated)] {
        if let Some(value) = value {
            text.push_str(word);
            text.push_str(value);
        }
    }
    text
}

fn foreign_key(key: &ForeignKeySchema) -> Line {
    let parent = ObjectName { schema: key.ref_schema.clone(), name: key.ref_table.clone() };
    let columns = key.columns.join(", ");
    let text = ["foreign key (", &columns, ") references ", &parent.to_string(), " (", &key.ref_columns.join(", "), ")"].concat();
    Line { kind: LineKind::ForeignKey, name: columns, text, refers: Some(parent) }
}

fn index(index: &IndexSchema) -> String {
    let unique = if index.unique { "unique " } else { "" };
    let invalid = if index.valid { "" } else { " INVALID" };
    [unique, "index ", &index.name, " (", &index.columns.join(", "), ")", invalid].concat()
}
