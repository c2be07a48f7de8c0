//! Statements in a few words, for people.

use crate::dialect::Dialect;
use crate::statement::Statement;
use crate::statement::describe::describe;

/// Most operations a summary spells out; the rest is counted.
const SPELLED: usize = 3;

/// What a statement does, in words.
#[must_use]
pub fn summary(statement: &Statement, dialect: Dialect) -> String {
    let mut words: Vec<String> = Vec::new();
    for operation in statement.operations.iter().take(SPELLED) {
        let word = describe(operation, dialect);
        words.push(if words.is_empty() { word } else { lower_first(&word) });
    }
    let more = statement.operations.len().saturating_sub(SPELLED);
    if more > 0 {
        words.push(format!("{more} more changes"));
    }
    if words.is_empty() { "Run a statement that changes nothing".to_owned() } else { words.join("; ") }
}

/// The same sentence inside another one.
fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        // A word in capitals is a name or SQL and stays as it is.
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}
