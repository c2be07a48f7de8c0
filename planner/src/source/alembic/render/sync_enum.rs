//! `op.sync_enum_values` of alembic-postgresql-enum 1.11: the type is made anew, and its columns are cast over.

use super::bound::Bound;
use super::{Rendered, Renderer, Sql};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::source::alembic::interpreter::value::{Arguments, Value};

/// Comparisons between the old type and the new one, while both are there.
const OPERATORS: [(&str, &str); 2] = [("!=", "new_old_not_equals"), ("=", "new_old_equals")];

/// A column of the type.
struct Column {
    /// `"schema"."table"`.
    table: String,
    /// `"column"`.
    name: String,
    array: bool,
    /// The column's default as the server shows it.
    default: Option<String>,
}

impl Renderer {
    pub(super) fn sync_enum_values(&mut self, call: &Bound<'_, '_>) -> Sql {
        // Elsewhere the library warns and does nothing.
        if self.dialect != Dialect::Postgres {
            return Ok(Vec::new().into());
        }
        let known =
            ["enum_schema", "enum_name", "new_values", "affected_columns", "enum_values_to_rename", "indexes_to_recreate"];
        call.only(&known, self.dialect_name())?;
        let (schema, name) = (call.required("enum_schema")?, call.required("enum_name")?);
        let renamed = pairs(call.value("enum_values_to_rename"))?;
        let indexes = match call.given("indexes_to_recreate") {
            None => false,
            Some(list) => !list.items().map_err(|reason| reason.to_string())?.is_empty(),
        };
        if indexes {
            return Err("indexes that are made anew are not rendered".to_owned());
        }
        let new = format!("\"{schema}\".\"{name}\"");
        let old = format!("\"{schema}\".\"{name}_old\"");
        let values: Vec<String> = call.names("new_values")?.iter().map(|value| format!("'{value}'")).collect();
        let mut sql = vec![
            format!("ALTER TYPE {new} RENAME TO \"{name}_old\""),
            format!("CREATE TYPE {new} AS ENUM({})", values.join(", ")),
        ];
        for (operator, function) in OPERATORS {
            sql.extend(comparison(&schema, (&new, &old), (operator, function), &renamed));
        }
        let columns = call.value("affected_columns").ok_or("no affected columns")?;
        for column in columns.items().map_err(|reason| reason.to_string())? {
            let column = self.affected(&column, &schema)?;
            sql.extend(cast(&column, &new, &renamed, (&schema, &name))?);
        }
        for (operator, function) in OPERATORS {
            sql.push(format!("DROP OPERATOR IF EXISTS \"{schema}\".{operator} ( {new}, {old} )"));
            sql.push(format!("DROP FUNCTION \"{schema}\".{function}( new_enum_val {new}, old_enum_val {old} )"));
        }
        sql.push(format!("DROP TYPE {old}"));
        let assumptions = vec!["the statements are those of alembic-postgresql-enum 1.11".to_owned()];
        Ok(Rendered { sql, assumptions })
    }

    /// `("table", "column")`, of which the library asks the database for the default, or a `TableReference`.
    fn affected(&self, value: &Value<'_>, schema: &str) -> Result<Column, String> {
        match value {
            Value::Tuple(parts) => {
                let [Value::Text(table), Value::Text(column), rest @ ..] = parts.as_slice() else {
                    return Err("an affected column is not known".to_owned());
                };
                let object = ObjectName { schema: Some(schema.to_owned()), name: table.to_string() };
                let held =
                    self.schema().table(&object).and_then(|held| held.columns.iter().find(|known| known.name == column.as_ref()));
                let held = held.ok_or_else(|| format!("whether `{table}.{column}` has a default is not known"))?;
                Ok(Column {
                    table: format!("\"{schema}\".\"{table}\""),
                    name: format!("\"{column}\""),
                    array: rest.first().is_some_and(is_array),
                    default: held.default.clone(),
                })
            }
            Value::Object(reference) if reference.kind.ends_with("TableReference") => {
                let arguments =
                    Arguments { positional: reference.args.clone(), keywords: reference.keywords.clone(), unknown: None };
                let names = ["table_name", "column_name", "table_schema", "column_type", "existing_server_default"];
                let call = Bound::new(&arguments, &names)?;
                let place = call.name("table_schema")?.unwrap_or_else(|| schema.to_owned());
                Ok(Column {
                    table: format!("\"{place}\".\"{}\"", call.required("table_name")?),
                    name: format!("\"{}\"", call.required("column_name")?),
                    array: call.given("column_type").is_some_and(is_array),
                    default: call.name("existing_server_default")?,
                })
            }
            other => Err(format!("an affected column is {}", other.noun())),
        }
    }
}

fn is_array(value: &Value<'_>) -> bool {
    matches!(value, Value::Symbol(path) if path.ends_with("ColumnType.ARRAY"))
}

fn pairs(value: Option<&Value<'_>>) -> Result<Vec<(String, String)>, String> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for pair in value.items().map_err(|reason| reason.to_string())? {
        match pair.items().map_err(|reason| reason.to_string())?.as_slice() {
            [Value::Text(old), Value::Text(new)] => all.push((old.to_string(), new.to_string())),
            _ => return Err("a value that is renamed is not known".to_owned()),
        }
    }
    Ok(all)
}

fn comparison(
    schema: &str,
    (new, old): (&str, &str),
    (operator, function): (&str, &str),
    renamed: &[(String, String)],
) -> [String; 2] {
    let held = if renamed.is_empty() {
        "old_enum_val::text".to_owned()
    } else {
        let cases: Vec<String> = renamed.iter().map(|(a, b)| format!("WHEN old_enum_val::text = '{a}' THEN '{b}'")).collect();
        format!("CASE {} ELSE old_enum_val::text END", cases.join(" "))
    };
    [
        format!(
            "CREATE FUNCTION \"{schema}\".{function}( new_enum_val {new}, old_enum_val {old} ) RETURNS boolean AS $$ SELECT \
             new_enum_val::text {operator} {held}; $$ LANGUAGE SQL IMMUTABLE"
        ),
        format!(
            "CREATE OPERATOR \"{schema}\".{operator} ( leftarg = {new}, rightarg = {old}, procedure = \"{schema}\".{function} )"
        ),
    ]
}

/// The column's type changes, its default gone before and back after.
fn cast(column: &Column, new: &str, renamed: &[(String, String)], (schema, name): (&str, &str)) -> Result<Vec<String>, String> {
    let Column { table, name: own, array, default } = column;
    let alter = format!("ALTER TABLE {table} ALTER COLUMN {own}");
    let mut sql = Vec::new();
    if default.is_some() {
        sql.push(format!("{alter} DROP DEFAULT"));
    }
    sql.push(if *array {
        let cast = renamed.iter().fold(format!("{own}::text[]"), |sql, (a, b)| format!("array_replace({sql}, '{a}', '{b}')"));
        format!("{alter} TYPE {new}[] USING {cast}::{new}[]")
    } else if renamed.is_empty() {
        format!("{alter} TYPE {new} USING {own}::text::{new}")
    } else {
        let cases: Vec<String> = renamed.iter().map(|(a, b)| format!("WHEN {own}::text = '{a}' THEN '{b}'::{new}")).collect();
        format!("{alter} TYPE {new} USING CASE {} ELSE {own}::text::{new} END", cases.join(" "))
    });
    if let Some(default) = default {
        if *array || default.starts_with("ARRAY[") {
            return Err("the default of an array column is not rendered".to_owned());
        }
        let (value, _) = default.split_once("::").ok_or("the default of the column is not followed")?;
        let value = renamed.iter().fold(value.to_owned(), |text, (a, b)| text.replace(&format!("'{a}'"), &format!("'{b}'")));
        sql.push(format!("{alter} SET DEFAULT {value}::{schema}.{name}"));
    }
    Ok(sql)
}
