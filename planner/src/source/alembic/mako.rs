//! As much of the Mako template language as `script.py.mako` files use: `${…}` of the names Alembic gives, `repr()`,
//! `x if x else y`, the filter `comma`, and lines with `% if`, `% else`, `% endif`, `##`.

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    None,
    Text(String),
    Tuple(Vec<String>),
}

impl Value {
    fn is_true(&self) -> bool {
        match self {
            Self::None => false,
            Self::Text(text) => !text.is_empty(),
            Self::Tuple(items) => !items.is_empty(),
        }
    }

    /// `str(value)`.
    fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            other => other.repr(),
        }
    }

    fn repr(&self) -> String {
        match self {
            Self::None => "None".to_owned(),
            Self::Text(text) => quoted(text),
            Self::Tuple(items) => {
                let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
                if items.len() == 1 { format!("({},)", items.concat()) } else { format!("({})", items.join(", ")) }
            }
        }
    }

    /// `alembic.util.format_as_comma`.
    fn comma(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Text(text) => text.clone(),
            Self::Tuple(items) => items.join(", "),
        }
    }
}

/// Python's `repr` of a text.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// Renders a template. `Err`: the first part that is more than this reads, with its line.
pub(super) fn render(template: &str, value: &dyn Fn(&str) -> Option<Value>) -> Result<String, String> {
    let mut out = String::new();
    let mut shown: Vec<bool> = Vec::new();
    for (number, line) in (1..).zip(template.split_inclusive('\n')) {
        let trimmed = line.trim();
        let fail = |part: &str| format!("line {number}: {part}");
        if trimmed.starts_with("##") {
            continue;
        }
        if let Some(control) = trimmed.strip_prefix('%').filter(|rest| !rest.starts_with('%')) {
            control_line(control.trim(), value, &mut shown).ok_or_else(|| fail(trimmed))?;
        } else if trimmed.starts_with("<%") {
            return Err(fail(trimmed));
        } else if shown.iter().all(|shown| *shown) {
            substitute(line, value, &mut out).map_err(|part| fail(&part))?;
        }
    }
    if shown.is_empty() { Ok(out) } else { Err("a `% if` has no `% endif`".to_owned()) }
}

fn control_line(control: &str, value: &dyn Fn(&str) -> Option<Value>, shown: &mut Vec<bool>) -> Option<()> {
    let control = control.trim_end_matches(':').trim();
    if let Some(condition) = control.strip_prefix("if ") {
        let (name, wanted) = condition.trim().strip_prefix("not ").map_or((condition.trim(), true), |name| (name.trim(), false));
        shown.push(value(name)?.is_true() == wanted);
    } else if control == "else" {
        let last = shown.last_mut()?;
        *last = !*last;
    } else if control == "endif" {
        shown.pop()?;
    } else {
        return None;
    }
    Some(())
}

fn substitute(line: &str, value: &dyn Fn(&str) -> Option<Value>, out: &mut String) -> Result<(), String> {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let (expression, after) = after.split_once('}').ok_or_else(|| format!("${{{}", after.trim_end()))?;
        out.push_str(&evaluated(expression.trim(), value).ok_or_else(|| format!("${{{expression}}}"))?);
        rest = after;
    }
    out.push_str(rest);
    Ok(())
}

fn evaluated(expression: &str, value: &dyn Fn(&str) -> Option<Value>) -> Option<String> {
    if let Some((inner, filters)) = expression.rsplit_once('|') {
        let names: Vec<&str> = filters.split(',').map(str::trim).collect();
        return match names.as_slice() {
            ["comma", "n"] | ["comma"] => Some(value(inner.trim())?.comma()),
            ["n"] => evaluated(inner.trim(), value),
            _ => None,
        };
    }
    if let Some((yes, rest)) = expression.split_once(" if ") {
        let (condition, no) = rest.split_once(" else ")?;
        let taken = if value(condition.trim())?.is_true() { yes } else { no };
        return evaluated(taken.trim(), value);
    }
    if let Some(inner) = expression.strip_prefix("repr(").and_then(|rest| rest.strip_suffix(')')) {
        return Some(value(inner.trim())?.repr());
    }
    if let Some(inner) = expression.strip_prefix("comma(").and_then(|rest| rest.strip_suffix(')')) {
        return Some(value(inner.trim())?.comma());
    }
    let literal = ['"', '\''].into_iter().find_map(|quote| expression.strip_prefix(quote)?.strip_suffix(quote));
    match literal {
        Some(text) if !text.contains(['\\', '"', '\'']) => Some(text.to_owned()),
        _ => Some(value(expression)?.plain()),
    }
}
