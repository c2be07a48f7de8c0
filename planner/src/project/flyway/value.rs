//! Values of Flyway's settings, checked as Flyway checks them.

use super::keys::Kind;

const TYPES: &[&str] = &["*", "repeatable", "versioned", "baseline", "undo"];
const STATES: &[&str] = &["*", "missing", "pending", "ignored", "future"];

/// `Some` with what could stand there: the value is wrong.
pub(super) fn mistake(kind: Kind, value: &str) -> Option<String> {
    match kind {
        Kind::Switch => switch(value).is_none().then(|| "Write true or false.".to_owned()),
        Kind::Number(least) => number(value)
            .is_none_or(|number| i64::from(number) < least)
            .then(|| format!("Write a whole number from {least} to {}.", i32::MAX)),
        Kind::Version => (!is_version(value)).then(|| "Write a version such as 1 or 2.1.".to_owned()),
        Kind::Patterns => list(value).iter().find_map(|pattern| wrong_pattern(pattern)),
        Kind::Text | Kind::Affix | Kind::List => None,
    }
}

/// Flyway takes these two words, in lower case.
pub(super) fn switch(value: &str) -> Option<bool> {
    match value {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A number as Java's `Integer` takes it.
pub(super) fn number(value: &str) -> Option<i32> {
    value.parse().ok()
}

/// Parts between commas, trimmed, empty ones left out.
pub(super) fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn is_version(value: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    value.trim().split(['.', '_']).all(digits)
}

fn wrong_pattern(pattern: &str) -> Option<String> {
    let parts: Vec<String> = pattern.split(':').map(|part| part.trim().to_lowercase()).collect();
    match parts.as_slice() {
        [kind, _] if !TYPES.contains(&kind.as_str()) => {
            Some(format!("{pattern} has no such type; use one of: {}.", TYPES.join(", ")))
        }
        [_, state] if !STATES.contains(&state.as_str()) => {
            Some(format!("{pattern} has no such state; use one of: {}.", STATES.join(", ")))
        }
        [_, _] => None,
        _ => Some("Write patterns as type:state, such as *:missing.".to_owned()),
    }
}
