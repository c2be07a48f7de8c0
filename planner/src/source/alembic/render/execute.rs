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
        // A list of parameters runs the statement once for each.
        let parameters = call.given("parameters").or_else(|| call.given("params"));
        let rows = match parameters {
            None => vec![Value::None],
            Some(Value::Dict(items)) if items.borrow().is_empty() => vec![Value::None],
            Some(one @ Value::Dict(_)) => vec![one.clone()],
            Some(several @ (Value::List(_) | Value::Tuple(_))) => several.items().map_err(|reason| reason.to_string())?,
            Some(other) => return Err(format!("its parameters are {}", other.noun())),
        };
        let mut rendered = Rendered::default();
        for row in rows {
            let text = self.once(statement, &row, raw)?;
            let text = text.trim();
            // Drivers refuse an empty statement or pass over it; either way nothing happens.
            let text = text.strip_suffix(';').map_or(text, str::trim_end);
            if text.is_empty() {
                continue;
            }
            rendered.sql.push(text.to_owned());
            if !matches!(row, Value::None) && rendered.assumptions.is_empty() {
                rendered.assumptions.push(
                    "the values of its parameters stand in the statement; Alembic's own `--sql` writes NULL for them".to_owned(),
                );
            }
        }
        Ok(rendered)
    }

    /// The statement with the values of one row of parameters, if there is one.
    fn once<'a>(&mut self, statement: &Value<'a>, row: &Value<'a>, raw: bool) -> Result<String, String> {
        let values = match row {
            Value::None => Vec::new(),
            Value::Dict(items) => items.borrow().clone(),
            other => return Err(format!("among its parameters is {}", other.noun())),
        };
        match statement {
            Value::Text(text) if raw && values.is_empty() => Ok(text.to_string()),
            Value::Text(text) => self.with_values(text, &values),
            Value::Object(object) if is_made(object) && values.is_empty() => {
                self.schema_object(object).unwrap_or_else(|| self.made_statement(object))
            }
            Value::Object(object) if is_bare_insert(object) => {
                let args = vec![statement.clone(), row.clone()];
                let with_row = Object { kind: ".values".to_owned(), args, keywords: Vec::new(), made: object.made };
                self.made_statement(&with_row)
            }
            Value::Object(object) if is_made(object) => {
                Err("a statement that SQLAlchemy makes is given parameters of its own".to_owned())
            }
            Value::Object(object) => self.statement(object, values),
            other => Err(format!("the statement is {}", other.noun())),
        }
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
            ("DDL", Some(Value::Text(text))) if object.args.len() == 1 => with_context(text, object.keyword("context")),
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

/// `insert(table)` and `table.insert()`, which take their values from parameters.
fn is_bare_insert(object: &Object<'_>) -> bool {
    matches!(object.kind.as_str(), "insert" | ".insert" | "postgresql.insert") && object.args.len() == 1
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

/// `DDL(text, context=…)`: SQLAlchemy sends `text % context`.
fn with_context(text: &str, context: Option<&Value<'_>>) -> Result<String, String> {
    let mut sql = text.to_owned();
    match context {
        None | Some(Value::None) => {}
        Some(Value::Dict(items)) => {
            for (key, value) in items.borrow().iter() {
                let (Value::Text(key), Value::Text(value)) = (key, value) else {
                    return Err("a part of the context is no known text".to_owned());
                };
                sql = sql.replace(&format!("%({key})s"), &value.replace('%', "%%"));
            }
        }
        Some(other) => return Err(format!("its context is {}", other.noun())),
    }
    if sql.contains("%(") { Err("its context does not say all it asks for".to_owned()) } else { Ok(sql.replace("%%", "%")) }
}
