//! What an author says to Flightplan in a statement's leading comments.
//!
//! `-- flightplan:ignore <rule> <reason>` silences a rule at that statement; the reason is required.
//! `-- flightplan:batch [key=a,b] [size=5000] [pause=50ms]` asks for batches.

use crate::finding::{Finding, Severity};
use crate::migration::Migration;

/// `flightplan:batch` as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchDirective {
    /// Key columns; empty: the table's own key.
    pub key: Vec<String>,
    /// Rows per batch.
    pub size: Option<u32>,
    /// Pause, ms.
    pub pause_ms: Option<u32>,
}

/// Texts behind `flightplan:` in the comments before a statement's first word.
#[must_use]
pub fn directives(sql: &str) -> Vec<&str> {
    leading(sql).0.into_iter().filter_map(|body| body.trim().strip_prefix("flightplan:").map(str::trim)).collect()
}

/// A statement without the comments before its first word.
#[must_use]
pub fn without_leading_comments(sql: &str) -> &str {
    leading(sql).1
}

/// Bodies of the leading comments, and what follows them.
fn leading(sql: &str) -> (Vec<&str>, &str) {
    let mut found = Vec::new();
    let mut rest = sql.trim_start();
    loop {
        let body = if let Some(comment) = rest.strip_prefix("--") {
            let end = comment.find(['\n', '\r']).unwrap_or(comment.len());
            let (body, after) = comment.split_at_checked(end).unwrap_or((comment, ""));
            rest = after.trim_start();
            body
        } else if let Some(comment) = rest.strip_prefix("/*") {
            let Some((body, after)) = comment.split_once("*/") else { return (found, rest) };
            rest = after.trim_start();
            body
        } else {
            return (found, rest);
        };
        found.push(body);
    }
}

/// Whether the comments silence a rule, with a reason.
#[must_use]
pub fn ignores(sql: &str, rule: &str) -> bool {
    directives(sql).iter().filter_map(|text| ignored(text)).any(|(id, reason)| id == rule && !reason.is_empty())
}

fn ignored(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("ignore").filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))?.trim();
    Some(rest.split_once(char::is_whitespace).map_or((rest, ""), |(id, reason)| (id, reason.trim())))
}

/// The batch directive of a statement; `Err` holds what is wrong with it.
///
/// # Errors
/// A sentence, where a word of the directive is unknown or no number.
pub fn batch(sql: &str) -> Result<Option<BatchDirective>, String> {
    let Some(text) = directives(sql).into_iter().find_map(|text| text.strip_prefix("batch")) else { return Ok(None) };
    let mut directive = BatchDirective::default();
    for word in text.split_whitespace() {
        match word.split_once('=') {
            Some(("key", value)) if !value.is_empty() => {
                directive.key = value.split(',').map(|column| column.trim().to_owned()).filter(|c| !c.is_empty()).collect();
            }
            Some(("size", value)) => directive.size = Some(number(word, value)?),
            Some(("pause", value)) => directive.pause_ms = Some(milliseconds(word, value)?),
            _ => return Err(format!("{word:?} is no part of flightplan:batch; use key=, size= and pause=.")),
        }
    }
    Ok(Some(directive))
}

fn number(word: &str, value: &str) -> Result<u32, String> {
    value.parse().map_err(|_| format!("{word:?} is no whole number."))
}

fn milliseconds(word: &str, value: &str) -> Result<u32, String> {
    match value.strip_suffix("ms") {
        Some(digits) => number(word, digits),
        None => match value.strip_suffix('s') {
            Some(digits) => Ok(number(word, digits)?.saturating_mul(1000)),
            None => number(word, value),
        },
    }
}

/// Directives that say nothing the planner understands: silence nobody asked for is never granted.
#[must_use]
pub fn check(migration: &Migration) -> Vec<Finding> {
    let mut findings = Vec::new();
    for statement in &migration.up.statements {
        let mut wrong = |message: String, workaround: &str| {
            findings.push(Finding {
                rule: "invalid-directive".to_owned(),
                severity: Severity::Warning,
                span: Some(statement.span.clone()),
                migration: Some(migration.id.clone()),
                message,
                effect: "The comment has no effect.".to_owned(),
                workaround: workaround.to_owned(),
                fix: None,
                blocking: false,
            });
        };
        for text in directives(&statement.sql) {
            match ignored(text) {
                Some(("", _)) => wrong("flightplan:ignore names no rule.".to_owned(), IGNORE),
                Some((id, _)) if super::find(id).is_none() => wrong(format!("There is no rule {id:?} to ignore."), IGNORE),
                Some((id, "")) => wrong(format!("flightplan:ignore {id} gives no reason."), IGNORE),
                Some(_) => {}
                None if text.starts_with("batch") => {}
                None => wrong(format!("flightplan:{text} is no directive."), "Use flightplan:ignore or flightplan:batch."),
            }
        }
        if let Err(message) = batch(&statement.sql) {
            wrong(message, "Write -- flightplan:batch key=id size=5000 pause=50ms.");
        }
    }
    findings
}

const IGNORE: &str = "Write -- flightplan:ignore <rule> <reason>.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignore_needs_a_reason_and_stands_before_the_statement() {
        assert!(ignores("-- flightplan:ignore drop-column unused since 2.0\nALTER TABLE t DROP COLUMN c", "drop-column"));
        assert!(ignores("/* flightplan:ignore drop-column unused */ -- x\nALTER", "drop-column"));
        assert!(!ignores("-- flightplan:ignore drop-column\nALTER TABLE t", "drop-column"));
        assert!(!ignores("ALTER TABLE t -- flightplan:ignore drop-column late", "drop-column"));
        assert!(!ignores("-- flightplan:ignore drop-table gone\nALTER TABLE t", "drop-column"));
    }

    #[test]
    fn a_batch_directive_is_read_word_by_word() {
        let read = batch("-- flightplan:batch key=a,b size=500 pause=2s\nUPDATE t SET x = 1");
        let expected = BatchDirective { key: vec!["a".to_owned(), "b".to_owned()], size: Some(500), pause_ms: Some(2000) };
        assert_eq!(read, Ok(Some(expected)));
        assert!(batch("-- flightplan:batch size=many\nUPDATE t SET x = 1").is_err());
        assert_eq!(batch("UPDATE t SET x = 1"), Ok(None));
    }
}
