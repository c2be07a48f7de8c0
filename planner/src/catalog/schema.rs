//! The catalog as the JSON of `flightplan schema`; the same shape is read from a live database.

use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::dialect::Dialect;

/// A schema as plain data, everything sorted by name (columns by position).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Dialect.
    pub dialect: Dialect,
    /// Tables.
    pub tables: Vec<TableSchema>,
    /// Views and materialized views.
    pub views: Vec<NamedObject>,
    /// Sequences.
    pub sequences: Vec<NamedObject>,
    /// Enum types.
    pub enums: Vec<EnumSchema>,
    /// Functions and procedures.
    pub functions: Vec<NamedObject>,
    /// What could not be known.
    pub opaque: Vec<OpaqueSchema>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableSchema {
    /// Schema; absent where the dialect has none.
    pub schema: Option<String>,
    /// Name.
    pub name: String,
    /// Columns by position.
    pub columns: Vec<ColumnSchema>,
    /// Columns of the primary key.
    pub primary_key: Vec<String>,
    /// Column lists of the unique constraints.
    pub unique: Vec<Vec<String>>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKeySchema>,
    /// Checks.
    pub checks: Vec<CheckSchema>,
    /// Indexes that do not only back a constraint.
    pub indexes: Vec<IndexSchema>,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ColumnSchema {
    /// Name.
    pub name: String,
    /// Type in the server's canonical words.
    #[serde(rename = "type")]
    pub data_type: String,
    /// May be NULL.
    pub nullable: bool,
    /// Default expression.
    pub default: Option<String>,
    /// `always`, `by default`, `auto_increment`.
    pub identity: Option<String>,
    /// Expression of a generated column.
    pub generated: Option<String>,
}

/// A foreign key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ForeignKeySchema {
    /// Columns.
    pub columns: Vec<String>,
    /// Schema of the parent.
    pub ref_schema: Option<String>,
    /// Parent.
    pub ref_table: String,
    /// Columns of the parent.
    pub ref_columns: Vec<String>,
    /// `CASCADE`, `SET NULL` …; absent: no action.
    pub on_delete: Option<String>,
}

/// A check.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CheckSchema {
    /// Name.
    pub name: String,
    /// Expression.
    pub expression: String,
    /// Not `NOT VALID`.
    pub validated: bool,
}

/// An index.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IndexSchema {
    /// Name.
    pub name: String,
    /// Key parts: column names, or expressions as text.
    pub columns: Vec<String>,
    /// Unique.
    pub unique: bool,
    /// Partial-index predicate.
    pub predicate: Option<String>,
    /// Usable by queries.
    pub valid: bool,
}

/// A view, sequence or function.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NamedObject {
    /// Schema.
    pub schema: Option<String>,
    /// Name.
    pub name: String,
}

/// An enum type.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EnumSchema {
    /// Schema.
    pub schema: Option<String>,
    /// Name.
    pub name: String,
    /// Values in order.
    pub values: Vec<String>,
}

/// Something unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OpaqueSchema {
    /// File.
    pub file: String,
    /// Line.
    pub line: u32,
    /// Why.
    pub reason: String,
}

/// The catalog as plain data. Temporary tables are left out.
#[must_use]
pub fn schema(catalog: &Catalog) -> Schema {
    Schema { dialect: catalog.dialect, ..Schema::default() }
}
