//! Statements of SQLAlchemy for schemas and sequences, which no directive of Alembic's makes.

use super::bound::truth;
use super::{Renderer, name_of, qualified, quote};
use crate::dialect::Dialect;
use crate::source::alembic::interpreter::value::{Object, Value};

impl Renderer {
    /// `CreateSchema(…)`, `DropSchema(…)`, `CreateSequence(…)`, `DropSequence(…)`; `None` for any other statement.
    pub(super) fn schema_object(&self, object: &Object<'_>) -> Option<Result<String, String>> {
        match object.kind.as_str() {
            "CreateSchema" => Some(self.schema_statement(object, "CREATE SCHEMA ", "if_not_exists")),
            "DropSchema" => Some(self.schema_statement(object, "DROP SCHEMA ", "if_exists")),
            "CreateSequence" => Some(self.sequence_statement(object, "CREATE SEQUENCE ", "if_not_exists")),
            "DropSequence" => Some(self.sequence_statement(object, "DROP SEQUENCE ", "if_exists")),
            _ => None,
        }
    }

    fn schema_statement(&self, object: &Object<'_>, verb: &str, exists: &str) -> Result<String, String> {
        if self.dialect == Dialect::Sqlite {
            return Err("SQLite has no schemas".to_owned());
        }
        let known = if exists == "if_exists" { &["name", exists, "cascade"][..] } else { &["name", exists][..] };
        let [name] = arguments(object, known, 1)?;
        let name = name_of(name.or_else(|| object.keyword("name")).ok_or("the schema has no name")?)?;
        let name = quote(&name.ok_or("the schema has no name")?, self.dialect);
        let cascade = if truth(object.keyword("cascade"))? == Some(true) { " CASCADE" } else { "" };
        Ok(format!("{verb}{}{name}{cascade}", condition(object, exists)?))
    }

    fn sequence_statement(&self, object: &Object<'_>, verb: &str, exists: &str) -> Result<String, String> {
        if self.dialect != Dialect::Postgres {
            return Err("a sequence is rendered for PostgreSQL only".to_owned());
        }
        let [sequence] = arguments(object, &[exists], 1)?;
        let Some(Value::Object(sequence)) =
            sequence.filter(|value| matches!(value, Value::Object(one) if one.kind == "Sequence"))
        else {
            return Err("the sequence is not known".to_owned());
        };
        // The table's metadata does not show in the statement.
        let [name, start, increment] = arguments(sequence, &["name", "start", "increment", "schema", "optional"], 3)?;
        let name = name_of(name.or_else(|| sequence.keyword("name")).ok_or("the sequence has no name")?)?;
        let schema = sequence.keyword("schema").map(name_of).transpose()?.flatten();
        let full = qualified(schema.as_deref(), &name.ok_or("the sequence has no name")?, self.dialect);
        let mut text = format!("{verb}{}{full}", condition(object, exists)?);
        if exists == "if_not_exists" {
            for (key, value, words) in [("increment", increment, "INCREMENT BY"), ("start", start, "START WITH")] {
                match value.or_else(|| sequence.keyword(key)) {
                    None | Some(Value::None) => {}
                    Some(Value::Int(number)) => text.push_str(&format!(" {words} {number}")),
                    Some(other) => return Err(format!("`{key}` of the sequence is {}", other.noun())),
                }
            }
        }
        Ok(text)
    }
}

/// The arguments by place, at most `most`; an argument by name that is not known is refused.
fn arguments<'o, 'a, const N: usize>(
    object: &'o Object<'a>,
    known: &[&str],
    most: usize,
) -> Result<[Option<&'o Value<'a>>; N], String> {
    if let Some((key, _)) = object.keywords.iter().find(|(key, _)| !known.contains(&key.as_str())) {
        return Err(format!("the argument `{key}` of `{}(…)` is not followed", object.kind));
    }
    if object.args.len() > most {
        return Err(format!("the arguments of `{}(…)` are not followed", object.kind));
    }
    Ok(std::array::from_fn(|at| object.args.get(at)))
}

fn condition(object: &Object<'_>, exists: &str) -> Result<&'static str, String> {
    Ok(match (truth(object.keyword(exists))?, exists) {
        (Some(true), "if_exists") => "IF EXISTS ",
        (Some(true), _) => "IF NOT EXISTS ",
        _ => "",
    })
}
