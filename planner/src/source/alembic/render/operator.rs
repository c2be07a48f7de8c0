//! Operators and conditions of SQLAlchemy Core with their parentheses, and constants by the type of their column.

use super::Renderer;
use super::dml::{Target, column_name};
use super::expression::literal;
use super::identifier::quote;
use crate::dialect::Dialect;
use crate::source::alembic::interpreter::value::{Object, Value};

/// How tightly an expression binds; SQLAlchemy puts a looser one into parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Whole,
}

/// Constructs that stand for a plain value.
pub(super) fn is_constant(object: &Object<'_>) -> bool {
    matches!(
        object.kind.as_str(),
        "enum member" | "inline_literal" | "literal" | "null" | "Null" | "true" | "false" | "moment" | "uuid"
    )
}

impl Renderer {
    /// Conditions joined by AND.
    pub(super) fn all_of<'a>(&self, conditions: &[Value<'a>], tables: &[Target<'a>]) -> Result<String, String> {
        if let [one] = conditions {
            return self.operand(one, tables);
        }
        let parts = conditions.iter().map(|condition| self.inside(condition, Binding::And, tables));
        Ok(parts.collect::<Result<Vec<_>, _>>()?.join(" AND "))
    }

    /// An expression by itself.
    pub(super) fn operand<'a>(&self, value: &Value<'a>, tables: &[Target<'a>]) -> Result<String, String> {
        Ok(self.bound(value, tables)?.0)
    }

    fn inside<'a>(&self, value: &Value<'a>, least: Binding, tables: &[Target<'a>]) -> Result<String, String> {
        let (sql, binding) = self.bound(value, tables)?;
        Ok(if binding < least { format!("({sql})") } else { sql })
    }

    fn bound<'a>(&self, value: &Value<'a>, tables: &[Target<'a>]) -> Result<(String, Binding), String> {
        let Value::Object(object) = value else { return Ok((self.constant(value)?, Binding::Whole)) };
        let pair = || match object.args.as_slice() {
            [left, right] => Ok((left, right)),
            _ => Err(format!("`{}` does not take these arguments", object.kind)),
        };
        let comparison = |word: &str| -> Result<(String, Binding), String> {
            let (left, right) = pair()?;
            Ok((self.comparison(left, word, right, tables)?, Binding::Comparison))
        };
        match object.kind.as_str() {
            "column" | "Column" => Ok((self.column_of(object, tables)?, Binding::Whole)),
            "==" => comparison("="),
            "!=" => comparison("!="),
            word @ ("<" | "<=" | ">" | ">=") => comparison(word),
            "&" => {
                let (left, right) = pair()?;
                Ok((self.all_of(&[left.clone(), right.clone()], tables)?, Binding::And))
            }
            "|" => {
                let (left, right) = pair()?;
                let parts = [self.inside(left, Binding::Or, tables)?, self.inside(right, Binding::Or, tables)?];
                Ok((parts.join(" OR "), Binding::Or))
            }
            "and_" | "or_" => {
                if let [one] = object.args.as_slice() {
                    return self.bound(one, tables);
                }
                let (word, binding) = if object.kind == "and_" { (" AND ", Binding::And) } else { (" OR ", Binding::Or) };
                let parts = object.args.iter().map(|part| self.inside(part, binding, tables));
                Ok((parts.collect::<Result<Vec<_>, _>>()?.join(word), binding))
            }
            "not_" | "unary ~" => self.negated(object.args.first().ok_or("`not` of nothing")?, tables),
            ".in_" => Ok((self.membership(object, " IN ", tables)?, Binding::Comparison)),
            ".notin_" | ".not_in" => Ok((format!("({})", self.membership(object, " NOT IN ", tables)?), Binding::Whole)),
            ".like" => comparison("LIKE"),
            ".notlike" | ".not_like" => comparison("NOT LIKE"),
            ".is_" => Ok((self.identity(pair()?, "IS", tables)?, Binding::Comparison)),
            ".isnot" | ".is_not" => Ok((self.identity(pair()?, "IS NOT", tables)?, Binding::Comparison)),
            "*" | "/" | "-" | "+" => self.arithmetic(object, tables),
            kind if kind.starts_with("func.") => {
                // The arguments may name columns of the tables.
                let name = kind.trim_start_matches("func.");
                if object.args.is_empty() || !object.keywords.is_empty() {
                    return Ok((self.expression(value)?, Binding::Whole));
                }
                let parts = object.args.iter().map(|part| self.operand(part, tables)).collect::<Result<Vec<_>, _>>()?;
                let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                if !plain {
                    return Err(format!("`func.{name}` is not rendered"));
                }
                Ok((format!("{name}({})", parts.join(", ")), Binding::Whole))
            }
            "select" | ".select" | ".scalar_subquery" | ".as_scalar" => {
                Ok((format!("({})", self.select(object, tables)?), Binding::Whole))
            }
            kind if kind.starts_with('.') && is_query(object) => {
                Ok((format!("({})", self.select(object, tables)?), Binding::Whole))
            }
            "cast" | "Cast" => {
                let (inner, to) = pair()?;
                Ok((format!("CAST({} AS {})", self.operand(inner, tables)?, self.type_sql(to)?), Binding::Whole))
            }
            ".desc" | "desc" | ".asc" | "asc" => {
                let word = if object.kind.ends_with("desc") { "DESC" } else { "ASC" };
                let inner = object.args.first().ok_or("an order of nothing")?;
                Ok((format!("{} {word}", self.operand(inner, tables)?), Binding::Whole))
            }
            "text" => Ok((self.expression(value)?, Binding::Or)),
            _ => Ok((self.expression(value)?, Binding::Whole)),
        }
    }

    /// A column with its table, as SQLAlchemy writes it in a statement.
    fn column_of<'a>(&self, object: &Object<'a>, tables: &[Target<'a>]) -> Result<String, String> {
        let name = quote(&column_name(object)?, self.dialect);
        let Some(table) = object.keyword("table") else { return Ok(name) };
        let table = self.target(table)?;
        if !tables.iter().any(|known| known.is(&table)) {
            return Err(format!("the column `{name}` is not one of the statement's tables"));
        }
        Ok(format!("{}.{name}", self.target_name(&table)))
    }

    fn comparison<'a>(&self, left: &Value<'a>, word: &str, right: &Value<'a>, tables: &[Target<'a>]) -> Result<String, String> {
        let sql = self.inside(left, Binding::Sum, tables)?;
        let right = match right {
            Value::None => {
                let word = match word {
                    "=" => "IS",
                    "!=" => "IS NOT",
                    other => return Err(format!("`{other}` to None")),
                };
                return Ok(format!("{sql} {word} NULL"));
            }
            Value::Object(object) if is_constant(object) && matches!(object.kind.as_str(), "null" | "Null") => {
                return Ok(format!("{sql} {} NULL", if word == "=" { "IS" } else { "IS NOT" }));
            }
            Value::Object(object) if !is_constant(object) => self.inside(right, Binding::Sum, tables)?,
            constant => self.typed_constant(constant, self.column_behind(left).as_deref())?,
        };
        Ok(format!("{sql} {word} {right}"))
    }

    fn negated<'a>(&self, inner: &Value<'a>, tables: &[Target<'a>]) -> Result<(String, Binding), String> {
        let Value::Object(object) = inner else { return Err("`not` of a value".to_owned()) };
        let opposite = |kind: &str| {
            let object = Object { kind: kind.to_owned(), args: object.args.clone(), keywords: Vec::new(), made: 0 };
            self.bound(&Value::Object(std::rc::Rc::new(object)), tables)
        };
        match object.kind.as_str() {
            "==" => opposite("!="),
            "!=" => opposite("=="),
            "<" => opposite(">="),
            ">" => opposite("<="),
            "<=" => opposite(">"),
            ">=" => opposite("<"),
            ".in_" => opposite(".notin_"),
            ".is_" => opposite(".isnot"),
            ".isnot" | ".is_not" => opposite(".is_"),
            ".like" => opposite(".notlike"),
            "and_" | "or_" | "&" | "|" if object.args.len() > 1 => {
                Ok((format!("NOT ({})", self.operand(inner, tables)?), Binding::Not))
            }
            other => Err(format!("`not` of `{other}` is not rendered")),
        }
    }

    fn membership<'a>(&self, object: &Object<'a>, word: &str, tables: &[Target<'a>]) -> Result<String, String> {
        let [left, list] = object.args.as_slice() else { return Err("`in_` takes one list".to_owned()) };
        let sql = self.inside(left, Binding::Sum, tables)?;
        if let Value::Object(query) = list {
            return Ok(format!("{sql}{word}({})", self.select(query, tables)?));
        }
        let items = list.items().map_err(|reason| reason.to_string())?;
        if items.is_empty() {
            return Err("`in_` of an empty list".to_owned());
        }
        let column = self.column_behind(left);
        let parts = items.iter().map(|item| self.typed_constant(item, column.as_deref()));
        Ok(format!("{sql}{word}({})", parts.collect::<Result<Vec<_>, _>>()?.join(", ")))
    }

    fn identity<'a>(&self, (left, right): (&Value<'a>, &Value<'a>), word: &str, tables: &[Target<'a>]) -> Result<String, String> {
        let sql = self.inside(left, Binding::Sum, tables)?;
        match right {
            Value::None | Value::Bool(_) => Ok(format!("{sql} {word} {}", self.constant(right)?)),
            Value::Object(object) if is_constant(object) => Ok(format!("{sql} {word} {}", self.constant(right)?)),
            _ => Err(format!("`{word}` of this value is not rendered")),
        }
    }

    fn arithmetic<'a>(&self, object: &Object<'a>, tables: &[Target<'a>]) -> Result<(String, Binding), String> {
        let [left, right] = object.args.as_slice() else { return Err("an operator without two sides".to_owned()) };
        let number = |value: &Value<'_>| matches!(value, Value::Int(_) | Value::Float(_));
        // `+` of texts is `||`, and a division depends on the types.
        if object.kind == "/" || !(number(left) || number(right)) {
            return Err(format!("`{}` of these is not rendered", object.kind));
        }
        let binding = if object.kind == "*" { Binding::Product } else { Binding::Sum };
        let (left, right) = (self.inside(left, binding, tables)?, self.inside(right, binding, tables)?);
        Ok((format!("{left} {} {right}", object.kind), binding))
    }

    /// The definition of the column that an expression is, with its type.
    fn column_behind<'a>(&self, value: &Value<'a>) -> Option<std::rc::Rc<Object<'a>>> {
        let Value::Object(object) = value else { return None };
        if !matches!(object.kind.as_str(), "column" | "Column") {
            return None;
        }
        let Some(table) = object.keyword("table") else { return Some(object.clone()) };
        let name = column_name(object).ok()?;
        let table = self.target(table).ok()?;
        table.columns.iter().find(|column| column_name(column).is_ok_and(|known| known == name)).cloned()
    }

    fn has_uuid(&self) -> bool {
        self.dialect_name() == "postgresql" || self.dialect_name() == "mariadb"
    }

    /// A Python constant as the literal that the type of its column makes of it.
    pub(super) fn typed_constant(&self, value: &Value<'_>, column: Option<&Object<'_>>) -> Result<String, String> {
        let given = column.and_then(|column| column.args.get(1).or_else(|| column.keyword("type_")));
        let data_type = given.and_then(|value| self.resolve(value).ok());
        let Some(t) = data_type else {
            if matches!(value, Value::Dict(_) | Value::List(_) | Value::Tuple(_) | Value::Set(_)) {
                return Err(format!("{} has no literal of its own", value.noun()));
            }
            return self.constant(value);
        };
        match (t.bare(), value) {
            (_, Value::None) => Ok("NULL".to_owned()),
            // SQLAlchemy stores 32 digits where the server has no such type.
            ("Uuid" | "UUID", Value::Object(object)) if object.kind == "uuid" && !self.has_uuid() => {
                Ok(self.text_of(object)?.replace('-', ""))
            }
            ("Uuid" | "UUID", Value::Object(object)) if object.kind == "uuid" => self.text_of(object),
            (_, Value::Object(object)) if object.kind != "enum member" => self.constant(value),
            ("Enum" | "ENUM", _) => self.constant(value),
            (_, Value::Object(object)) => match object.args.get(1) {
                Some(held) => self.typed_constant(held, column),
                None => Err("an enum member without a value".to_owned()),
            },
            ("Boolean" | "BOOLEAN", Value::Int(number @ (0 | 1))) => self.constant(&Value::Bool(*number == 1)),
            ("Boolean" | "BOOLEAN", Value::Bool(_)) => self.constant(value),
            _ if t.is_integer() => match value {
                Value::Int(_) => self.constant(value),
                Value::Bool(truth) => Ok(i64::from(*truth).to_string()),
                _ => Err(format!("{} for a column of whole numbers", value.noun())),
            },
            (
                "String" | "Unicode" | "Text" | "UnicodeText" | "VARCHAR" | "TEXT" | "CHAR" | "AutoString" | "LONGTEXT",
                Value::Text(_),
            ) => self.constant(value),
            ("MEDIUMTEXT" | "CITEXT" | "NullType", Value::Text(_)) => self.constant(value),
            ("Numeric" | "Float" | "DECIMAL" | "NUMERIC", Value::Int(_) | Value::Float(_)) => self.constant(value),
            (other, _) => Err(format!("{} for a column of type `{other}` is not rendered", value.noun())),
        }
    }

    /// Tables whose columns an expression names, in the order it names them; queries inside have their own.
    pub(super) fn tables_in<'a>(&self, value: &Value<'a>) -> Result<Vec<Target<'a>>, String> {
        let mut found = Vec::new();
        self.collect_tables(value, &mut found)?;
        Ok(found)
    }

    fn collect_tables<'a>(&self, value: &Value<'a>, found: &mut Vec<Target<'a>>) -> Result<(), String> {
        let items: Vec<Value<'a>> = match value {
            Value::Object(object) if is_query(object) => return Ok(()),
            Value::Object(object) if matches!(object.kind.as_str(), "table" | "Table") => {
                found.push(self.target(value)?);
                return Ok(());
            }
            Value::Object(object) if matches!(object.kind.as_str(), "column" | "Column") => {
                object.keyword("table").cloned().into_iter().collect()
            }
            Value::Object(object) => object.args.clone(),
            Value::List(_) | Value::Tuple(_) | Value::Set(_) => value.items().unwrap_or_default(),
            _ => return Ok(()),
        };
        for item in &items {
            self.collect_tables(item, found)?;
        }
        Ok(())
    }

    /// A text literal. MySQL reads backslashes in one; of PostgreSQL SQLAlchemy thinks so as long as it has asked no server.
    pub(super) fn literal(&self, text: &str) -> String {
        match self.dialect {
            Dialect::MySql | Dialect::MariaDb => literal(&text.replace('\\', "\\\\")),
            Dialect::Postgres if self.offline => literal(&text.replace('\\', "\\\\")),
            Dialect::Postgres | Dialect::Sqlite => literal(text),
        }
    }
}

/// Whether a construct is a query of its own.
fn is_query(object: &Object<'_>) -> bool {
    match object.kind.as_str() {
        "select" | ".select" => true,
        kind if kind.starts_with('.') => matches!(object.args.first(), Some(Value::Object(inner)) if is_query(inner)),
        _ => false,
    }
}
