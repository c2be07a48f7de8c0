//! Constraints: as objects inside a table, and as directives.

use md5::{Digest, Md5};

use super::bound::{Bound, names, truth};
use super::expression::text_clause;
use super::identifier::{qualified, quote};
use super::{Renderer, Sql, name_of};
use crate::dialect::Dialect;
use crate::source::alembic::interpreter::value::{Object, Value};

/// A constraint as SQLAlchemy would build it.
#[derive(Clone, Debug)]
pub(super) struct Constraint<'a> {
    pub(super) name: Option<String>,
    pub(super) kind: Kind<'a>,
    /// Named by `op.f()`, which no convention changes.
    pub(super) fixed: bool,
    tail: String,
    /// Set for what this dialect cannot write.
    options: Vec<(String, Value<'a>)>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind<'a> {
    Primary(Vec<String>),
    Unique(Vec<String>),
    Check(Value<'a>),
    Foreign { columns: Vec<String>, schema: Option<String>, table: String, remote: Vec<String> },
}

impl<'a> Constraint<'a> {
    /// A constraint among the arguments of `create_table`.
    pub(super) fn read(object: &Object<'a>) -> Result<Self, String> {
        let kind = match object.kind.as_str() {
            "PrimaryKeyConstraint" => Kind::Primary(column_names(object)?),
            "UniqueConstraint" => Kind::Unique(column_names(object)?),
            "CheckConstraint" => return Self::check(object),
            "ForeignKeyConstraint" => {
                let at = |at: usize, name: &str| object.args.get(at).or_else(|| object.keyword(name));
                let columns = names(at(0, "columns").ok_or("a foreign key without columns")?)?;
                let targets = names(at(1, "refcolumns").ok_or("a foreign key without a target")?)?;
                let mut remote = Vec::new();
                let mut table = (None, String::new());
                for target in &targets {
                    let (schema, name, column) = target_of(target)?;
                    table = (schema, name);
                    remote.push(column);
                }
                Kind::Foreign { columns, schema: table.0, table: table.1, remote }
            }
            other => return Err(format!("`{other}(…)` is not rendered")),
        };
        Self::with_options(kind, object)
    }

    pub(super) fn check(object: &Object<'a>) -> Result<Self, String> {
        let condition = object.args.first().or_else(|| object.keyword("sqltext")).ok_or("a check without a condition")?;
        Self::with_options(Kind::Check(condition.clone()), object)
    }

    /// `sa.ForeignKey("t.c")` of a column.
    pub(super) fn of_column(column: &str, object: &Object<'a>) -> Result<Self, String> {
        let target = object.args.first().or_else(|| object.keyword("column"));
        let Some(Value::Text(target)) = target else {
            return Err(format!("the foreign key of `{column}` names no \"table.column\""));
        };
        let (schema, table, remote) = target_of(target)?;
        Self::with_options(Kind::Foreign { columns: vec![column.to_owned()], schema, table, remote: vec![remote] }, object)
    }

    pub(super) fn unique(column: &str) -> Self {
        Self { name: None, fixed: false, kind: Kind::Unique(vec![column.to_owned()]), tail: String::new(), options: Vec::new() }
    }

    pub(super) fn primary(columns: Vec<String>) -> Self {
        Self { name: None, fixed: false, kind: Kind::Primary(columns), tail: String::new(), options: Vec::new() }
    }

    fn with_options(kind: Kind<'a>, object: &Object<'a>) -> Result<Self, String> {
        let skip = ["columns", "refcolumns", "sqltext", "column", "_constraint"];
        let places: &[&str] = match object.kind.as_str() {
            "CheckConstraint" => &["sqltext", "name", "deferrable", "initially"],
            "ForeignKeyConstraint" => &["columns", "refcolumns", "name", "onupdate", "ondelete", "deferrable", "initially"],
            "ForeignKey" => &["column", "_constraint", "use_alter", "name", "onupdate", "ondelete", "deferrable", "initially"],
            _ => &[],
        };
        if !places.is_empty() && object.args.len() > places.len() {
            return Err(format!("`{}(…)` has more arguments than are followed", object.kind));
        }
        let placed = places.iter().copied().zip(&object.args);
        let named = object.keywords.iter().map(|(key, value)| (key.as_str(), value));
        Self::from_keywords(kind, placed.chain(named).filter(|(key, _)| !skip.contains(key)))
    }

    fn from_keywords<'k>(kind: Kind<'a>, keywords: impl Iterator<Item = (&'k str, &'k Value<'a>)>) -> Result<Self, String>
    where
        'a: 'k,
    {
        let mut made = Self { name: None, fixed: false, kind, tail: String::new(), options: Vec::new() };
        let (mut matching, mut delete, mut update, mut defer, mut initially) = Default::default();
        for (key, value) in keywords {
            match key {
                "name" => {
                    made.name = name_of(value)?;
                    made.fixed = is_fixed(value);
                }
                "match" => matching = name_of(value)?.map(|word| format!(" MATCH {word}")).unwrap_or_default(),
                "ondelete" => delete = name_of(value)?.map(|word| format!(" ON DELETE {word}")).unwrap_or_default(),
                "onupdate" => update = name_of(value)?.map(|word| format!(" ON UPDATE {word}")).unwrap_or_default(),
                "initially" => initially = name_of(value)?.map(|word| format!(" INITIALLY {word}")).unwrap_or_default(),
                "deferrable" => {
                    defer = match truth(Some(value))? {
                        None => String::new(),
                        Some(true) => " DEFERRABLE".to_owned(),
                        Some(false) => " NOT DEFERRABLE".to_owned(),
                    }
                }
                "link_to_name" | "info" | "comment" | "_column_flag" => {}
                "use_alter" if truth(Some(value))? != Some(true) => {}
                key if key.starts_with("postgresql_") || key.starts_with("sqlite_") || key.starts_with("mysql_") => {
                    made.options.push((key.to_owned(), value.clone()));
                }
                key => return Err(format!("the option `{key}` of the constraint is not followed")),
            }
        }
        let parts: [String; 5] = [matching, delete, update, defer, initially];
        made.tail = parts.concat();
        Ok(made)
    }
}

/// `op.f("name")`.
pub(super) fn is_fixed(value: &Value<'_>) -> bool {
    matches!(value, Value::Object(object) if object.kind == "f")
}

fn column_names(object: &Object<'_>) -> Result<Vec<String>, String> {
    object.args.iter().map(|name| name_of(name)?.ok_or_else(|| "a column name is None".to_owned())).collect()
}

/// `schema.table.column`.
fn target_of(target: &str) -> Result<(Option<String>, String, String), String> {
    let (table, column) = target.rsplit_once('.').ok_or_else(|| format!("`{target}` names no column of a table"))?;
    Ok(match table.rsplit_once('.') {
        Some((schema, table)) => (Some(schema.to_owned()), table.to_owned(), column.to_owned()),
        None => (None, table.to_owned(), column.to_owned()),
    })
}

impl Renderer {
    /// `CONSTRAINT name KIND (…)`.
    pub(super) fn constraint_sql(&self, constraint: &Constraint<'_>) -> Result<String, String> {
        let list = |columns: &[String]| columns.iter().map(|name| quote(name, self.dialect)).collect::<Vec<_>>().join(", ");
        let name = match &self.name_by_convention(constraint)? {
            Some(name) => {
                let made = constraint.fixed || constraint.name.as_ref() != Some(name);
                format!("CONSTRAINT {} ", self.checked_name(name, made)?)
            }
            None => String::new(),
        };
        let (mut distinct, mut include, mut valid) = ("", String::new(), "");
        for (key, value) in &constraint.options {
            match (key.as_str(), self.dialect) {
                ("postgresql_not_valid", Dialect::Postgres) if truth(Some(value))? == Some(true) => valid = " NOT VALID",
                ("postgresql_not_valid", Dialect::Postgres) => {}
                ("postgresql_nulls_not_distinct", Dialect::Postgres) => {
                    distinct = match truth(Some(value))? {
                        Some(true) => "NULLS NOT DISTINCT ",
                        Some(false) => "NULLS DISTINCT ",
                        None => "",
                    }
                }
                ("postgresql_include", Dialect::Postgres) => {
                    let columns = names(value)?;
                    include = if columns.is_empty() { String::new() } else { format!(" INCLUDE ({})", list(&columns)) };
                }
                (key, _) if key.strip_prefix(self.dialect_name()).is_some_and(|rest| rest.starts_with('_')) => {
                    return Err(format!("the option `{key}` is not followed"));
                }
                _ => {}
            }
        }
        let body = match &constraint.kind {
            Kind::Primary(columns) => format!("PRIMARY KEY ({}){include}", list(columns)),
            Kind::Unique(columns) => format!("UNIQUE {distinct}({}){include}", list(columns)),
            Kind::Check(condition) => format!("CHECK ({})", self.condition(condition)?),
            Kind::Foreign { columns, schema, table, remote } => {
                if columns.len() != remote.len() || columns.is_empty() {
                    return Err("a foreign key whose columns do not match its target's".to_owned());
                }
                // SQLite's foreign keys cannot leave their database, and name no schema.
                let schema = schema.as_deref().filter(|_| self.dialect != Dialect::Sqlite);
                format!("FOREIGN KEY({}) REFERENCES {} ({})", list(columns), qualified(schema, table, self.dialect), list(remote))
            }
        };
        if constraint.tail.contains(" MATCH ") && matches!(self.dialect, Dialect::MySql | Dialect::MariaDb) {
            return Err("MySQL ignores MATCH, and SQLAlchemy refuses it".to_owned());
        }
        Ok(format!("{name}{body}{}{valid}", constraint.tail))
    }

    /// The condition of a check or index: a plain text is SQL here.
    pub(super) fn condition(&self, value: &Value<'_>) -> Result<String, String> {
        match value {
            Value::Text(text) => text_clause(text),
            other => self.expression(other),
        }
    }

    /// A name that fits the server's limit. A longer one SQLAlchemy refuses, or shortens with a hash where it was `made`
    /// by a convention or stands in `op.f()`.
    pub(super) fn checked_name(&self, name: &str, made: bool) -> Result<String, String> {
        let limit = match self.dialect {
            Dialect::Postgres => 63,
            Dialect::MySql | Dialect::MariaDb => 64,
            Dialect::Sqlite => usize::MAX,
        };
        if name.chars().count() <= limit {
            return Ok(quote(name, self.dialect));
        }
        if !made {
            return Err(format!("the name `{name}` is longer than the {limit} characters the server takes"));
        }
        let kept: String = name.chars().take(limit - 8).collect();
        let hash: [u8; 16] = Md5::digest(name.as_bytes()).into();
        let [.., second_last, last] = hash;
        Ok(quote(&format!("{kept}_{second_last:02x}{last:02x}"), self.dialect))
    }

    fn add<'a>(&self, call: &Bound<'_, 'a>, table: &str, schema: Option<&str>, kind: Kind<'a>) -> Sql {
        if self.dialect == Dialect::Sqlite {
            return Err("SQLite cannot add a constraint to a table that is there; use `batch_alter_table`".to_owned());
        }
        let known = [
            "constraint_name",
            "table_name",
            "columns",
            "condition",
            "source_table",
            "referent_table",
            "local_cols",
            "remote_cols",
            "schema",
            "source_schema",
            "referent_schema",
        ];
        let options = call.keywords().filter(|(key, _)| !known.contains(key) && *key != "use_alter");
        let mut constraint = Constraint::from_keywords(kind, options)?;
        constraint.name = call.name("constraint_name")?;
        constraint.fixed = call.value("constraint_name").is_some_and(is_fixed);
        let table = qualified(schema, table, self.dialect);
        Ok(format!("ALTER TABLE {table} ADD {}", self.constraint_sql(&constraint)?).into())
    }

    pub(super) fn create_foreign_key(&mut self, call: &Bound<'_, '_>) -> Sql {
        let (columns, remote) = (call.names("local_cols")?, call.names("remote_cols")?);
        let kind =
            Kind::Foreign { columns, schema: call.name("referent_schema")?, table: call.required("referent_table")?, remote };
        self.add(call, &call.required("source_table")?, call.name("source_schema")?.as_deref(), kind)
    }

    pub(super) fn create_unique(&mut self, call: &Bound<'_, '_>) -> Sql {
        let kind = Kind::Unique(call.names("columns")?);
        self.add(call, &call.required("table_name")?, call.name("schema")?.as_deref(), kind)
    }

    pub(super) fn create_primary_key(&mut self, call: &Bound<'_, '_>) -> Sql {
        let kind = Kind::Primary(call.names("columns")?);
        self.add(call, &call.required("table_name")?, call.name("schema")?.as_deref(), kind)
    }

    pub(super) fn create_check(&mut self, call: &Bound<'_, '_>) -> Sql {
        let kind = Kind::Check(call.value("condition").ok_or("no condition")?.clone());
        self.add(call, &call.required("table_name")?, call.name("schema")?.as_deref(), kind)
    }

    pub(super) fn drop_constraint(&mut self, call: &Bound<'_, '_>) -> Sql {
        call.only(&["constraint_name", "table_name", "type_", "schema", "if_exists"], self.dialect_name())?;
        let table = qualified(call.name("schema")?.as_deref(), &call.required("table_name")?, self.dialect);
        let kind = call.name("type_")?;
        let mut named = call.name("constraint_name")?;
        let mut made = call.value("constraint_name").is_some_and(is_fixed);
        if kind.as_deref() == Some("check") && named.is_some() {
            let mut check = Constraint::primary(Vec::new());
            check.kind = Kind::Check(Value::None);
            check.name = named;
            check.fixed = call.value("constraint_name").is_some_and(is_fixed);
            let given = check.name.clone();
            named = self.name_by_convention(&check)?;
            made |= named != given;
        }
        if self.dialect == Dialect::Sqlite {
            return Err("SQLite cannot drop a constraint; use `batch_alter_table`".to_owned());
        }
        let nameless = super::NAMELESS.to_owned();
        if self.dialect == Dialect::Postgres {
            let exists = if call.flag("if_exists")? { "IF EXISTS " } else { "" };
            let name = self.checked_name(&named.ok_or(nameless)?, made)?;
            return Ok(format!("ALTER TABLE {table} DROP CONSTRAINT {exists}{name}").into());
        }
        let word = match (kind.as_deref(), self.dialect) {
            (Some("primary"), _) => return Ok(format!("ALTER TABLE {table} DROP PRIMARY KEY ").trim_end().to_owned().into()),
            (Some("foreignkey"), _) => "FOREIGN KEY",
            (Some("unique"), _) => "INDEX",
            (Some("check"), Dialect::MariaDb) => "CONSTRAINT",
            (Some("check"), _) => "CHECK",
            _ => return Err("MySQL needs `type_` to drop a constraint".to_owned()),
        };
        Ok(format!("ALTER TABLE {table} DROP {word} {}", self.checked_name(&named.ok_or(nameless)?, made)?).into())
    }
}
