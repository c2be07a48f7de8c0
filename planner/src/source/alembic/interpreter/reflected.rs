//! Tables that SQLAlchemy reads from the database: their columns as the revisions before make them.

use super::Interpreter;
use super::value::{Object, Value};
use crate::name::ObjectName;
use crate::statement::operation::ConstraintKind;

/// The type of a column that was asked about, by the server's own words.
pub(super) const TYPE: &str = "reflected type";

impl<'a> Interpreter<'a, '_> {
    /// `metadata.reflect(…)`.
    pub(super) fn reflect(&mut self, metadata: &Object<'a>) {
        self.reflected.push(metadata.made);
    }

    /// `Table(name, metadata, …)`, with its columns where the database is asked for them.
    pub(super) fn with_reflected_columns(&mut self, table: Value<'a>) -> Value<'a> {
        let Value::Object(object) = &table else { return table };
        let asks =
            object.keywords.iter().any(|(key, value)| key == "autoload_with" || (key == "autoload" && value.truth() == Ok(true)));
        let of_reflected = matches!(object.args.get(1), Some(Value::Object(metadata))
            if metadata.kind == "MetaData" && self.reflected.contains(&metadata.made));
        let has_columns = object.args.iter().any(|item| matches!(item, Value::Object(column) if column.kind == "Column"));
        if has_columns || !(asks || of_reflected) {
            return table;
        }
        let schema = match object.keyword("schema") {
            None | Some(Value::None) => None,
            Some(Value::Text(schema)) => Some(schema.to_string()),
            Some(_) => return table,
        };
        let Some(Value::Text(name)) = object.args.first() else { return table };
        let Some(columns) = self.columns_of(&ObjectName { schema, name: name.to_string() }) else { return table };
        let mut args = object.args.clone();
        args.extend(columns);
        self.construct("Table".to_owned(), args, object.keywords.clone())
    }

    fn columns_of(&mut self, name: &ObjectName) -> Option<Vec<Value<'a>>> {
        if self.renderer.doubt(&name.name).is_some() {
            return None;
        }
        let known = self.renderer.schema().table(name).filter(|table| !table.columns_unknown)?.clone();
        let key = known.constraints.iter().find_map(|held| match &held.kind {
            ConstraintKind::PrimaryKey { columns } => Some(columns.clone()),
            _ => None,
        });
        let key = key.unwrap_or_default();
        self.assume_of_table(&name.name, format!("table `{}` is as the revisions before make it (it is reflected)", name.name));
        let mut columns = Vec::new();
        for column in &known.columns {
            let is_enum = self.renderer.schema().enums.unordered().any(|(held, _)| column.data_type.ends_with(&held.name));
            let kind = if is_enum { "Enum".to_owned() } else { kind_of(&column.data_type) };
            let data_type = self.construct(kind, Vec::new(), Vec::new());
            let keywords = vec![("primary_key".to_owned(), Value::Bool(key.contains(&column.name)))];
            columns.push(self.construct("Column".to_owned(), vec![Value::text(&column.name), data_type], keywords));
        }
        Some(columns)
    }
}

/// SQLAlchemy's type of a column, as far as literals differ by it; otherwise the server's own word.
fn kind_of(data_type: &str) -> String {
    let lower = data_type.to_lowercase();
    let word = lower.split(['(', ' ', '[']).next().unwrap_or_default();
    match word {
        _ if lower.ends_with("[]") => "ARRAY",
        "character" | "varchar" | "char" | "text" | "longtext" | "mediumtext" | "tinytext" | "citext" => "String",
        "int" | "integer" | "bigint" | "smallint" | "tinyint" | "mediumint" => "Integer",
        "bool" | "boolean" => "Boolean",
        "timestamp" | "datetime" => "DateTime",
        "numeric" | "decimal" | "double" | "float" | "real" => "Numeric",
        "uuid" => "UUID",
        _ => return word.to_uppercase(),
    }
    .to_owned()
}

/// Whether the type that SQLAlchemy makes of a column is of one of its classes.
pub(super) fn is_of<'a>(data_type: &str, class: &str) -> Value<'a> {
    let lower = data_type.to_lowercase();
    let before = lower.split(['(', '[']).next().unwrap_or_default().trim();
    let classes: &[&str] = match before {
        _ if lower.ends_with("[]") => &["ARRAY"],
        "character varying" | "varchar" => &["VARCHAR", "String"],
        "character" | "char" => &["CHAR", "String"],
        "text" => &["TEXT", "Text", "String"],
        "integer" | "int" => &["INTEGER", "Integer"],
        "bigint" => &["BIGINT", "BigInteger", "Integer"],
        "smallint" => &["SMALLINT", "SmallInteger", "Integer"],
        "boolean" => &["BOOLEAN", "Boolean"],
        "numeric" => &["NUMERIC", "Numeric"],
        "json" => &["JSON"],
        "jsonb" => &["JSONB", "JSON"],
        "uuid" => &["UUID", "Uuid"],
        "date" => &["DATE", "Date"],
        "datetime" => &["DATETIME", "DateTime"],
        _ if before.starts_with("timestamp") => &["TIMESTAMP", "DateTime"],
        "bytea" => &["BYTEA", "LargeBinary"],
        _ => return Value::unknown(format!("which class of SQLAlchemy `{data_type}` becomes is not followed")),
    };
    let name = class.rsplit('.').next().unwrap_or(class);
    if class.starts_with("sqlalchemy") && name.starts_with(char::is_uppercase) {
        return Value::Bool(classes.contains(&name));
    }
    Value::unknown(format!("`isinstance` of `{class}` is not followed"))
}
