//! Results go to stdout, everything else to stderr.

use std::io::{BufWriter, Write};
use std::path::Path;

use planner::dialect::Dialect;
use serde::Serialize;
use serde_json::{Value, json};

use crate::console;
pub use crate::console::{colours, print};
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::target::Refusal;
use crate::url::TargetUrl;
pub use crate::words::duration;

/// Writes a result as indented JSON.
///
/// # Errors
/// A value that is no JSON.
pub fn print_json(value: &impl Serialize) -> Outcome<()> {
    // Of ten thousand findings it is eight megabytes, so it goes as it comes.
    let mut out = BufWriter::with_capacity(1 << 16, console::Results);
    let written = serde_json::to_writer_pretty(&mut out, value);
    let ended = out.write_all(b"\n").and_then(|()| out.flush());
    match written {
        Err(error) if !error.is_io() => Err(Failure::failed(format!("The result is no JSON: {error}."), "")),
        // A reader that went away (`| head`) is no failure.
        _ => {
            drop(ended);
            Ok(())
        }
    }
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

/// A table with borders, as Flyway prints it; `empty` stands in it where there are no rows.
#[must_use]
pub fn table(header: &[&str], rows: &[Vec<String>], empty: &str) -> String {
    let length = |text: &str| text.encode_utf16().count();
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| length(cell));
        cells.chain(header.get(at).map(|cell| length(cell))).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let rule: String = widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).chain(["+\n".to_owned()]).collect();
    let padded = |cell: &str, width: usize| format!("| {cell}{} ", " ".repeat(width.saturating_sub(length(cell))));
    let line = |cells: &mut dyn Iterator<Item = &str>| -> String {
        cells.zip(&widths).map(|(cell, width)| padded(cell, *width)).chain(["|\n".to_owned()]).collect()
    };
    let mut text = rule.clone();
    text.push_str(&line(&mut header.iter().copied()));
    text.push_str(&rule);
    if rows.is_empty() {
        text.push_str(&format!("{}|\n", padded(empty, rule.len().saturating_sub(5))));
    }
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text.push_str(&rule);
    text
}

/// What Flyway's JSON calls the database: its name; SQLite's have none.
#[must_use]
pub fn catalog(url: &TargetUrl) -> Value {
    match url.dialect {
        Dialect::Sqlite => Value::Null,
        _ => Value::String(url.database.clone()),
    }
}

/// A refusal in Flyway's shape, with our cure and findings.
#[must_use]
pub fn error_json(refused: &Refused, root: &Path) -> Value {
    json!({"format": 1, "error": error_item(refused, root)})
}

/// The inner part of [`error_json`].
#[must_use]
pub fn error_item(refused: &Refused, root: &Path) -> Value {
    let failure = &refused.failure;
    let mut item = json!({
        "errorCode": error_code(refused), "message": failure.message, "stackTrace": null,
        "cure": failure.cure, "exitCode": failure.exit as u8, "findings": refused.findings,
    });
    if let Some(refusal) = &failure.refusal {
        // The message is that of 9.16; the fields are those of 10 and later.
        item["message"] = block(refusal, root).into();
        item["summary"] = failure.message.clone().into();
        item["sqlState"] = refusal.sql_state.clone().into();
        item["sqlErrorCode"] = refusal.error_code.into();
        item["lineNumber"] = refusal.line.into();
        item["path"] = root.join(&refusal.file).to_string_lossy().into();
    }
    item
}

/// Flyway's block about a refused statement (`FlywaySqlScriptException`), ending in a line end.
#[must_use]
pub fn block(refusal: &Refusal, root: &Path) -> String {
    let name = refusal.file.rsplit('/').next().unwrap_or(&refusal.file);
    let title = format!("Migration {name} failed");
    let rule = "-".repeat(title.encode_utf16().count());
    let state = refusal.sql_state.as_deref().unwrap_or("null");
    let path = root.join(&refusal.file);
    let Refusal { error_code, message, line, statement, .. } = refusal;
    format!(
        "{title}\n{rule}\nSQL State  : {state}\nError Code : {error_code}\nMessage    : {message}\n\
         Location   : {path} ({path})\nLine       : {line}\nStatement  : {statement}\n",
        path = path.display()
    )
}

/// Flyway's code for it.
fn error_code(refused: &Refused) -> String {
    let first = refused.findings.first().map(|finding| finding.rule.as_str());
    let message = refused.failure.message.as_str();
    let code = match first {
        Some("duplicate-version") => "DUPLICATE_VERSIONED_MIGRATION",
        Some("duplicate-repeatable") => "DUPLICATE_REPEATABLE_MIGRATION",
        Some("duplicate-undo") => "DUPLICATE_UNDO_MIGRATION",
        Some("duplicate-deleted-migration") => "DUPLICATE_DELETED_MIGRATION",
        Some(rule) if is_validation_rule(rule) => "VALIDATE_ERROR",
        _ if message.starts_with("Validate failed") => "VALIDATE_ERROR",
        _ if message.contains("but no schema history table") || message.contains("has no history table") => {
            "NON_EMPTY_SCHEMA_WITHOUT_SCHEMA_HISTORY_TABLE"
        }
        _ if message.contains("cannot be reached") || message.contains("cannot be opened") => "DB_CONNECTION",
        _ if refused.failure.exit == Exit::Usage && !message.starts_with("Unable to") => "CONFIGURATION",
        _ => "ERROR",
    };
    code.to_owned()
}

/// Whether the history, compared with the files, is the reason.
#[must_use]
pub fn is_validation(refused: &Refused) -> bool {
    refused.findings.iter().any(|finding| is_validation_rule(&finding.rule))
}

fn is_validation_rule(rule: &str) -> bool {
    rule.ends_with("-mismatch")
        || rule.ends_with("-not-resolved")
        || rule.ends_with("-not-applied")
        || rule.starts_with("failed-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_flyways() {
        let text = table(&["A", "Long"], &[vec!["one".to_owned(), "2".to_owned()]], "none");
        assert_eq!(text, "+-----+------+\n| A   | Long |\n+-----+------+\n| one | 2    |\n+-----+------+\n");
        let text = table(&["Category", "Version"], &[], "No migrations");
        assert_eq!(text.lines().nth(3), Some("| No migrations      |"));
    }
}
