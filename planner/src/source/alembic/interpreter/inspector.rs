//! `sa.inspect(bind)`: its questions, answered from the schema that the revisions before have made.

use std::cell::RefCell;
use std::rc::Rc;

use litemap::LiteMap;
use ruff_text_size::TextRange;

use super::super::render::About;
use super::Interpreter;
use super::value::{Arguments, Value};
use crate::catalog::Table;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, ConstraintKind, IndexPart};

/// Stands in a list of tables, or of the parts of the table it holds, for those that parts which were not followed may have
/// made.
pub(super) const PERHAPS: &str = "perhaps more";

/// What an inspector has answered so far, by question.
type Answers<'a> = Rc<RefCell<LiteMap<String, Value<'a>>>>;

impl<'a> Interpreter<'a, '_> {
    /// A question to an inspector, which remembers its answers.
    pub(super) fn asked(&mut self, answers: &Answers<'a>, name: &str, arguments: &Arguments<'a>, range: TextRange) -> Value<'a> {
        if name == "clear_cache" {
            answers.borrow_mut().clear();
            return Value::None;
        }
        let parts: Vec<String> = arguments
            .positional
            .iter()
            .chain(arguments.keywords.iter().map(|(_, value)| value))
            .map(|value| super::format::repr(value).unwrap_or_default())
            .collect();
        let question = format!("{name}({})", parts.join(", "));
        if let Some(answer) = answers.borrow().get(&question) {
            return answer.clone();
        }
        let answer = self.inspected(name, arguments, range);
        answers.borrow_mut().insert(question, answer.clone());
        answer
    }

    /// One question.
    pub(super) fn inspected(&mut self, name: &str, arguments: &Arguments<'a>, range: TextRange) -> Value<'a> {
        if let Some(reason) = &arguments.unknown {
            return Value::Unknown(reason.clone());
        }
        match name {
            "get_schema_names" | "default_schema_name" => return Value::unknown("the schemas of the database are not known"),
            "get_table_names" | "get_view_names" | "get_sequence_names" | "get_enums" | "has_schema" | "has_sequence" => {
                return self.inspected_schema(name, arguments, range);
            }
            _ => {}
        }
        let place = if name == "has_index" { 2 } else { 1 };
        let schema = match arguments.get(place, "schema") {
            None | Some(Value::None) => None,
            Some(Value::Text(schema)) => Some(schema.to_string()),
            Some(other) => return Value::unknown(format!("the schema that is asked about is {}", other.noun())),
        };
        let asked = arguments.get(0, "table_name");
        let table = match asked {
            Some(Value::Text(table)) => table.to_string(),
            Some(Value::Unknown(reason)) => return Value::Unknown(reason.clone()),
            _ => return Value::unknown("the table that is asked about is not known"),
        };
        let object = ObjectName { schema, name: table.clone() };
        let known = self.renderer.schema().table(&object).cloned();
        let is_list = matches!(
            name,
            "get_columns" | "get_indexes" | "get_unique_constraints" | "get_foreign_keys" | "get_check_constraints"
        );
        let about = match (name, arguments.get(1, "index_name")) {
            ("has_table", _) if known.is_some() => About::Gone,
            ("has_table", _) => About::Made,
            ("has_index", Some(Value::Text(index))) => About::Part(index),
            _ if is_list => About::Unnamed,
            _ => About::Anything,
        };
        if let Some(doubt) = self.renderer.doubt_about(&table, about) {
            return Value::unknown(format!("what `{name}` gives for `{table}`: {doubt}"));
        }
        let line = self.line(range);
        let sure = if self.renderer.has_unknown_changes() { ", which parts that were not followed did not change" } else { "" };
        self.assume_of_table(
            &table,
            format!("table `{table}` is as the revisions before make it{sure} (`{name}` at line {line})"),
        );
        if name == "has_table" {
            return Value::Bool(known.is_some() || table == self.renderer.version_table);
        }
        if known.is_none() && name == "get_pk_constraint" && table == self.renderer.version_table {
            return self.version_key();
        }
        let Some(known) = known else {
            return Value::unknown(format!("`{name}` of table `{table}`, which the revisions before do not make"));
        };
        let answer = match name {
            "get_columns" if !known.columns_unknown => Value::list(known.columns.iter().map(column).collect()),
            "get_pk_constraint" => self.key(&known),
            "get_indexes" => Value::list(self.indexes(&known)),
            "get_unique_constraints" => Value::list(uniques(&known, false)),
            "get_foreign_keys" => Value::list(foreign_keys(&known)),
            "get_check_constraints" => Value::list(checks(&known)),
            "has_index" => match arguments.get(1, "index_name") {
                Some(Value::Text(wanted)) => Value::Bool(
                    known.indexes.contains_key(wanted.as_ref())
                        || known.constraints.iter().any(|held| held.name.as_deref() == Some(wanted.as_ref())),
                ),
                _ => Value::unknown("the index that is asked about is not known"),
            },
            "get_table_comment" => {
                let comment = known.comment.as_ref().map_or(Value::None, Value::text);
                Value::dict(vec![(Value::text("text"), comment)])
            }
            _ => Value::unknown(format!("`{name}` of the inspector is not answered")),
        };
        match &answer {
            Value::List(items) if is_list && self.renderer.doubt(&table).is_some() => self.doubted(&table, items.take()),
            _ => answer,
        }
    }

    /// What is left of a table's parts when those are taken out that parts which were not followed name, and one that stands
    /// for what these may have made.
    fn doubted(&self, table: &str, items: Vec<Value<'a>>) -> Value<'a> {
        let named =
            |text: &Value<'a>| matches!(text, Value::Text(text) if self.renderer.doubt_about(table, About::Part(text)).is_some());
        let field = |(key, value): &(Value<'a>, Value<'a>)| match (key, value) {
            (Value::Text(key), text @ Value::Text(_)) => key.as_ref() == "name" && named(text),
            (_, Value::List(texts)) => texts.borrow().iter().any(named),
            _ => false,
        };
        let sure = |item: &Value<'a>| matches!(item, Value::Dict(fields) if !fields.borrow().iter().any(field));
        let mut left: Vec<Value<'a>> = items.into_iter().filter(sure).collect();
        left.push(Value::object(PERHAPS, vec![Value::text(table)], Vec::new(), 0));
        Value::list(left)
    }

    fn inspected_schema(&mut self, name: &str, arguments: &Arguments<'a>, range: TextRange) -> Value<'a> {
        let schema = match arguments.get(if name == "has_sequence" { 1 } else { 0 }, "schema") {
            None | Some(Value::None) => None,
            Some(Value::Text(schema)) => Some(schema.to_string()),
            Some(other) => return Value::unknown(format!("the schema that is asked about is {}", other.noun())),
        };
        let catalog = self.renderer.schema();
        let own = schema.clone().or_else(|| (catalog.dialect == Dialect::Postgres).then(|| "public".to_owned()));
        let here = |key: &ObjectName| key.schema == own;
        let names = |keys: Vec<&ObjectName>| {
            Value::list(keys.into_iter().filter(|key| here(key)).map(|key| Value::text(&key.name)).collect())
        };
        let value = match name {
            "get_table_names" => names(catalog.tables.keys().collect()),
            "get_view_names" => names(catalog.views.iter().filter(|(_, view)| !view.materialized).map(|(key, _)| key).collect()),
            "get_sequence_names" => names(catalog.sequences.keys().collect()),
            "has_sequence" => match arguments.get(0, "sequence_name") {
                Some(Value::Text(wanted)) => {
                    Value::Bool(catalog.sequences.unordered().any(|(key, _)| here(key) && key.name == wanted.as_ref()))
                }
                _ => Value::unknown("the sequence that is asked about is not known"),
            },
            "get_enums" => {
                let one = |(key, labels): (&ObjectName, &Vec<String>)| {
                    let labels = Value::list(labels.iter().map(Value::text).collect());
                    record(vec![("name", Value::text(&key.name)), ("labels", labels)])
                };
                Value::list(catalog.enums.iter().filter(|(key, _)| here(key)).map(one).collect())
            }
            _ => match arguments.get(0, "schema_name") {
                Some(Value::Text(wanted)) => Value::Bool(catalog.schemas.contains(wanted.as_ref())),
                _ => Value::unknown("the schema that is asked about is not known"),
            },
        };
        if name == "get_table_names"
            && schema.is_none()
            && let Value::List(items) = &value
        {
            items.borrow_mut().push(Value::text(&self.renderer.version_table));
        }
        // Parts that were not followed may have made more.
        if self.renderer.has_unknown_changes()
            && let Value::List(items) = &value
        {
            items.borrow_mut().push(Value::object(PERHAPS, Vec::new(), Vec::new(), 0));
        }
        let line = self.line(range);
        let sure = if self.renderer.has_unknown_changes() { ", and parts that were not followed added nothing" } else { "" };
        self.assume(format!("line {line}: `{name}` gives what the revisions before make{sure}"));
        value
    }

    fn indexes(&self, table: &Table) -> Vec<Value<'a>> {
        let mut found: Vec<Value<'a>> = Vec::new();
        for (name, index) in &table.indexes {
            let columns = index.columns.iter().map(|part| match part {
                IndexPart::Column(column) => Value::text(column),
                IndexPart::Expression(_) => Value::None,
            });
            let columns = Value::list(columns.collect());
            let predicate = index.predicate.as_ref().map(|text| (Value::text("postgresql_where"), Value::text(text)));
            let options = Value::dict(predicate.into_iter().collect());
            found.push(record(vec![
                ("name", Value::text(name)),
                ("column_names", columns),
                ("unique", Value::Bool(index.unique)),
                ("dialect_options", options),
            ]));
        }
        // Elsewhere than on SQLite a unique constraint shows as the index behind it too.
        if self.renderer.dialect != Dialect::Sqlite {
            found.extend(uniques(table, true));
        }
        found
    }

    /// A primary key; on MySQL and MariaDB it has no name.
    fn key(&self, table: &Table) -> Value<'a> {
        let found = table.constraints.iter().find_map(|held| match &held.kind {
            ConstraintKind::PrimaryKey { columns } => Some((held.name.as_ref(), columns.as_slice())),
            _ => None,
        });
        let (name, columns) = found.unwrap_or((None, &[]));
        let name = name.filter(|_| !self.names_no_keys());
        record(vec![("name", optional(name)), ("constrained_columns", texts(columns))])
    }

    fn names_no_keys(&self) -> bool {
        matches!(self.renderer.dialect, Dialect::MySql | Dialect::MariaDb)
    }

    /// The key of the version table, which Alembic makes before the first revision.
    fn version_key(&self) -> Value<'a> {
        let columns = if self.renderer.version_pk { vec!["version_num".to_owned()] } else { Vec::new() };
        let nameless = columns.is_empty() || self.names_no_keys();
        let name = (!nameless).then(|| format!("{}_pkc", self.renderer.version_table));
        record(vec![("name", optional(name.as_ref())), ("constrained_columns", texts(&columns))])
    }

    /// One assumption a table is enough.
    pub(super) fn assume_of_table(&mut self, table: &str, assumption: String) {
        let begins = format!("table `{table}` is as ");
        if !self.script.assumptions.iter().any(|held| held.starts_with(&begins)) {
            self.assume(assumption);
        }
    }
}

fn record<'a>(fields: Vec<(&str, Value<'a>)>) -> Value<'a> {
    Value::dict(fields.into_iter().map(|(key, value)| (Value::text(key), value)).collect())
}

fn optional<'a>(text: Option<&String>) -> Value<'a> {
    text.map_or(Value::None, Value::text)
}

fn texts<'a>(items: &[String]) -> Value<'a> {
    Value::list(items.iter().map(Value::text).collect())
}

fn column<'a>(column: &ColumnDefinition) -> Value<'a> {
    let data_type = Value::object(super::reflected::TYPE, vec![Value::text(&column.data_type)], Vec::new(), 0);
    record(vec![
        ("name", Value::text(&column.name)),
        ("type", data_type),
        ("nullable", Value::Bool(column.nullable)),
        ("default", optional(column.default.as_ref())),
    ])
}

fn uniques<'a>(table: &Table, as_index: bool) -> Vec<Value<'a>> {
    let one = |held: &crate::statement::operation::Constraint| match &held.kind {
        ConstraintKind::Unique { columns, .. } => {
            let mut fields = vec![("name", optional(held.name.as_ref())), ("column_names", texts(columns))];
            if as_index {
                fields.push(("unique", Value::Bool(true)));
                fields.push(("duplicates_constraint", optional(held.name.as_ref())));
                fields.push(("dialect_options", Value::dict(Vec::new())));
            }
            Some(record(fields))
        }
        _ => None,
    };
    table.constraints.iter().filter_map(one).collect()
}

fn foreign_keys<'a>(table: &Table) -> Vec<Value<'a>> {
    let one = |held: &crate::statement::operation::Constraint| match &held.kind {
        ConstraintKind::ForeignKey { columns, ref_table, ref_columns, on_delete, on_update } => {
            let actions = [("ondelete", on_delete), ("onupdate", on_update)];
            let options = actions.into_iter().filter_map(|(key, action)| Some((Value::text(key), Value::text(action.as_ref()?))));
            let schema = ref_table.schema.as_ref().filter(|schema| *schema != "public");
            Some(record(vec![
                ("name", optional(held.name.as_ref())),
                ("constrained_columns", texts(columns)),
                ("referred_schema", optional(schema)),
                ("referred_table", Value::text(&ref_table.name)),
                ("referred_columns", texts(ref_columns)),
                ("options", Value::dict(options.collect())),
            ]))
        }
        _ => None,
    };
    table.constraints.iter().filter_map(one).collect()
}

fn checks<'a>(table: &Table) -> Vec<Value<'a>> {
    let one = |held: &crate::statement::operation::Constraint| match &held.kind {
        ConstraintKind::Check { expression } => {
            Some(record(vec![("name", optional(held.name.as_ref())), ("sqltext", Value::text(expression))]))
        }
        _ => None,
    };
    table.constraints.iter().filter_map(one).collect()
}
