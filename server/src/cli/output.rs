//! Results go to stdout, everything else to stderr.

use std::io::{IsTerminal, Write};

use serde::Serialize;
use serde_json::Value;

use crate::exit::{Failure, Outcome};

/// Writes a result. A reader that went away (`| head`) is no failure.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}

/// Writes a result as indented JSON.
///
/// # Errors
/// A value that is no JSON.
pub fn print_json(value: &impl Serialize) -> Outcome<()> {
    print(&json_text(value)?);
    Ok(())
}

/// Indented JSON.
///
/// # Errors
/// A value that is no JSON.
pub fn json_text(value: &impl Serialize) -> Outcome<String> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::failed(format!("The result is no JSON: {error}."), ""))
}

/// The value as JSON with `"format": 1` in front.
///
/// # Errors
/// A value that is no JSON object.
pub fn with_format(value: &impl Serialize) -> Outcome<Value> {
    let value = serde_json::to_value(value).map_err(|error| Failure::failed(format!("The result is no JSON: {error}."), ""))?;
    let mut object = serde_json::Map::new();
    object.insert("format".to_owned(), Value::from(1));
    match value {
        Value::Object(fields) => object.extend(fields),
        other => {
            object.insert("value".to_owned(), other);
        }
    }
    Ok(Value::Object(object))
}

/// Whether stderr takes colours: a terminal, and `NO_COLOR` is not set.
#[must_use]
pub fn colours(stream: &impl IsTerminal) -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && stream.is_terminal()
}

/// A table with borders, as Flyway prints it.
#[must_use]
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
        cells.chain(header.get(at).map(|cell| cell.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let rule: String = widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).chain(["+\n".to_owned()]).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| -> String {
        let mut text = String::new();
        for (cell, width) in cells.zip(&widths) {
            text.push_str(&format!("| {cell}{} ", " ".repeat(width.saturating_sub(cell.chars().count()))));
        }
        text.push_str("|\n");
        text
    };
    let mut text = rule.clone();
    text.push_str(&line(&mut header.iter().copied()));
    text.push_str(&rule);
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text.push_str(&rule);
    text
}
