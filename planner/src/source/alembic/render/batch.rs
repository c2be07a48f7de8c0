//! `batch_alter_table`: the same directives without the table's name; on SQLite some need the table to be copied.

use ruff_text_size::TextRange;

use super::bound::Bound;
use super::copy::follows;
use super::{Renderer, parameters};
use crate::dialect::Dialect;
use crate::source::alembic::interpreter::value::{Arguments, Object, Value};

/// Statements, assumptions and place of each call in the block.
pub(in crate::source::alembic) type Parts = Vec<(Vec<String>, Vec<String>, TextRange)>;

/// A call inside the block.
type Call<'a> = (String, Arguments<'a>, TextRange);

impl Renderer {
    /// Renders what a batch collected.
    pub(in crate::source::alembic) fn batch<'a>(
        &mut self,
        arguments: &Arguments<'a>,
        calls: &[Call<'a>],
    ) -> Result<Parts, (String, Option<TextRange>)> {
        let own = Bound::new(arguments, &["table_name", "schema", "recreate"]).map_err(|why| (why, None))?;
        let table = own.required("table_name").map_err(|why| (why, None))?;
        let schema = own.name("schema").map_err(|why| (why, None))?;
        let recreate = own.name("recreate").map_err(|why| (why, None))?.unwrap_or_else(|| "auto".to_owned());
        let copies = match recreate.as_str() {
            "never" => None,
            "always" => Some((String::from("`recreate=\"always\"`"), None)),
            _ if self.dialect == Dialect::Sqlite => needs_copy(calls),
            _ => None,
        };
        if let Some((why, range)) = copies {
            if self.dialect != Dialect::Sqlite {
                return Err((
                    format!("{why} makes Alembic copy the table `{table}` with all it has in the live database"),
                    range,
                ));
            }
            return self.copied(&own, &table, schema.as_deref(), calls);
        }
        let mut parts = Vec::new();
        for (name, call, range) in calls {
            let whole = with_table(name, call, &table, schema.as_deref()).map_err(|why| (why, Some(*range)))?;
            match self.directive(name, &whole) {
                Ok(rendered) => parts.push((rendered.sql, rendered.assumptions, *range)),
                Err(why) => return Err((format!("`{name}`: {why}"), Some(*range))),
            }
        }
        Ok(parts)
    }

    /// Move-and-copy on SQLite.
    fn copied<'a>(
        &mut self,
        own: &Bound<'_, 'a>,
        table: &str,
        schema: Option<&str>,
        calls: &[Call<'a>],
    ) -> Result<Parts, (String, Option<TextRange>)> {
        follows(own).map_err(|why| (why, None))?;
        self.table_in_hand = None;
        let mut copy = self.begin_copy(table, schema).map_err(|why| (why, None))?;
        for (name, call, range) in calls {
            let at = |why: String| (format!("`{name}`: {why}"), Some(*range));
            let whole = with_table(name, call, table, schema).map_err(at)?;
            let bound = Bound::new(&whole, &[]).map_err(at)?;
            self.copy_call(&mut copy, name, &bound).map_err(at)?;
        }
        self.table_in_hand = None;
        let sql = self.end_copy(&copy).map_err(|why| (why, None))?;
        let Some((_, _, first)) = calls.first() else { return Ok(Vec::new()) };
        let assumption =
            format!("table `{table}` is copied as the migrations before this one made it, and nothing else changed it");
        let mut assumptions = vec![assumption];
        if self.has_convention() {
            assumptions.push(format!("what the copy of `{table}` leaves unnamed gets no name from the naming convention"));
        }
        Ok(vec![(sql, assumptions, *first)])
    }
}

/// The first call SQLite can only do by copying the table (`SQLiteImpl.requires_recreate_in_batch`).
fn needs_copy(calls: &[Call<'_>]) -> Option<(String, Option<TextRange>)> {
    calls.iter().find_map(|(name, arguments, range)| {
        let copies = match name.as_str() {
            "create_index" | "drop_index" => false,
            "add_column" => adds_expression(arguments),
            _ => true,
        };
        copies.then(|| (format!("`{name}`"), Some(*range)))
    })
}

/// A new column with an expression as default, a stored computed one, or one with constraints of its own.
fn adds_expression(arguments: &Arguments<'_>) -> bool {
    let Some(Value::Object(column)) = arguments.positional.first() else { return true };
    let by_default = match column.keyword("server_default") {
        None | Some(Value::None | Value::Text(_)) => false,
        Some(_) => true,
    };
    let by_item = column.args.iter().any(|item| matches!(item, Value::Object(item) if brings_constraint(item)));
    let by_flag = column.keyword("unique").is_some_and(|flag| flag.truth() != Ok(false));
    by_default || by_item || by_flag
}

fn brings_constraint(item: &Object<'_>) -> bool {
    matches!(item.kind.as_str(), "ForeignKey" | "Computed" | "CheckConstraint")
}

/// The call as the plain directive takes it.
fn with_table<'a>(name: &str, call: &Arguments<'a>, table: &str, schema: Option<&str>) -> Result<Arguments<'a>, String> {
    let parameters = parameters(name).ok_or_else(|| format!("`{name}` is no directive of a batch"))?;
    let (table_parameter, schema_parameter) =
        if name == "create_foreign_key" { ("source_table", "source_schema") } else { ("table_name", "schema") };
    let own: Vec<&str> = parameters.iter().copied().filter(|parameter| *parameter != table_parameter).collect();
    if call.positional.len() > own.len() {
        return Err(format!("`{name}` is called with more arguments than it takes"));
    }
    let mut keywords: Vec<(String, Value<'a>)> =
        own.iter().zip(&call.positional).map(|(parameter, value)| ((*parameter).to_owned(), value.clone())).collect();
    keywords.extend(call.keywords.iter().cloned());
    keywords.push((table_parameter.to_owned(), Value::text(table)));
    if let Some(schema) = schema {
        keywords.push((schema_parameter.to_owned(), Value::text(schema)));
    }
    Ok(Arguments { positional: Vec::new(), keywords, unknown: call.unknown.clone() })
}
