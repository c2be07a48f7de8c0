//! Attributes and methods of values.

use std::rc::Rc;

use ruff_text_size::TextRange;

use super::expression::put;
use super::format;
use super::operator::look_up;
use super::symbol::symbol;
use super::value::{Arguments, Set, Value};
use super::{Halt, Interpreter, LONGEST};
use crate::dialect::Dialect;

/// A method's value; `None` where it is not followed and may have changed its receiver.
pub(super) type Called<'a> = Result<Option<Value<'a>>, Halt>;

impl<'a> Interpreter<'a, '_> {
    pub(super) fn attribute(&mut self, value: Value<'a>, name: &str) -> Value<'a> {
        if let Some(found) = self.enum_attribute(&value, name) {
            return found;
        }
        match (&value, name) {
            (Value::Symbol(path), _) => match (path.as_ref(), name) {
                ("alembic.op", "migration_context") | ("alembic.op" | "alembic.op.migration_context", "impl") => Value::Context,
                _ => {
                    let longer = symbol(&format!("{path}.{name}"));
                    self.imported(longer)
                }
            },
            (Value::Connection | Value::Context, "dialect") => Value::Dialect,
            (Value::Connection, "engine" | "connection") | (Value::Context, "bind" | "connection") => Value::Connection,
            (Value::Context, "impl") => Value::Context,
            (Value::Context, "as_sql") => Value::Bool(false),
            (Value::Dialect, "name") => Value::text(self.renderer.dialect_name()),
            (Value::Dialect, "server_version_info") => {
                let version = self.renderer.version;
                self.assume(format!("the server is {} {}.{}", self.renderer.dialect.title(), version.major, version.minor));
                Value::tuple(vec![Value::Int(version.major.into()), Value::Int(version.minor.into())])
            }
            (Value::Dialect, "supports_sequences") => {
                let has = self.renderer.has_sequences();
                if self.renderer.dialect == Dialect::MariaDb {
                    self.assume("SQLAlchemy is connected to MariaDB and has asked for its version".to_owned());
                }
                Value::Bool(has)
            }
            (Value::Instance(instance), _) => {
                let instance = instance.clone();
                self.instance_attribute(&instance, name)
            }
            (Value::Connection, "name") => Value::text(self.renderer.dialect_name()),
            (Value::Connection, "url") => {
                let url = format!("{}://", self.renderer.dialect_name());
                self.assume(format!("of the database's URL no more counts than that it begins with `{url}`"));
                Value::text(url)
            }
            (Value::Context, "config") => Value::Symbol(Rc::from("alembic.context.config")),
            (Value::Class(class), _) => {
                let class = class.clone();
                self.class_attribute(&class, name)
            }
            (Value::Dialect, _) if name == "type_descriptor" || name.starts_with("has_") || name.starts_with("get_") => {
                Value::Method(Rc::new((value, name.to_owned())))
            }
            (Value::Inspector(_), "bind" | "engine" | "connection") => Value::Connection,
            (Value::Inspector(_), "dialect") => Value::Dialect,
            // Its entries are looked up as constants of this name.
            (Value::Context, "opts") => Value::Symbol(Rc::from(super::handed::OPTIONS)),
            (Value::Context, "version_table_schema") => match &self.renderer.version_schema {
                Some(schema) => Value::text(schema.as_str()),
                None => {
                    self.assume("the version table is in the connection's own schema".to_owned());
                    Value::None
                }
            },
            (Value::Dialect, "driver" | "dialect_description") => {
                let name_is_driver = name == "driver";
                let name = self.renderer.dialect_name();
                let driver = match name {
                    "postgresql" => "psycopg2",
                    "sqlite" => "pysqlite",
                    _ => "pymysql",
                };
                self.assume(format!("the driver is {driver}"));
                Value::text(if name_is_driver { driver.to_owned() } else { format!("{name}+{driver}") })
            }
            (Value::Dialect, _) => Value::Symbol(Rc::from(format!("builtins.dialect.{name}"))),
            (Value::Inert, _) => Value::Inert,
            (Value::Unknown(reason), _) => Value::Unknown(reason.clone()),
            (Value::Function(_) | Value::None | Value::Bool(_), _) => {
                Value::unknown(format!("`.{name}` of {} is not followed", value.noun()))
            }
            (Value::Method(method), _) if is_columns(method) => {
                let table = method.0.clone();
                self.construct("column".to_owned(), vec![Value::text(name)], vec![("table".to_owned(), table)])
            }
            _ => Value::Method(Rc::new((value, name.to_owned()))),
        }
    }

    pub(super) fn call_method(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Called<'a> {
        if let Some(reason) = arguments.unknown.clone().filter(|_| !matches!(receiver, Value::Batch(_) | Value::Connection)) {
            return Ok(Some(Value::Unknown(reason)));
        }
        match receiver {
            Value::Text(text) => Ok(Some(text_method(text, name, &arguments))),
            Value::List(items) => Ok(list_method(items, name, &arguments)),
            Value::Tuple(_) => Ok(Some(Value::unknown(format!("`{name}` of a tuple is not followed")))),
            Value::Set(set) => Ok(Some(set_method(set, name, &arguments))),
            Value::Dict(items) => Ok(dict_method(items, name, &arguments)),
            Value::Int(_) | Value::Float(_) => Ok(Some(Value::unknown("a method of a number is not followed"))),
            Value::Connection => self.connection_method(name, arguments, range).map(Some),
            Value::Context => self.context_method(name, &arguments, range).map(Some),
            Value::Batch(batch) => {
                let batch = batch.clone();
                self.batch_method(&batch, name, arguments, range).map(Some)
            }
            Value::Object(object) if object.kind == "super" => self.instance_method(receiver, name, arguments, range).map(Some),
            Value::Object(object) => {
                let object = object.clone();
                self.object_method(receiver, &object, name, arguments, range).map(Some)
            }
            Value::Instance(_) => self.instance_method(receiver, name, arguments, range).map(Some),
            Value::Class(class) => self.class_method(&class.clone(), name, arguments, range).map(Some),
            Value::Inspector(answers) => Ok(Some(self.asked(answers, name, &arguments, range))),
            Value::Dialect => Ok(Some(match (name, arguments.positional.first()) {
                ("type_descriptor", Some(data_type)) => data_type.clone(),
                // The first argument is the connection.
                (_, Some(Value::Connection)) => {
                    let mut rest = arguments.clone();
                    rest.positional.remove(0);
                    self.inspected(name, &rest, range)
                }
                _ => Value::unknown(format!("`{name}` of the dialect is not followed")),
            })),
            Value::Method(_) => {
                let mut args = vec![receiver.clone()];
                args.extend(arguments.positional);
                Ok(Some(self.construct(format!(".{name}"), args, arguments.keywords)))
            }
            other => {
                self.opaque(range, format!("what `{name}` of {} does is not known", other.noun()));
                Ok(Some(Value::unknown(format!("`{name}` gave it"))))
            }
        }
    }
}

fn set_method<'a>(set: &Set<'a>, name: &str, arguments: &Arguments<'a>) -> Value<'a> {
    let items = &set.items;
    let other = match arguments.positional.as_slice() {
        [] => None,
        [one] => one.members().ok(),
        _ => return Value::unknown(format!("`{name}` of several sets is not followed")),
    };
    match (name, other) {
        ("union", Some(more)) => set.of(items.iter().cloned().chain(more).collect()),
        ("copy", None) => set.of(items.clone()),
        ("difference", Some(more)) => among(set, &more, false),
        ("intersection", Some(more)) => among(set, &more, true),
        ("issubset", Some(more)) => is_empty(kept(items, &more, false)),
        ("issuperset", Some(more)) => is_empty(kept(&more, items, false)),
        _ => Value::unknown(format!("`{name}` of a set is not followed")),
    }
}

/// The set of the items that are among the others, or that are not.
pub(super) fn among<'a>(set: &Set<'a>, others: &[Value<'a>], among: bool) -> Value<'a> {
    kept(&set.items, others, among).map_or_else(unsure, |kept| set.of(kept))
}

fn is_empty<'a>(left: Option<Vec<Value<'a>>>) -> Value<'a> {
    left.map_or_else(unsure, |left| Value::Bool(left.is_empty()))
}

fn unsure<'a>() -> Value<'a> {
    Value::unknown("which of these are the same is not known")
}

/// The items that are among the others, or those that are not.
fn kept<'a>(items: &[Value<'a>], others: &[Value<'a>], among: bool) -> Option<Vec<Value<'a>>> {
    let mut kept = Vec::new();
    for item in items {
        let mut found = false;
        for other in others {
            found |= item.equals(other)?;
        }
        if found == among {
            kept.push(item.clone());
        }
    }
    Some(kept)
}

/// `table.c`.
pub(super) fn is_columns(method: &(Value<'_>, String)) -> bool {
    matches!((&method.0, method.1.as_str()), (Value::Object(_), "c" | "columns"))
}

fn text_method<'a>(text: &str, name: &str, arguments: &Arguments<'a>) -> Value<'a> {
    let texts: Vec<&str> = arguments
        .positional
        .iter()
        .filter_map(|value| if let Value::Text(text) = value { Some(text.as_ref()) } else { None })
        .collect();
    if let Some(reason) =
        arguments.positional.iter().find_map(|value| if let Value::Unknown(reason) = value { Some(reason) } else { None })
    {
        return Value::Unknown(reason.clone());
    }
    let known = texts.len() == arguments.positional.len() && arguments.keywords.is_empty();
    match (name, texts.as_slice(), known) {
        ("format", ..) => format::format(text, arguments),
        ("join", ..) => join(text, arguments.positional.first()),
        ("lower", [], true) => Value::text(text.to_lowercase()),
        ("upper", [], true) => Value::text(text.to_uppercase()),
        ("title", [], true) if text.is_ascii() => Value::text(titled(text)),
        ("capitalize", [], true) if text.is_ascii() => {
            let (first, rest) = text.split_at(text.len().min(1));
            Value::text(format!("{}{}", first.to_uppercase(), rest.to_lowercase()))
        }
        ("title" | "capitalize", ..) => Value::unknown("capitalising is not followed"),
        ("startswith" | "endswith", [], _) if matches!(arguments.positional.as_slice(), [Value::Tuple(_)]) => {
            let any = |end: &Value<'_>| matches!(end, Value::Text(end) if if name == "startswith" { text.starts_with(end.as_ref()) } else { text.ends_with(end.as_ref()) });
            let ends = arguments.positional.first().and_then(|ends| ends.items().ok()).unwrap_or_default();
            Value::Bool(ends.iter().any(any))
        }
        ("strip", [], true) => Value::text(text.trim()),
        ("lstrip", [], true) => Value::text(text.trim_start()),
        ("rstrip", [], true) => Value::text(text.trim_end()),
        ("strip", [chars], true) => Value::text(text.trim_matches(|c| chars.contains(c))),
        ("rstrip", [chars], true) => Value::text(text.trim_end_matches(|c| chars.contains(c))),
        ("lstrip", [chars], true) => Value::text(text.trim_start_matches(|c| chars.contains(c))),
        ("replace", [from, to], true) if !from.is_empty() => {
            let replaced = text.replace(from, to);
            if replaced.len() > LONGEST { Value::unknown("the text grows too large to follow") } else { Value::text(replaced) }
        }
        ("startswith", [prefix], true) => Value::Bool(text.starts_with(prefix)),
        ("endswith", [suffix], true) => Value::Bool(text.ends_with(suffix)),
        ("split", [], true) => Value::list(text.split_whitespace().map(Value::text).collect()),
        ("split", [by], true) if !by.is_empty() => Value::list(text.split(by).map(Value::text).collect()),
        ("splitlines", [], true) => Value::list(text.lines().map(Value::text).collect()),
        ("count", [of], true) if !of.is_empty() => Value::Int(i64::try_from(text.matches(of).count()).unwrap_or(i64::MAX)),
        ("isdigit", [], true) => Value::Bool(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())),
        ("removeprefix", [prefix], true) => Value::text(text.strip_prefix(prefix).unwrap_or(text)),
        ("removesuffix", [suffix], true) => Value::text(text.strip_suffix(suffix).unwrap_or(text)),
        _ => Value::unknown(format!("`{name}` of a text is not followed")),
    }
}

/// `str.title()` of ASCII text.
fn titled(text: &str) -> String {
    let mut after_letter = false;
    let one = |c: char| {
        let put = if after_letter { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
        after_letter = c.is_ascii_alphabetic();
        put
    };
    text.chars().map(one).collect()
}

fn join<'a>(by: &str, items: Option<&Value<'a>>) -> Value<'a> {
    let items = match items.map(Value::items) {
        Some(Ok(items)) => items,
        Some(Err(reason)) => return Value::Unknown(reason),
        None => return Value::unknown("`join` without a list"),
    };
    let mut texts = Vec::new();
    for item in &items {
        match item {
            Value::Text(text) => texts.push(text.as_ref()),
            Value::Unknown(reason) => return Value::Unknown(reason.clone()),
            other => return Value::unknown(format!("`join` of {} is not followed", other.noun())),
        }
    }
    let length: usize = texts.iter().map(|text| text.len() + by.len()).sum();
    if length > LONGEST { Value::unknown("the text grows too large to follow") } else { Value::text(texts.join(by)) }
}

fn list_method<'a>(items: &Rc<std::cell::RefCell<Vec<Value<'a>>>>, name: &str, arguments: &Arguments<'a>) -> Option<Value<'a>> {
    let first = arguments.positional.first();
    let mut held = items.borrow_mut();
    if held.len() > LONGEST / 64 {
        return None;
    }
    match (name, first) {
        // A list inside itself could never be walked to its end.
        ("append" | "add", Some(value))
            if matches!(value, Value::List(inner) if Rc::ptr_eq(inner, items)) || !value.is_bounded() =>
        {
            None
        }
        ("append", Some(value)) => {
            held.push(value.clone());
            Some(Value::None)
        }
        ("extend", Some(Value::List(more))) if Rc::ptr_eq(more, items) => None,
        ("extend", Some(more)) => {
            let more = more.items().ok()?;
            if !more.iter().all(Value::is_bounded) {
                return None;
            }
            held.extend(more);
            Some(Value::None)
        }
        ("insert", Some(Value::Int(0))) => {
            let value = arguments.positional.get(1).filter(|value| value.is_bounded())?.clone();
            held.insert(0, value);
            Some(Value::None)
        }
        ("copy", None) => Some(Value::list(held.clone())),
        ("pop", None) => held.pop(),
        ("sort", None) if arguments.keywords.is_empty() => match super::builtin::sorted(held.clone()) {
            Value::List(sorted) => {
                let sorted = sorted.borrow().clone();
                *held = sorted;
                Some(Value::None)
            }
            _ => None,
        },
        ("reverse", None) => {
            held.reverse();
            Some(Value::None)
        }
        ("index" | "count", Some(_)) => Some(Value::unknown("its place in the list is not followed")),
        _ => None,
    }
}

type Pairs<'a> = Rc<std::cell::RefCell<Vec<(Value<'a>, Value<'a>)>>>;

fn dict_method<'a>(items: &Pairs<'a>, name: &str, arguments: &Arguments<'a>) -> Option<Value<'a>> {
    let first = arguments.positional.first();
    match (name, first) {
        ("get", Some(key)) => {
            if let Value::Unknown(reason) = key {
                return Some(Value::Unknown(reason.clone()));
            }
            let found = look_up(&items.borrow(), key);
            Some(found.unwrap_or_else(|| arguments.positional.get(1).cloned().unwrap_or(Value::None)))
        }
        ("keys", None) => Some(Value::list(items.borrow().iter().map(|(key, _)| key.clone()).collect())),
        ("values", None) => Some(Value::list(items.borrow().iter().map(|(_, value)| value.clone()).collect())),
        ("items", None) => {
            let pairs = items.borrow().iter().map(|(key, value)| Value::tuple(vec![key.clone(), value.clone()])).collect();
            Some(Value::list(pairs))
        }
        ("copy", None) => Some(Value::dict(items.borrow().clone())),
        ("pop", Some(Value::Text(_))) => {
            let mut held = items.borrow_mut();
            if held.iter().any(|(key, _)| matches!(key, Value::Unknown(_))) {
                return None;
            }
            match held.iter().position(|(key, _)| first.is_some_and(|first| key.equals(first) == Some(true))) {
                Some(at) => Some(held.remove(at).1),
                None => arguments.positional.get(1).cloned(),
            }
        }
        ("update", Some(Value::Dict(more))) if !Rc::ptr_eq(more, items) => {
            let more = more.borrow().clone();
            if !more.iter().all(|(_, value)| value.is_bounded()) {
                return None;
            }
            for (key, value) in more {
                put(&mut items.borrow_mut(), key, value);
            }
            Some(Value::None)
        }
        _ => None,
    }
}
