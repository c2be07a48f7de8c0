//! `op.execute`, `connection.execute`.

use super::bound::Bound;
use super::expression::text_clause;
use super::{Rendered, Renderer, Sql};
use crate::source::alembic::interpreter::value::{Object, Value};

impl Renderer {
    /// A plain text goes through `text()`, where `:name` is a bind parameter; `exec_driver_sql` sends it as it is.
    pub(super) fn execute(&mut self, call: &Bound<'_, '_>, raw: bool) -> Sql {
        call.only(&["sqltext", "statement", "parameters", "params", "execution_options"], self.dialect_name())?;
        let statement = call.value("sqltext").or_else(|| call.value("statement")).ok_or("nothing to execute")?;
        if call.given("execution_options").is_some() {
            return Err("`execution_options` may change how the statement runs".to_owned());
        }
        let values = match call.given("parameters").or_else(|| call.given("params")) {
            None => Vec::new(),
            Some(Value::Dict(items)) => items.borrow().clone(),
            Some(other) => return Err(format!("its parameters are {}", other.noun())),
        };
        let has_values = !values.is_empty();
        let text = match statement {
            Value::Text(text) if raw && values.is_empty() => text.to_string(),
            Value::Text(text) => self.with_values(text, &values)?,
            Value::Object(object) if is_made(object) => {
                if !values.is_empty() {
                    return Err("a statement that SQLAlchemy makes is given parameters of its own".to_owned());
                }
                self.schema_object(object).unwrap_or_else(|| self.made_statement(object))?
            }
            Value::Object(object) => self.statement(object, values)?,
            other => return Err(format!("the statement is {}", other.noun())),
        };
        let text = text.trim();
        // Drivers refuse an empty statement or pass over it; either way nothing happens.
        let statement = text.strip_suffix(';').map_or(text, str::trim_end);
        if statement.is_empty() {
            return Ok(Rendered::default());
        }
        let assumptions = if has_values {
            vec!["the values of its parameters stand in the statement; Alembic's own `--sql` writes NULL for them".to_owned()]
        } else {
            Vec::new()
        };
        Ok(Rendered { sql: vec![statement.to_owned()], assumptions })
    }

    fn statement<'a>(&self, object: &Object<'a>, mut values: Vec<(Value<'a>, Value<'a>)>) -> Result<String, String> {
        match (object.kind.as_str(), object.args.first()) {
            ("text", Some(Value::Text(text))) => self.with_values(text, &values),
            (".bindparams", Some(Value::Object(inner))) if object.args.len() == 1 => {
                values.extend(object.keywords.iter().map(|(key, value)| (Value::text(key), value.clone())));
                self.statement(inner, values)
            }
            (".execution_options", Some(Value::Object(inner))) if object.keywords.iter().all(|(key, _)| key == "autocommit") => {
                self.statement(inner, values)
            }
            ("DDL", Some(Value::Text(text))) if object.args.len() == 1 => Ok(text.replace("%%", "%")),
            ("text", Some(other)) => Err(format!("the text is {}", other.noun())),
            (kind, _) => Err(format!("the statement `{kind}(…)` is made by SQLAlchemy, which is not rendered")),
        }
    }

    /// Writes known values in the place of their bind parameters.
    fn with_values(&self, text: &str, values: &[(Value<'_>, Value<'_>)]) -> Result<String, String> {
        let mut text = text.to_owned();
        for (key, value) in values {
            let Value::Text(name) = key else { return Err("a bind parameter's name is not known".to_owned()) };
            let literal = self.constant(value).map_err(|why| format!("the value of `:{name}`: {why}"))?;
            text = replace_parameter(&text, name, &literal.replace(':', "\\:"));
        }
        text_clause(&text)
    }
}

/// Whether SQLAlchemy Core makes the statement.
fn is_made(object: &Object<'_>) -> bool {
    !matches!(object.kind.as_str(), "text" | ".bindparams" | ".execution_options" | "DDL")
}

/// Replaces `:name` where it is a bind parameter of that very name.
fn replace_parameter(text: &str, name: &str, with: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let wanted = format!(":{name}");
    while let Some(at) = rest.find(&wanted) {
        let (before, found) = rest.split_at(at);
        let after = found.get(wanted.len()..).unwrap_or_default();
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let previous = before.chars().next_back().or_else(|| out.chars().next_back());
        let ends = !after.starts_with(|c: char| word(c) || c == ':');
        let begins = previous.is_none_or(|c| !word(c) && c != ':' && c != '\\');
        out.push_str(before);
        out.push_str(if ends && begins { with } else { &wanted });
        rest = after;
    }
    out.push_str(rest);
    out
}
