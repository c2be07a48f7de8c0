//! Python's own functions, as far as revisions use them.

use crate::sort::Sort;
use ruff_text_size::TextRange;

use super::format::{repr, shown};
use super::value::{Arguments, Value};
use super::{Halt, Interpreter, LONGEST};

impl<'a> Interpreter<'a, '_> {
    /// `None`: not one that is followed.
    pub(super) fn call_builtin(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Result<Option<Value<'a>>, Halt> {
        if let Some(reason) = &arguments.unknown {
            return Ok(Some(Value::Unknown(reason.clone())));
        }
        let first = arguments.positional.first();
        if let (Some(Value::Unknown(reason)), false) = (first, matches!(name, "isinstance" | "hasattr" | "getattr")) {
            return Ok(Some(Value::Unknown(reason.clone())));
        }
        let made = |items: Option<Result<Vec<Value<'a>>, _>>, make: &dyn Fn(Vec<Value<'a>>) -> Value<'a>| match items {
            Some(Ok(items)) => make(items),
            Some(Err(reason)) => Value::Unknown(reason),
            None => make(Vec::new()),
        };
        let several = |make: &dyn Fn(Vec<Value<'a>>) -> Value<'a>| made(first.map(Value::items), make);
        let in_any_order = |make: &dyn Fn(Vec<Value<'a>>) -> Value<'a>| made(first.map(Value::members), make);
        Ok(Some(match (name, first) {
            ("str", Some(value)) => shown(value).map_or_else(Value::Unknown, Value::text),
            ("repr", Some(value)) => repr(value).map_or_else(Value::Unknown, Value::text),
            ("int", Some(Value::Int(int))) => Value::Int(*int),
            ("int", Some(Value::Text(text))) => {
                text.trim().parse().map_or_else(|_| Value::unknown("the text is no number"), Value::Int)
            }
            ("bool", Some(value)) => value.truth().map_or_else(Value::Unknown, Value::Bool),
            ("len", Some(Value::Text(text))) => length(text.chars().count()),
            ("len", Some(_)) => in_any_order(&|items| match items.iter().any(|item| item.goes_on().is_some()) {
                true => Value::unknown("parts that were not followed may have made more"),
                false => length(items.len()),
            }),
            ("list", _) => several(&Value::list),
            ("tuple", _) => several(&Value::tuple),
            ("set" | "frozenset", _) => in_any_order(&|items| self.set(items)),
            ("dict", None) => {
                Value::dict(arguments.keywords.iter().map(|(key, value)| (Value::text(key), value.clone())).collect())
            }
            ("dict", Some(Value::Dict(items))) => {
                let mut items = items.borrow().clone();
                for (key, value) in &arguments.keywords {
                    super::expression::put(&mut items, Value::text(key), value.clone());
                }
                Value::dict(items)
            }
            ("dict", Some(_)) => several(&|items| {
                let pairs: Option<Vec<_>> = items.iter().map(pair).collect();
                pairs.map_or_else(|| Value::unknown("`dict(…)` of these is not followed"), Value::dict)
            }),
            ("reversed", Some(_)) => several(&|items| Value::list(items.into_iter().rev().collect())),
            ("iter", Some(_)) => several(&Value::list),
            // Generators and iterators are lists of their own here.
            ("next", Some(Value::List(items))) if !items.borrow().is_empty() => items.borrow_mut().remove(0),
            ("next", Some(Value::List(_))) => match arguments.positional.get(1) {
                Some(default) => default.clone(),
                None => Value::unknown("`next` of nothing"),
            },
            ("sorted", Some(_)) if arguments.keywords.is_empty() => in_any_order(&sorted),
            ("enumerate", Some(_)) => {
                let start = match arguments.get(1, "start") {
                    None => 0,
                    Some(Value::Int(start)) => *start,
                    Some(_) => return Ok(Some(Value::unknown("the start of `enumerate` is not known"))),
                };
                several(&|items| {
                    Value::list((start..).zip(items).map(|(at, item)| Value::tuple(vec![Value::Int(at), item])).collect())
                })
            }
            ("zip", _) => zip(&arguments.positional),
            ("range", _) => self.range(&arguments.positional, range)?,
            ("any" | "all", Some(_)) => in_any_order(&|items| quantified(name == "any", &items)),
            ("min" | "max", _) => extreme(name == "max", arguments),
            ("sum", Some(_)) => in_any_order(&|items| sum(&items)),
            ("map", Some(callee @ (Value::Function(_) | Value::Symbol(_) | Value::Class(_))))
                if arguments.positional.len() == 2 =>
            {
                let items = match arguments.positional.get(1).map(Value::items) {
                    Some(Ok(items)) => items,
                    _ => return Ok(Some(Value::unknown("what `map` goes through is not known"))),
                };
                let mut made = Vec::new();
                for item in items {
                    let one = Arguments { positional: vec![item], ..Arguments::default() };
                    made.push(match callee {
                        Value::Function(function) => self.call_function(function, one, range)?,
                        Value::Class(class) => self.instance(class, one, range)?,
                        Value::Symbol(path) => self.call_symbol(path, one, range)?,
                        _ => Value::None,
                    });
                }
                Value::list(made)
            }
            ("isinstance", Some(Value::Dialect)) => self.is_dialect(arguments.positional.get(1)),
            ("isinstance", Some(value)) => is_instance(value, arguments.positional.get(1)),
            _ => return Ok(None),
        }))
    }

    /// Whether the dialect is of a class; MariaDB's refines MySQL's.
    fn is_dialect(&self, class: Option<&Value<'a>>) -> Value<'a> {
        let Some(Value::Symbol(class)) = class else { return Value::unknown("`isinstance` of this class is not followed") };
        let name = class.rsplit('.').next().unwrap_or_default();
        let own = self.renderer.dialect_name();
        let of = |dialects: &[&str]| Value::Bool(dialects.contains(&own));
        match name {
            "PGDialect" | "PGDialect_psycopg2" | "PGDialect_asyncpg" => of(&["postgresql"]),
            "MySQLDialect" => of(&["mysql", "mariadb"]),
            "MariaDBDialect" => of(&["mariadb"]),
            "SQLiteDialect" => of(&["sqlite"]),
            "OracleDialect" | "MSDialect" => Value::Bool(false),
            _ => Value::unknown(format!("`isinstance` of `{class}` is not followed")),
        }
    }

    fn range(&mut self, bounds: &[Value<'a>], range: TextRange) -> Result<Value<'a>, Halt> {
        let (from, to, step) = match bounds {
            [Value::Int(to)] => (0, *to, 1),
            [Value::Int(from), Value::Int(to)] => (*from, *to, 1),
            [Value::Int(from), Value::Int(to), Value::Int(step)] if *step > 0 => (*from, *to, *step),
            _ => return Ok(Value::unknown("the bounds of `range` are not known")),
        };
        let count = to.saturating_sub(from).max(0) / step;
        if usize::try_from(count).unwrap_or(usize::MAX) > LONGEST / 64 {
            return Err(Halt::Exhausted(range));
        }
        let mut items = Vec::new();
        let mut at = from;
        while at < to {
            items.push(Value::Int(at));
            at = at.saturating_add(step);
        }
        Ok(Value::list(items))
    }
}

fn length<'a>(count: usize) -> Value<'a> {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

fn pair<'a>(value: &Value<'a>) -> Option<(Value<'a>, Value<'a>)> {
    match value.items().ok()?.as_slice() {
        [key, value] => Some((key.clone(), value.clone())),
        _ => None,
    }
}

pub(super) fn sorted<'a>(mut items: Vec<Value<'a>>) -> Value<'a> {
    let comparable = items.windows(2).all(|pair| matches!(pair, [a, b] if super::operator::order(a, b).is_some()));
    if !comparable {
        return Value::unknown("how these values sort is not followed");
    }
    items.order_by(|a, b| super::operator::order(a, b).unwrap_or(std::cmp::Ordering::Equal));
    Value::list(items)
}

fn zip<'a>(lists: &[Value<'a>]) -> Value<'a> {
    let lists: Result<Vec<_>, _> = lists.iter().map(Value::items).collect();
    let Ok(lists) = lists else { return Value::unknown("what `zip` goes through is not known") };
    let shortest = lists.iter().map(Vec::len).min().unwrap_or(0);
    let row = |at: usize| lists.iter().filter_map(|list| list.get(at).cloned()).collect();
    Value::list((0..shortest).map(|at| Value::tuple(row(at))).collect())
}

fn quantified<'a>(any: bool, items: &[Value<'a>]) -> Value<'a> {
    let mut unknown = None;
    for item in items {
        match item.truth() {
            Ok(truth) if truth == any => return Value::Bool(any),
            Ok(_) => {}
            Err(reason) => unknown = Some(reason),
        }
    }
    unknown.map_or(Value::Bool(!any), Value::Unknown)
}

fn extreme<'a>(greatest: bool, arguments: &Arguments<'a>) -> Value<'a> {
    let items = match arguments.positional.as_slice() {
        [one] => one.members().unwrap_or_default(),
        several => several.to_vec(),
    };
    if !arguments.keywords.is_empty() {
        return Value::unknown("the key of `min` or `max` is not followed");
    }
    match sorted(items) {
        Value::List(items) => {
            let items = items.borrow();
            let found = if greatest { items.last() } else { items.first() };
            found.cloned().unwrap_or_else(|| Value::unknown("there is no smallest or largest"))
        }
        other => other,
    }
}

fn sum<'a>(items: &[Value<'a>]) -> Value<'a> {
    let mut total = 0_i64;
    for item in items {
        match item {
            Value::Int(int) => total = total.saturating_add(*int),
            _ => return Value::unknown("a sum of these is not followed"),
        }
    }
    Value::Int(total)
}

fn is_instance<'a>(value: &Value<'a>, class: Option<&Value<'a>>) -> Value<'a> {
    if let Some(Value::Tuple(classes)) = class {
        let each: Vec<Value<'a>> = classes.iter().map(|class| is_instance(value, Some(class))).collect();
        return quantified(true, &each);
    }
    if let (Value::Instance(instance), Some(Value::Class(class))) = (value, class) {
        return Value::Bool(instance.class.path == class.path || instance.class.descends(class.name));
    }
    let Some(Value::Symbol(class)) = class else { return Value::unknown("`isinstance` of this class is not followed") };
    if let Value::Object(object) = value
        && object.kind == super::reflected::TYPE
        && let Some(Value::Text(data_type)) = object.args.first()
    {
        return super::reflected::is_of(data_type, class);
    }
    let is = match (value, class.as_ref()) {
        (Value::Text(_), "builtins.str")
        | (Value::Int(_) | Value::Bool(_), "builtins.int")
        | (Value::Dict(_), "builtins.dict") => true,
        (Value::List(_), "builtins.list") | (Value::Bool(_), "builtins.bool") => true,
        (
            Value::Text(_) | Value::Int(_) | Value::Dict(_) | Value::List(_) | Value::Bool(_) | Value::None,
            "builtins.str" | "builtins.int" | "builtins.dict" | "builtins.list" | "builtins.bool" | "builtins.tuple",
        ) => false,
        _ => return Value::unknown("`isinstance` of this class is not followed"),
    };
    Value::Bool(is)
}
