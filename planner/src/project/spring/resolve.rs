//! Spring's `${name:default}`.

use std::collections::BTreeMap;

use super::Properties;
use super::file::loose;

/// How deep values may hang on values.
const DEEPEST: usize = 10;

/// The value with all its references replaced: by other properties, environment variables (`db.host` is `DB_HOST`) or
/// their defaults.
///
/// # Errors
/// The name that has no value.
pub(super) fn resolve(
    text: &str,
    properties: &Properties,
    variables: Option<&BTreeMap<String, String>>,
) -> Result<String, String> {
    replace(text, properties, variables, 0)
}

fn replace(
    text: &str,
    properties: &Properties,
    variables: Option<&BTreeMap<String, String>>,
    depth: usize,
) -> Result<String, String> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inner)) = rest.split_once("${") {
        // A build that fills in the file itself takes the backslash away.
        whole.push_str(before.strip_suffix('\\').unwrap_or(before));
        let Some(end) = closing(inner) else {
            whole.push_str("${");
            rest = inner;
            continue;
        };
        let (reference, after) = (inner.get(..end).unwrap_or(""), inner.get(end + 1..).unwrap_or(""));
        let (name, default) = match reference.split_once(':') {
            Some((name, default)) => (name, Some(default)),
            None => (reference, None),
        };
        let variable = variables.and_then(|known| known.get(name).or_else(|| known.get(&variable(name))));
        let value = match (variable, properties.get(&loose(name)), default) {
            _ if depth >= DEEPEST => return Err(name.to_owned()),
            (Some(value), ..) => value.clone(),
            (None, Some(value), _) => replace(&value.text, properties, variables, depth + 1)?,
            (None, None, Some(default)) => replace(default, properties, variables, depth + 1)?,
            (None, None, None) => return Err(variable_or_name(name)),
        };
        whole.push_str(&value);
        rest = after;
    }
    whole.push_str(rest);
    Ok(whole)
}

/// The brace that closes a reference whose inside is `text`.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// The environment variable that gives a property its value.
pub(in crate::project) fn variable(name: &str) -> String {
    name.chars().filter(|c| *c != '-').map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

fn variable_or_name(name: &str) -> String {
    let variable = variable(name);
    if variable == name { variable } else { format!("{name} ({variable})") }
}
