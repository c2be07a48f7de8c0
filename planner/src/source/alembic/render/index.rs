//! `create_index`, `drop_index`, and the indexes that columns and tables bring along.

use super::bound::{Bound, names, truth};
use super::column::Column;
use super::constraint::is_fixed;
use super::identifier::{qualified, quote};
use super::{Renderer, Sql, name_of};
use crate::dialect::Dialect;
use crate::source::alembic::interpreter::value::{Arguments, Object, Value};

impl Renderer {
    pub(super) fn create_index(&mut self, call: &Bound<'_, '_>) -> Sql {
        const KNOWN: &[&str] = &[
            "index_name",
            "table_name",
            "columns",
            "schema",
            "unique",
            "if_not_exists",
            "quote",
            "info",
            "postgresql_where",
            "postgresql_using",
            "postgresql_concurrently",
            "postgresql_ops",
            "postgresql_include",
            "postgresql_with",
            "postgresql_nulls_not_distinct",
            "postgresql_tablespace",
            "sqlite_where",
            "mysql_length",
            "mysql_prefix",
            "mariadb_length",
            "mysql_using",
        ];
        call.only(KNOWN, self.dialect_name())?;
        let schema = call.name("schema")?;
        let table = call.required("table_name")?;
        let columns = call.value("columns").ok_or("no columns")?.items().map_err(|reason| reason.to_string())?;
        let name = match call.name("index_name")? {
            Some(name) => name,
            None => {
                let names: Vec<String> = columns.iter().filter_map(|column| name_of(column).ok().flatten()).collect();
                match self.index_by_convention(schema.as_deref(), &table, &names)? {
                    Some(name) => name,
                    None => {
                        self.index_named_by_default = true;
                        default_name(schema.as_deref(), &table, &columns)?
                    }
                }
            }
        };
        let made = call.value("index_name").is_none_or(|name| is_fixed(name) || matches!(name, Value::None));
        let name = self.checked_name(&name, made)?;
        let unique = if call.flag("unique")? { "UNIQUE " } else { "" };
        let exists = if call.flag("if_not_exists")? { "IF NOT EXISTS " } else { "" };
        let full = qualified(schema.as_deref(), &table, self.dialect);
        let text = match self.dialect {
            Dialect::Postgres => {
                let concurrently = if call.flag("postgresql_concurrently")? { "CONCURRENTLY " } else { "" };
                let using =
                    call.name("postgresql_using")?.map(|using| format!("USING {} ", using.to_lowercase())).unwrap_or_default();
                let parts = self.postgres_parts(call, &columns)?;
                let tail = self.postgres_tail(call)?;
                format!("CREATE {unique}INDEX {concurrently}{exists}{name} ON {full} {using}({parts}){tail}")
            }
            Dialect::Sqlite => {
                let parts = self.parts(&columns)?.join(", ");
                let place = schema.as_ref().map(|schema| format!("{}.", quote(schema, self.dialect))).unwrap_or_default();
                let tail = call.given("sqlite_where").map(|value| self.condition(value)).transpose()?;
                let tail = tail.map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
                format!("CREATE {unique}INDEX {exists}{place}{name} ON {} ({parts}){tail}", quote(&table, self.dialect))
            }
            Dialect::MySql | Dialect::MariaDb => {
                let own = |option: &str| format!("{}_{option}", self.dialect_name());
                let prefix = call.name(&own("prefix"))?.map(|prefix| format!("{prefix} ")).unwrap_or_default();
                let parts = self.lengths(&self.parts(&columns)?, &columns, call.given(&own("length")))?;
                let using = call.name(&own("using"))?.map(|using| format!(" USING {using}")).unwrap_or_default();
                format!("CREATE {unique}{prefix}INDEX {exists}{name} ON {full} ({parts}){using}")
            }
        };
        Ok(text.into())
    }

    fn parts(&self, columns: &[Value<'_>]) -> Result<Vec<String>, String> {
        columns.iter().map(|column| self.part(column)).collect()
    }

    fn part(&self, column: &Value<'_>) -> Result<String, String> {
        match column {
            Value::Text(name) => Ok(quote(name, self.dialect)),
            // SQLAlchemy writes functions in an index bare, and so does PostgreSQL take them.
            other => self.expression(other),
        }
    }

    fn postgres_parts(&self, call: &Bound<'_, '_>, columns: &[Value<'_>]) -> Result<String, String> {
        let classes = match call.given("postgresql_ops") {
            None => Vec::new(),
            Some(Value::Dict(items)) => {
                items.borrow().iter().map(|(key, value)| Ok((name_of(key)?, name_of(value)?))).collect::<Result<_, String>>()?
            }
            Some(other) => return Err(format!("`postgresql_ops` is {}", other.noun())),
        };
        let mut parts = Vec::new();
        for column in columns {
            let mut part = self.part(column)?;
            // SQLAlchemy finds the class by the column's name or by the text of the expression.
            let key = match column {
                Value::Text(name) => Some(name.as_ref()),
                Value::Object(object) => match (object.kind.as_str(), object.args.first()) {
                    ("text" | "column" | "Column" | "literal_column", Some(Value::Text(text))) => Some(text.as_ref()),
                    _ => None,
                },
                _ => None,
            };
            if let Some((_, Some(class))) = classes.iter().find(|(known, _)| known.is_some() && known.as_deref() == key) {
                part = format!("{part} {class}");
            }
            parts.push(part);
        }
        Ok(parts.join(", "))
    }

    fn postgres_tail(&self, call: &Bound<'_, '_>) -> Result<String, String> {
        let mut tail = String::new();
        if let Some(include) = call.given("postgresql_include") {
            let columns: Vec<String> = names(include)?.iter().map(|name| quote(name, self.dialect)).collect();
            if !columns.is_empty() {
                tail.push_str(&format!(" INCLUDE ({})", columns.join(", ")));
            }
        }
        match truth(call.value("postgresql_nulls_not_distinct"))? {
            Some(true) => tail.push_str(" NULLS NOT DISTINCT"),
            Some(false) => tail.push_str(" NULLS DISTINCT"),
            None => {}
        }
        if let Some(Value::Dict(items)) = call.given("postgresql_with") {
            let mut options = Vec::new();
            for (key, value) in items.borrow().iter() {
                let value = match value {
                    Value::Text(text) => text.to_string(),
                    Value::Int(int) => int.to_string(),
                    other => return Err(format!("a storage parameter is {}", other.noun())),
                };
                options.push(format!("{} = {value}", name_of(key)?.unwrap_or_default()));
            }
            tail.push_str(&format!(" WITH ({})", options.join(", ")));
        }
        if let Some(space) = call.name("postgresql_tablespace")? {
            tail.push_str(&format!(" TABLESPACE {}", quote(&space, self.dialect)));
        }
        if let Some(condition) = call.given("postgresql_where") {
            tail.push_str(&format!(" WHERE {}", self.condition(condition)?));
        }
        Ok(tail)
    }

    fn lengths<'a>(&self, parts: &[String], columns: &[Value<'a>], length: Option<&Value<'a>>) -> Result<String, String> {
        let mut out = Vec::new();
        for (part, column) in parts.iter().zip(columns) {
            let own = match length {
                None => None,
                Some(Value::Int(length)) => Some(*length),
                Some(Value::Dict(items)) => {
                    let items = items.borrow();
                    match items.iter().find(|(key, _)| key.equals(column) == Some(true)) {
                        Some((_, Value::Int(length))) => Some(*length),
                        _ => None,
                    }
                }
                Some(other) => return Err(format!("`mysql_length` is {}", other.noun())),
            };
            out.push(own.map_or_else(|| part.clone(), |length| format!("{part}({length})")));
        }
        Ok(out.join(", "))
    }

    pub(super) fn drop_index(&mut self, call: &Bound<'_, '_>) -> Sql {
        // The other options of the index are given for autogenerate only; DROP INDEX has no place for them.
        let known = [
            "index_name",
            "table_name",
            "schema",
            "if_exists",
            "info",
            "unique",
            "postgresql_concurrently",
            "postgresql_where",
            "postgresql_using",
            "postgresql_ops",
            "postgresql_include",
            "postgresql_with",
            "postgresql_nulls_not_distinct",
            "postgresql_tablespace",
            "sqlite_where",
            "mysql_length",
            "mysql_prefix",
        ];
        call.only(&known, self.dialect_name())?;
        let schema = call.name("schema")?;
        let made = call.value("index_name").is_some_and(is_fixed);
        let name = self.checked_name(&call.required("index_name")?, made)?;
        let exists = if call.flag("if_exists")? { "IF EXISTS " } else { "" };
        let place = schema.as_ref().map(|schema| format!("{}.", quote(schema, self.dialect))).unwrap_or_default();
        Ok(match self.dialect {
            Dialect::Postgres => {
                let concurrently = if call.flag("postgresql_concurrently")? { "CONCURRENTLY " } else { "" };
                format!("DROP INDEX {concurrently}{exists}{place}{name}")
            }
            Dialect::Sqlite => format!("DROP INDEX {exists}{place}{name}"),
            Dialect::MySql | Dialect::MariaDb => {
                let table = call.name("table_name")?.ok_or("MySQL needs `table_name` to drop an index")?;
                format!("DROP INDEX {exists}{name} ON {}", qualified(schema.as_deref(), &table, self.dialect))
            }
        }
        .into())
    }

    /// `index=True` of a column.
    pub(super) fn column_index(&mut self, schema: Option<&str>, table: &str, column: &Column<'_>) -> Result<String, String> {
        let arguments = Arguments {
            positional: vec![Value::None, Value::text(table), Value::tuple(vec![Value::text(&column.name)])],
            keywords: vec![
                ("unique".to_owned(), Value::Bool(column.unique)),
                ("schema".to_owned(), schema.map_or(Value::None, Value::text)),
            ],
            unknown: None,
        };
        one(self.directive("create_index", &arguments)?.sql)
    }

    /// `sa.Index("name", "column", …)` among the arguments of `create_table`.
    pub(super) fn index_of_table(&mut self, schema: Option<&str>, table: &str, index: &Object<'_>) -> Result<String, String> {
        let (name, columns) = index.args.split_first().ok_or("an index without a name")?;
        let mut keywords = index.keywords.clone();
        keywords.push(("schema".to_owned(), schema.map_or(Value::None, Value::text)));
        let arguments = Arguments {
            positional: vec![name.clone(), Value::text(table), Value::tuple(columns.to_vec())],
            keywords,
            unknown: None,
        };
        one(self.directive("create_index", &arguments)?.sql)
    }
}

fn one(sql: Vec<String>) -> Result<String, String> {
    sql.into_iter().next().ok_or_else(|| "the index came to nothing".to_owned())
}

/// `ix_<table>_<first column>`, SQLAlchemy's only default name.
fn default_name(schema: Option<&str>, table: &str, columns: &[Value<'_>]) -> Result<String, String> {
    match columns.first() {
        Some(Value::Text(column)) => {
            let place = schema.map(|schema| format!("{schema}_")).unwrap_or_default();
            Ok(format!("ix_{place}{table}_{column}"))
        }
        _ => Err("an index on an expression needs a name".to_owned()),
    }
}
