//! SQL expressions: text clauses, functions, constants, simple comparisons.

use super::Renderer;
use super::identifier::quote;
use crate::dialect::Dialect;
use crate::source::alembic::interpreter::value::{Object, Value};

/// A text as an SQL literal.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A text clause as it is sent: `\:` undone. A `:name` is a bind parameter without a value, wherever it stands.
pub(super) fn text_clause(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        if c == '\\' && chars.peek() == Some(&':') {
            before = c;
            continue;
        }
        if c == ':' && before != ':' && before != '\\' && !is_word(before) {
            let name: String = {
                let mut ahead = chars.clone();
                let mut name = String::new();
                while let Some(c) = ahead.next_if(|c| is_word(*c)) {
                    name.push(c);
                }
                if ahead.peek() == Some(&':') { String::new() } else { name }
            };
            if !name.is_empty() {
                return Err(format!(
                    "`:{name}` in the text is a bind parameter without a value; write `\\:{name}` if it is not meant as one"
                ));
            }
        }
        out.push(c);
        before = c;
    }
    Ok(out.replace('\t', "    "))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Renderer {
    /// An expression where SQLAlchemy takes SQL: a check, an index part, a default that is no plain text.
    pub(super) fn expression(&self, value: &Value<'_>) -> Result<String, String> {
        match value {
            Value::Object(object) => self.clause(object),
            Value::Symbol(path) if path.ends_with(".func.now") => Err("`func.now` is not called".to_owned()),
            Value::Method(_) => self.column_reference(value),
            other => self.constant(other),
        }
    }

    /// A Python constant as an SQL literal.
    pub(super) fn constant(&self, value: &Value<'_>) -> Result<String, String> {
        Ok(match value {
            Value::None => "NULL".to_owned(),
            Value::Bool(truth) => self.truth(*truth).to_owned(),
            Value::Int(int) => int.to_string(),
            Value::Float(float) if float.is_finite() => format!("{float:?}"),
            Value::Text(text) => self.literal(text),
            Value::Object(object) if matches!(object.kind.as_str(), "literal" | "inline_literal") => {
                return object
                    .args
                    .first()
                    .map_or_else(|| Err("a literal without a value".to_owned()), |value| self.constant(value));
            }
            Value::Object(object) if object.kind == "enum member" => {
                return object
                    .args
                    .first()
                    .map_or_else(|| Err("an enum member without a name".to_owned()), |name| self.constant(name));
            }
            Value::Object(object) if object.kind == "moment" => self.moment(object)?,
            Value::Object(object) if object.kind == "uuid" && self.dialect == Dialect::Postgres => self.text_of(object)?,
            Value::Object(object) if object.kind == "uuid" => {
                return Err("how an identifier is stored depends on the column's type".to_owned());
            }
            Value::Object(_) => return self.expression(value),
            other => return Err(format!("a value is {}", other.noun())),
        })
    }

    /// The literal of a date or time; on SQLite SQLAlchemy writes times to the microsecond, without their zone.
    fn moment(&self, object: &Object<'_>) -> Result<String, String> {
        let Some(Value::Text(text)) = object.args.first() else { return self.text_of(object) };
        let (Some(seconds), Dialect::Sqlite) = (text.get(..19), self.dialect) else { return self.text_of(object) };
        let fraction = text.get(19..).and_then(|rest| rest.strip_prefix('.')?.get(..6)).unwrap_or("000000");
        Ok(self.literal(&format!("{seconds}.{fraction}")))
    }

    /// The literal of a value that is kept as its text.
    pub(super) fn text_of(&self, object: &Object<'_>) -> Result<String, String> {
        match object.args.first() {
            Some(Value::Text(text)) => Ok(self.literal(text)),
            _ => Err("its text is not known".to_owned()),
        }
    }

    fn truth(&self, truth: bool) -> &'static str {
        match (self.dialect, truth) {
            (Dialect::Sqlite, true) => "1",
            (Dialect::Sqlite, false) => "0",
            (_, true) => "true",
            (_, false) => "false",
        }
    }

    fn clause(&self, object: &Object<'_>) -> Result<String, String> {
        let first = object.args.first();
        match (object.kind.as_str(), first) {
            ("text", Some(Value::Text(text))) => text_clause(text),
            ("literal_column", Some(Value::Text(text))) => Ok(text.to_string()),
            ("column" | "Column", Some(Value::Text(name))) => Ok(quote(name, self.dialect)),
            ("true" | "True_", None) => Ok(self.truth(true).to_owned()),
            ("false" | "False_", None) => Ok(self.truth(false).to_owned()),
            ("null" | "Null", None) => Ok("NULL".to_owned()),
            ("literal" | "inline_literal" | "enum member", _) => self.constant(first.unwrap_or(&Value::None)),
            ("cast" | "Cast", Some(inner)) => {
                let to = object.args.get(1).ok_or("a cast without a type")?;
                Ok(format!("CAST({} AS {})", self.expression(inner)?, self.type_sql(to)?))
            }
            (".desc" | "desc", Some(inner)) => Ok(format!("{} DESC", self.expression(inner)?)),
            (".asc" | "asc", Some(inner)) => Ok(format!("{} ASC", self.expression(inner)?)),
            ("DefaultClause", Some(inner @ Value::Object(_))) => self.expression(inner),
            ("DefaultClause", Some(Value::Text(text))) => Ok(self.literal(text)),
            (".is_", Some(left)) if matches!(object.args.get(1), Some(Value::None)) => {
                Ok(format!("{} IS NULL", self.expression(left)?))
            }
            (".isnot" | ".is_not", Some(left)) if matches!(object.args.get(1), Some(Value::None)) => {
                Ok(format!("{} IS NOT NULL", self.expression(left)?))
            }
            (kind, _) if kind.starts_with("func.") => self.function(kind.trim_start_matches("func."), object),
            (kind, _) => Err(format!("the expression `{kind}(…)` is not rendered")),
        }
    }

    fn column_reference(&self, value: &Value<'_>) -> Result<String, String> {
        match value {
            Value::Method(method) if matches!(&method.0, Value::Method(inner) if matches!(inner.1.as_str(), "c" | "columns")) => {
                Ok(quote(&method.1, self.dialect))
            }
            other => Err(format!("an expression is {}", other.noun())),
        }
    }

    fn function(&self, name: &str, object: &Object<'_>) -> Result<String, String> {
        const WITHOUT_PARENTHESES: &[&str] = &[
            "current_date",
            "current_time",
            "current_timestamp",
            "current_user",
            "localtime",
            "localtimestamp",
            "session_user",
            "user",
        ];
        if !object.keywords.is_empty() {
            return Err(format!("keyword arguments of `func.{name}` are not rendered"));
        }
        let lower = name.to_lowercase();
        if WITHOUT_PARENTHESES.contains(&lower.as_str()) && object.args.is_empty() {
            return Ok(name.to_uppercase());
        }
        if lower == "now" && object.args.is_empty() {
            return Ok(if self.dialect == Dialect::Sqlite { "CURRENT_TIMESTAMP".to_owned() } else { "now()".to_owned() });
        }
        let arguments = object.args.iter().map(|value| self.expression(value)).collect::<Result<Vec<_>, _>>()?;
        let parts: Vec<String> = name.split('.').map(|part| function_name(part, self.dialect)).collect();
        Ok(format!("{}({})", parts.join("."), arguments.join(", ")))
    }

    /// `server_default=`: a text is a literal, anything else an expression. `None` where it makes no DEFAULT clause.
    pub(super) fn server_default(&self, value: &Value<'_>) -> Result<Option<String>, String> {
        match value {
            Value::Text(text) => Ok(Some(self.literal(text))),
            Value::Object(object) if object.kind == "FetchedValue" => Ok(None),
            Value::Symbol(path) if path.ends_with("FetchedValue") => Ok(None),
            Value::Object(object) if matches!(object.kind.as_str(), "f" | "enum member" | "inline_literal" | "literal") => {
                Err(format!("a server default of `{}(…)` is not rendered", object.kind))
            }
            Value::Object(_) => self.expression(value).map(Some),
            other => Err(format!("a server default is {}", other.noun())),
        }
    }
}

/// SQLAlchemy quotes a function's name only for its characters, not for being reserved.
fn function_name(name: &str, dialect: Dialect) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { quote(name, dialect) }
}
