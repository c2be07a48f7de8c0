//! The catalog as the JSON of `flightplan schema`; the same shape is read from a live database.

use std::any::Any;

use serde::{Deserialize, Serialize};

use crate::catalog::objects::Objects;
use crate::catalog::{Catalog, Index, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Sort;
use crate::statement::operation::{ColumnDefinition, ConstraintKind, Identity, IndexPart};

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
    let tables = catalog.tables.iter().filter(|(_, table)| !table.temporary);
    let named = |names: Vec<&ObjectName>| -> Vec<NamedObject> {
        let mut objects: Vec<NamedObject> =
            names.into_iter().map(|name| NamedObject { schema: name.schema.clone(), name: name.name.clone() }).collect();
        objects.order();
        objects
    };
    let enums = catalog.enums.iter().map(|(name, values)| EnumSchema {
        schema: name.schema.clone(),
        name: name.name.clone(),
        values: values.clone(),
    });
    Schema {
        dialect: catalog.dialect,
        tables: tables.map(|(name, table)| table_schema(catalog, name, table)).collect(),
        views: named(lasting(&catalog.views)),
        sequences: named(lasting(&catalog.sequences)),
        enums: enums.collect(),
        functions: named(lasting(&catalog.functions)),
        opaque: Vec::new(),
    }
}

/// The objects that outlast their session.
fn lasting<T: Any + Send + Sync + Clone>(objects: &Objects<T>) -> Vec<&ObjectName> {
    objects.keys().filter(|name| name.schema.as_deref() != Some(crate::catalog::lookup::TEMPORARY)).collect()
}

/// One table as plain data.
#[must_use]
pub fn table_schema(catalog: &Catalog, name: &ObjectName, table: &Table) -> TableSchema {
    let mut shown = TableSchema {
        schema: name.schema.clone(),
        name: name.name.clone(),
        columns: table.columns.iter().map(|column| column_schema(catalog.dialect, column)).collect(),
        primary_key: table.primary_key().to_vec(),
        indexes: table.indexes.iter().map(|(name, index)| index_schema(name, index)).collect(),
        ..TableSchema::default()
    };
    for constraint in &table.constraints {
        match &constraint.kind {
            ConstraintKind::Unique { columns, .. } => shown.unique.push(columns.clone()),
            ConstraintKind::ForeignKey { columns, ref_table, ref_columns, on_delete, on_update: _ } => {
                shown.foreign_keys.push(ForeignKeySchema {
                    columns: columns.clone(),
                    ref_schema: ref_table.schema.clone(),
                    ref_table: ref_table.name.clone(),
                    ref_columns: ref_columns.clone(),
                    on_delete: on_delete.as_deref().and_then(action),
                });
            }
            ConstraintKind::Check { expression } => shown.checks.push(CheckSchema {
                name: constraint.name.clone().unwrap_or_default(),
                expression: expression.clone(),
                validated: constraint.validated,
            }),
            ConstraintKind::PrimaryKey { .. } | ConstraintKind::NotNull { .. } | ConstraintKind::Exclude { .. } => {}
        }
    }
    if matches!(catalog.dialect, Dialect::MySql | Dialect::MariaDb) {
        as_mysql_shows(&mut shown, catalog, table);
    }
    shown.unique.order();
    shown.foreign_keys.order();
    shown.checks.order();
    shown
}

/// These servers check foreign keys at once, so RESTRICT is no action. They keep one kind of unique key, whichever way it
/// was written, and an index for each foreign key, which cannot be told from one written with the name it would have had.
fn as_mysql_shows(shown: &mut TableSchema, catalog: &Catalog, table: &Table) {
    let (unique, indexes): (Vec<_>, Vec<_>) = std::mem::take(&mut shown.indexes).into_iter().partition(|index| index.unique);
    shown.unique.extend(unique.into_iter().map(|index| index.columns));
    for key in &mut shown.foreign_keys {
        key.on_delete = key.on_delete.take().filter(|action| action != "RESTRICT");
        as_spelled(&mut key.columns, table);
        let parent = ObjectName { schema: key.ref_schema.clone(), name: key.ref_table.clone() };
        if let Some(parent) = catalog.table(&parent) {
            as_spelled(&mut key.ref_columns, parent);
        }
    }
    for column in &mut shown.columns {
        column.default = column.default.take().map(|text| mysql_default(&text, &column.data_type));
    }
    as_spelled(&mut shown.primary_key, table);
    shown.unique.iter_mut().for_each(|columns| as_spelled(columns, table));
    let keys = table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey { columns, .. } => Some((constraint.name.as_deref().unwrap_or_default(), columns.as_slice())),
        _ => None,
    });
    let keys: Vec<(&str, &[String])> = keys.collect();
    shown.indexes = indexes.into_iter().filter(|index| !backs_a_foreign_key(index, &keys)).collect();
    shown.indexes.iter_mut().for_each(|index| as_spelled(&mut index.columns, table));
}

/// A string in double quotes is shown in single ones, a time with the digits that its type keeps.
fn mysql_default(text: &str, data_type: &str) -> String {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let text = quoted.map_or_else(|| text.to_owned(), |inner| format!("'{}'", inner.replace("\"\"", "\"").replace('\'', "''")));
    if !data_type.starts_with("timestamp") && !data_type.starts_with("datetime") {
        return text;
    }
    if text == "0" {
        return "'0000-00-00 00:00:00'".to_owned();
    }
    let digits = data_type.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).and_then(|digits| digits.parse().ok());
    let digits: usize = digits.unwrap_or(0);
    match text.strip_suffix('\'').and_then(|inner| inner.split_once('.')) {
        Some((whole, fraction)) if digits == 0 && !fraction.is_empty() => format!("{whole}'"),
        Some((whole, fraction)) if fraction.len() > digits => format!("{whole}.{}'", fraction.get(..digits).unwrap_or(fraction)),
        _ => text,
    }
}

/// These servers show a column of a key as the table spells it, however the key did.
fn as_spelled(columns: &mut [String], table: &Table) {
    for column in columns {
        if let Some(own) = table.columns.iter().find(|own| own.name.eq_ignore_ascii_case(column)) {
            column.clone_from(&own.name);
        }
    }
}

/// Whether an index of MySQL or MariaDB may be there only for a foreign key: it has its columns, and the name of the
/// constraint or of the first column.
#[must_use]
pub fn backs_a_foreign_key(index: &IndexSchema, keys: &[(&str, &[String])]) -> bool {
    keys.iter().any(|(name, columns)| index.columns == *columns && (index.name == *name || columns.first() == Some(&index.name)))
}

/// A referential action in upper case; `NO ACTION` is the same as none.
fn action(written: &str) -> Option<String> {
    let action = written.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    (action != "NO ACTION" && !action.is_empty()).then_some(action)
}

fn column_schema(dialect: Dialect, column: &ColumnDefinition) -> ColumnSchema {
    let identity = column.identity.map(|identity| match identity {
        Identity::Always => "always",
        Identity::ByDefault => "by default",
        Identity::AutoIncrement => "auto_increment",
    });
    // SQLite's AUTOINCREMENT is no property of the column that a live database shows.
    let identity = identity.filter(|_| dialect != Dialect::Sqlite);
    ColumnSchema {
        name: column.name.clone(),
        data_type: column.data_type.clone(),
        nullable: column.nullable,
        // The default NULL is none.
        default: column.default.clone().filter(|text| !text.trim().eq_ignore_ascii_case("null")),
        identity: identity.map(str::to_owned),
        generated: column.generated.as_ref().map(|generated| generated.expression.clone()),
    }
}

fn index_schema(name: &str, index: &Index) -> IndexSchema {
    let part = |part: &IndexPart| match part {
        IndexPart::Column(text) | IndexPart::Expression(text) => text.clone(),
    };
    IndexSchema {
        name: name.to_owned(),
        columns: index.columns.iter().map(part).collect(),
        unique: index.unique,
        predicate: index.predicate.clone(),
        valid: index.valid,
    }
}
