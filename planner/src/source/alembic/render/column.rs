//! `sa.Column(…)`: what it says, and its line in `CREATE TABLE` or `ADD COLUMN`.

use std::rc::Rc;

use super::bound::truth;
use super::constraint::Constraint;
use super::identifier::quote;
use super::{Renderer, name_of};
use crate::dialect::Dialect;
use crate::sort::Sort;
use crate::source::alembic::interpreter::construct_kind;
use crate::source::alembic::interpreter::value::{Object, Value};

/// A column as SQLAlchemy would build it.
#[derive(Clone, Debug)]
pub(super) struct Column<'a> {
    pub(super) name: String,
    pub(super) data_type: Value<'a>,
    /// As given; a primary key's is decided later.
    nullable: Option<bool>,
    pub(super) primary_key: bool,
    /// `None`: "auto".
    autoincrement: Option<bool>,
    has_python_default: bool,
    pub(super) server_default: Option<Value<'a>>,
    computed: Option<Rc<Object<'a>>>,
    identity: Option<Rc<Object<'a>>>,
    /// A sequence, which SQLAlchemy asks for the next number itself where the server has sequences.
    draws: bool,
    pub(super) foreign_keys: Vec<Rc<Object<'a>>>,
    pub(super) checks: Vec<Rc<Object<'a>>>,
    pub(super) unique: bool,
    pub(super) index: bool,
    pub(super) comment: Option<String>,
}

/// Keywords of a column that make no SQL.
const SILENT: &[&str] = &["default", "onupdate", "key", "doc", "info", "quote", "system", "insert_default", "server_onupdate"];

impl<'a> Column<'a> {
    pub(super) fn read(value: &Value<'a>) -> Result<Self, String> {
        let Value::Object(object) = value else { return Err(format!("a column is {}", value.noun())) };
        if object.kind != "Column" {
            return Err(format!("a column is `{}(…)`", object.kind));
        }
        let mut items = object.args.iter().peekable();
        let name = match object.keyword("name") {
            Some(name) => name_of(name)?,
            None => items.next().map(name_of).transpose()?.flatten(),
        };
        let name = name.ok_or("a column without a name")?;
        let mut column = Self::new(name, Value::None);
        if let Some(data_type) = object.keyword("type_") {
            column.data_type = data_type.clone();
        }
        for item in items {
            column.item(item)?;
        }
        for (key, value) in &object.keywords {
            column.keyword(key, value).map_err(|why| format!("column `{}`: {why}", column.name))?;
        }
        if matches!(column.data_type, Value::None) {
            return Err(format!("column `{}` has no type", column.name));
        }
        Ok(column)
    }

    pub(super) fn new(name: String, data_type: Value<'a>) -> Self {
        Self {
            name,
            data_type,
            nullable: None,
            primary_key: false,
            autoincrement: None,
            has_python_default: false,
            server_default: None,
            computed: None,
            identity: None,
            draws: false,
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            unique: false,
            index: false,
            comment: None,
        }
    }

    fn item(&mut self, item: &Value<'a>) -> Result<(), String> {
        let kind = match item {
            Value::Object(object) => object.kind.clone(),
            Value::Symbol(path) => construct_kind(path).unwrap_or_default(),
            Value::None => return Ok(()),
            _ => String::new(),
        };
        match (kind.as_str(), item) {
            ("ForeignKey", Value::Object(object)) => self.foreign_keys.push(object.clone()),
            ("CheckConstraint", Value::Object(object)) => self.checks.push(object.clone()),
            ("Computed", Value::Object(object)) => self.computed = Some(object.clone()),
            ("Identity", Value::Object(object)) => self.identity = Some(object.clone()),
            // What is optional is for servers that count up by nothing else.
            ("Sequence", Value::Object(object)) => self.draws = truth(object.keyword("optional"))? != Some(true),
            ("DefaultClause" | "FetchedValue", _) => self.server_default = Some(item.clone()),
            ("ColumnDefault", _) => self.has_python_default = true,
            ("UniqueConstraint" | "Index", _) => return Err(format!("`{kind}` inside column `{}` is not rendered", self.name)),
            _ if matches!(self.data_type, Value::None) => self.data_type = item.clone(),
            _ => return Err(format!("column `{}`: {} among its arguments", self.name, item.noun())),
        }
        Ok(())
    }

    fn keyword(&mut self, key: &str, value: &Value<'a>) -> Result<(), String> {
        match key {
            "nullable" => self.nullable = truth(Some(value))?,
            "primary_key" => self.primary_key = truth(Some(value))?.unwrap_or(false),
            "unique" => self.unique = truth(Some(value))?.unwrap_or(false),
            "index" => self.index = truth(Some(value))?.unwrap_or(false),
            "autoincrement" => {
                self.autoincrement = match value {
                    Value::Text(auto) if auto.as_ref() == "auto" => None,
                    other => truth(Some(other))?,
                }
            }
            "server_default" => match value {
                Value::None => {}
                Value::Object(object) if object.kind == "Computed" => self.computed = Some(object.clone()),
                Value::Object(object) if object.kind == "Identity" => self.identity = Some(object.clone()),
                other => self.server_default = Some(other.clone()),
            },
            "comment" => self.comment = name_of(value)?,
            "default" if !matches!(value, Value::None) => self.has_python_default = true,
            "name" | "type_" => {}
            key if SILENT.contains(&key) => {}
            key if key.contains('_') && !key.starts_with("postgresql_") && !key.starts_with("sqlite_") => {}
            key => return Err(format!("the argument `{key}` is not followed")),
        }
        Ok(())
    }

    pub(super) fn nullable(&self, in_primary_key: bool) -> bool {
        self.nullable.unwrap_or(!self.primary_key && !in_primary_key && self.identity.is_none())
    }

    /// `autoincrement=True`.
    pub(super) fn counts_by_choice(&self) -> bool {
        self.autoincrement == Some(true)
    }

    /// Whether the database counts this column up by itself, as the only column of its primary key or by order.
    pub(super) fn counts_up(&self, renderer: &Renderer, key_columns: usize) -> Result<bool, String> {
        if self.draws && renderer.has_sequences() {
            return Ok(false);
        }
        let integer = renderer.resolve(&self.data_type)?.is_integer() || base_is_integer(renderer, &self.data_type);
        if self.autoincrement == Some(true) {
            return Ok(integer);
        }
        Ok(key_columns == 1
            && self.autoincrement.is_none()
            && integer
            && !self.has_python_default
            && self.server_default.is_none()
            && self.computed.is_none()
            && self.foreign_keys.is_empty())
    }
}

/// SQLAlchemy judges a type with variants by its base type.
fn base_is_integer(renderer: &Renderer, value: &Value<'_>) -> bool {
    match value {
        Value::Object(object) if object.kind == ".with_variant" => {
            object.args.first().is_some_and(|base| base_is_integer(renderer, base))
        }
        other => renderer.resolve(other).is_ok_and(|t| t.is_integer()),
    }
}

impl Renderer {
    /// Whether SQLAlchemy takes the server for one with sequences.
    pub(in crate::source::alembic) fn has_sequences(&self) -> bool {
        match self.dialect {
            Dialect::Postgres => true,
            Dialect::MariaDb => (self.version.major, self.version.minor) >= (10, 3),
            Dialect::MySql | Dialect::Sqlite => false,
        }
    }

    /// `name TYPE DEFAULT … NOT NULL`, in the dialect's order. `counts_up`: SERIAL, AUTO_INCREMENT.
    pub(super) fn column_line(&self, column: &Column<'_>, in_key: bool, counts_up: bool) -> Result<String, String> {
        let of = |why: String| format!("column `{}`: {why}", column.name);
        let name = quote(&column.name, self.dialect);
        let null = column.nullable(in_key);
        let mut parts = vec![name];
        match self.dialect {
            Dialect::Postgres => {
                let identity = column.identity.is_some();
                if counts_up && !identity && in_key && !column.has_python_default {
                    parts.push(self.serial(column).map_err(of)?.to_owned());
                } else {
                    parts.push(self.type_sql(&column.data_type).map_err(of)?);
                    if let Some(default) = self.default_of(column).map_err(of)? {
                        parts.push(format!("DEFAULT {default}"));
                    }
                }
                parts.extend(self.computed(column).map_err(of)?);
                if let Some(identity) = &column.identity {
                    parts.push(identity_clause(identity).map_err(of)?);
                }
                match (null, identity) {
                    (false, false) => parts.push("NOT NULL".to_owned()),
                    (true, true) => parts.push("NULL".to_owned()),
                    _ => {}
                }
            }
            Dialect::Sqlite => {
                parts.push(self.type_sql(&column.data_type).map_err(of)?);
                if let Some(default) = self.default_of(column).map_err(of)? {
                    parts.push(format!("DEFAULT {}", in_parentheses_for_sqlite(&default)));
                }
                if !null {
                    parts.push("NOT NULL".to_owned());
                }
                parts.extend(self.computed(column).map_err(of)?);
            }
            Dialect::MySql | Dialect::MariaDb => {
                parts.push(self.type_sql(&column.data_type).map_err(of)?);
                parts.extend(self.computed(column).map_err(of)?);
                if !null {
                    parts.push("NOT NULL".to_owned());
                } else if self.resolve(&column.data_type)?.bare() == "TIMESTAMP" {
                    parts.push("NULL".to_owned());
                }
                if let Some(comment) = &column.comment {
                    parts.push(format!("COMMENT {}", self.literal(comment)));
                }
                if counts_up && in_key && column.server_default.is_none() {
                    parts.push("AUTO_INCREMENT".to_owned());
                } else if let Some(default) = self.default_of(column).map_err(of)? {
                    let wraps = self.takes_default_expressions() && is_expression(&default);
                    parts.push(if wraps { format!("DEFAULT ({default})") } else { format!("DEFAULT {default}") });
                }
            }
        }
        Ok(parts.join(" "))
    }

    /// MySQL from 8.0.13 (here: from 8.0) and MariaDB from 10.2.1 (here: from 10.2) take expressions as defaults; without
    /// a server SQLAlchemy knows no version and writes them bare.
    fn takes_default_expressions(&self) -> bool {
        let least = if self.dialect == Dialect::MySql { (8, 0) } else { (10, 2) };
        !self.offline && (self.version.major, self.version.minor) >= least
    }

    /// Constraints written at the column: CHECK.
    pub(super) fn column_checks(&self, column: &Column<'_>) -> Result<String, String> {
        let mut text = String::new();
        for check in &column.checks {
            text.push(' ');
            text.push_str(&self.constraint_sql(&Constraint::check(check)?)?);
        }
        Ok(text)
    }

    fn serial(&self, column: &Column<'_>) -> Result<&'static str, String> {
        Ok(match self.resolve(&column.data_type)?.bare() {
            "BigInteger" | "BIGINT" => "BIGSERIAL",
            "SmallInteger" | "SMALLINT" => "SMALLSERIAL",
            _ => "SERIAL",
        })
    }

    fn default_of(&self, column: &Column<'_>) -> Result<Option<String>, String> {
        column.server_default.as_ref().map_or(Ok(None), |value| self.server_default(value))
    }

    fn computed(&self, column: &Column<'_>) -> Result<Option<String>, String> {
        let Some(computed) = &column.computed else { return Ok(None) };
        let expression = match computed.args.first() {
            Some(Value::Text(text)) => super::expression::text_clause(text)?,
            Some(other) => self.expression(other)?,
            None => return Err("a computed column without an expression".to_owned()),
        };
        let persisted = truth(computed.args.get(1).or_else(|| computed.keyword("persisted")))?;
        let kept = match (self.dialect, persisted) {
            (Dialect::Postgres, Some(false)) => {
                return Err("PostgreSQL has no virtual columns in this version of SQLAlchemy".to_owned());
            }
            (Dialect::Postgres, _) | (_, Some(true)) => " STORED",
            (_, Some(false)) => " VIRTUAL",
            (_, None) => "",
        };
        Ok(Some(format!("GENERATED ALWAYS AS ({expression}){kept}")))
    }
}

fn identity_clause(identity: &Object<'_>) -> Result<String, String> {
    const OPTIONS: &[(&str, &str)] = &[
        ("increment", "INCREMENT BY"),
        ("start", "START WITH"),
        ("minvalue", "MINVALUE"),
        ("maxvalue", "MAXVALUE"),
        ("cache", "CACHE"),
    ];
    let always = truth(identity.keyword("always").or_else(|| identity.args.first()))?.unwrap_or(false);
    let mut options: Vec<(usize, String)> = Vec::new();
    for (key, value) in &identity.keywords {
        if matches!(value, Value::None) {
            continue;
        }
        let at = match key.as_str() {
            "increment" => 0,
            "start" => 1,
            "minvalue" => 2,
            "maxvalue" => 3,
            "cache" => 6,
            "always" | "on_null" => continue,
            "nominvalue" => 4,
            "nomaxvalue" => 5,
            "cycle" => 7,
            other => return Err(format!("the option `{other}` of the identity is not followed")),
        };
        let text = match (key.as_str(), value) {
            ("nominvalue", _) => "NO MINVALUE".to_owned(),
            ("nomaxvalue", _) => "NO MAXVALUE".to_owned(),
            ("cycle", value) => {
                if truth(Some(value))? == Some(true) {
                    "CYCLE".to_owned()
                } else {
                    "NO CYCLE".to_owned()
                }
            }
            (key, Value::Int(number)) => {
                let word = OPTIONS.iter().find_map(|(name, word)| (*name == key).then_some(*word)).unwrap_or_default();
                format!("{word} {number}")
            }
            (key, other) => return Err(format!("`{key}` of the identity is {}", other.noun())),
        };
        options.push((at, text));
    }
    if identity.args.len() > 1 {
        return Err("an identity with options by place is not rendered".to_owned());
    }
    options.order();
    let options: Vec<String> = options.into_iter().map(|(_, text)| text).collect();
    let kind = if always { "ALWAYS" } else { "BY DEFAULT" };
    let options = if options.is_empty() { String::new() } else { format!(" ({})", options.join(" ")) };
    Ok(format!("GENERATED {kind} AS IDENTITY{options}"))
}

/// Whether SQLAlchemy puts a default into parentheses for MySQL: it is more than a word, no quoted text, and none of the
/// forms that MySQL takes bare (`MySQLDDLCompiler.get_column_specification`).
fn is_expression(default: &str) -> bool {
    let lower = default.to_lowercase();
    let timed = ["now(", "current_timestamp("]
        .iter()
        .any(|function| lower.strip_prefix(function).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())));
    let quoted = default.trim_start().starts_with(['\'', '"', '(']);
    let words: Vec<&str> = lower.split_whitespace().collect();
    let on_update = words.windows(2).any(|pair| pair == ["on", "update"]);
    let several = default.chars().any(|c| !c.is_alphanumeric() && c != '_');
    several && !quoted && !timed && !on_update
}

/// SQLite takes an expression as default only in parentheses; a quoted text, a number or a word it takes bare.
pub(super) fn in_parentheses_for_sqlite(default: &str) -> String {
    let quoted = default.trim_start().starts_with(['\'', '"', '(']);
    let plain = default.chars().all(|c| c.is_alphanumeric() || c == '_');
    if quoted || plain { default.to_owned() } else { format!("({default})") }
}
