//! Text made of values: f-strings, `%`, `str.format`, `str()`.

use std::rc::Rc;

use ruff_python_ast::{ConversionFlag, ExprFString, FStringPart, InterpolatedStringElement};

use super::value::{Arguments, Scope, Value};
use super::{Evaluated, Interpreter, LONGEST};

impl<'a> Interpreter<'a, '_> {
    pub(super) fn f_string(&mut self, string: &'a ExprFString, scope: &Rc<Scope<'a>>) -> Evaluated<'a> {
        let mut text = String::new();
        for part in string.value.as_slice() {
            let FStringPart::FString(part) = part else {
                if let FStringPart::Literal(literal) = part {
                    text.push_str(literal.as_str());
                }
                continue;
            };
            for element in &part.elements {
                match element {
                    InterpolatedStringElement::Literal(literal) => text.push_str(&literal.value),
                    InterpolatedStringElement::Interpolation(inner) => {
                        let value = self.evaluate(&inner.expression, scope)?;
                        if inner.format_spec.is_some() || inner.debug_text.is_some() {
                            return Ok(Value::unknown("the format specification of the f-string is not followed"));
                        }
                        let shown = if inner.conversion == ConversionFlag::Repr { repr(&value) } else { shown(&value) };
                        match shown {
                            Ok(shown) => text.push_str(&shown),
                            Err(reason) => return Ok(Value::Unknown(reason)),
                        }
                    }
                }
            }
            if text.len() > LONGEST {
                return Ok(Value::unknown("the text grows too large to follow"));
            }
        }
        Ok(Value::text(text))
    }
}

/// `str(value)`.
pub(super) fn shown(value: &Value<'_>) -> Result<String, Rc<str>> {
    match value {
        Value::Text(text) => Ok(text.to_string()),
        // Alembic's quoted names and SQLAlchemy's text clauses show as their text.
        Value::Object(object) if object.kind == "text" || object.kind == "quoted_name" => match object.args.first() {
            Some(Value::Text(text)) => Ok(text.to_string()),
            _ => Err(Rc::from("the text of the clause is not known")),
        },
        Value::Object(object) if matches!(object.kind.as_str(), "moment" | "uuid") => match object.args.first() {
            Some(Value::Text(text)) => Ok(text.to_string()),
            _ => Err(Rc::from("its text is not known")),
        },
        other => repr(other),
    }
}

/// `repr(value)`.
pub(super) fn repr(value: &Value<'_>) -> Result<String, Rc<str>> {
    let several = |items: &[Value<'_>]| items.iter().map(repr).collect::<Result<Vec<_>, _>>();
    Ok(match value {
        Value::None => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(int) => int.to_string(),
        Value::Float(float) if float.is_finite() && float.abs() < 1e15 && (*float == 0.0 || float.abs() > 1e-4) => {
            format!("{float:?}")
        }
        Value::Text(text) if text.chars().all(|c| (' '..='~').contains(&c) && c != '\\') => {
            if text.contains('\'') && !text.contains('"') {
                format!("\"{text}\"")
            } else {
                format!("'{}'", text.replace('\'', "\\'"))
            }
        }
        Value::List(items) => format!("[{}]", several(&items.borrow())?.join(", ")),
        Value::Tuple(items) => match items.as_slice() {
            [one] => format!("({},)", repr(one)?),
            items => format!("({})", several(items)?.join(", ")),
        },
        Value::Unknown(reason) => return Err(reason.clone()),
        other => return Err(Rc::from(format!("how {} shows as text is not followed", other.noun()))),
    })
}

/// `text % values`.
pub(super) fn percent<'a>(text: &str, values: &Value<'a>) -> Value<'a> {
    let mut positional = match values {
        Value::Tuple(items) => items.to_vec(),
        other => vec![other.clone()],
    }
    .into_iter();
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let value = match chars.next() {
            Some('%') => {
                out.push('%');
                continue;
            }
            Some('(') => {
                let name: String = chars.by_ref().take_while(|c| *c != ')').collect();
                if !matches!(chars.next(), Some('s' | 'd')) {
                    return not_followed();
                }
                super::operator::item(values, &Value::text(name))
            }
            Some('s' | 'd' | 'i') => match positional.next() {
                Some(value) => value,
                None => return Value::unknown("`%` has more places than values"),
            },
            Some('r') => match positional.next().as_ref().map(repr) {
                Some(Ok(text)) => Value::text(text),
                _ => return not_followed(),
            },
            _ => return not_followed(),
        };
        match shown(&value) {
            Ok(shown) => out.push_str(&shown),
            Err(reason) => return Value::Unknown(reason),
        }
        if out.len() > LONGEST {
            return not_followed();
        }
    }
    Value::text(out)
}

/// `text.format(…)`: `{}`, `{0}`, `{name}`, with `!r` and without format specifications.
pub(super) fn format<'a>(text: &str, arguments: &Arguments<'a>) -> Value<'a> {
    if let Some(reason) = &arguments.unknown {
        return Value::Unknown(reason.clone());
    }
    let mut out = String::new();
    let mut next = 0_usize;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' if chars.peek() == Some(&'{') => {
                chars.next();
                out.push('{');
            }
            '}' => {
                chars.next_if_eq(&'}');
                out.push('}');
            }
            '{' => {
                let field: String = chars.by_ref().take_while(|c| *c != '}').collect();
                let (name, quoted) = field.strip_suffix("!r").map_or((field.as_str(), false), |name| (name, true));
                let value = if name.is_empty() {
                    next += 1;
                    arguments.positional.get(next - 1)
                } else if let Ok(at) = name.parse::<usize>() {
                    arguments.positional.get(at)
                } else {
                    arguments.keyword(name)
                };
                let Some(value) = value else { return Value::unknown(format!("what `{{{field}}}` stands for is not followed")) };
                match if quoted { repr(value) } else { shown(value) } {
                    Ok(shown) => out.push_str(&shown),
                    Err(reason) => return Value::Unknown(reason),
                }
            }
            other => out.push(other),
        }
        if out.len() > LONGEST {
            return not_followed();
        }
    }
    Value::text(out)
}

fn not_followed<'a>() -> Value<'a> {
    Value::unknown("the format is not followed")
}

/// `textwrap.dedent`.
pub(super) fn dedent(text: &str) -> String {
    let blank = |line: &str| line.chars().all(|c| c == ' ' || c == '\t');
    let margin = |line: &str| line.chars().take_while(|c| *c == ' ' || *c == '\t').collect::<String>();
    let mut common: Option<String> = None;
    for line in text.split('\n').filter(|line| !blank(line)) {
        let own = margin(line);
        common = Some(match common {
            None => own,
            Some(before) => before.chars().zip(own.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect(),
        });
    }
    let common = common.unwrap_or_default();
    let lines = text.split('\n').map(|line| if blank(line) { "" } else { line.strip_prefix(common.as_str()).unwrap_or(line) });
    lines.collect::<Vec<_>>().join("\n")
}
