//! What an author says to Flightplan in the comments before a statement, in a revision in those above the `op.` call.
//!
//! `-- flightplan:ignore <rule> <reason>` silences a rule at that statement; the reason is required.
//! `-- flightplan:batch [key=a,b] [size=5000] [pause=50ms] [target=500ms] [keep]` asks for batches; with `keep` the old
//! values are kept for the way back.
//! `-- flightplan:check <query>` is asked behind the last batch: how many rows are wrong.

use crate::statement::Statement;

/// `flightplan:batch` as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchDirective {
    /// Key columns; empty: the table's own key.
    pub key: Vec<String>,
    /// Rows per batch.
    pub size: Option<u32>,
    /// Pause, ms.
    pub pause_ms: Option<u32>,
    /// Longest time for the locks of a batch, ms.
    pub target_ms: Option<u32>,
    /// Keep the old values.
    pub keep: bool,
}

/// Texts behind `flightplan:` in the comments before a statement's first word.
#[must_use]
pub fn directives(statement: &Statement) -> Vec<&str> {
    let outside = statement.comments.iter().map(String::as_str);
    let found = outside.chain(leading(&statement.sql).0);
    found.filter_map(|body| body.trim().strip_prefix("flightplan:").map(str::trim)).collect()
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
pub fn ignores(statement: &Statement, rule: &str) -> bool {
    directives(statement).iter().filter_map(|text| ignored(text)).any(|(id, reason)| id == rule && !reason.is_empty())
}

/// Rule and reason of `ignore <rule> <reason>`.
pub(super) fn ignored(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("ignore").filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))?.trim();
    Some(rest.split_once(char::is_whitespace).map_or((rest, ""), |(id, reason)| (id, reason.trim())))
}

/// The batch directive of a statement; `Err` holds what is wrong with it.
///
/// # Errors
/// A sentence, where a word of the directive is unknown or no number.
pub fn batch(statement: &Statement) -> Result<Option<BatchDirective>, String> {
    let Some(text) = directives(statement).into_iter().find_map(|text| text.strip_prefix("batch")) else { return Ok(None) };
    let mut directive = BatchDirective::default();
    for word in text.split_whitespace() {
        match word.split_once('=') {
            Some(("key", value)) if !value.is_empty() => {
                directive.key = value.split(',').map(|column| column.trim().to_owned()).filter(|c| !c.is_empty()).collect();
            }
            Some(("size", value)) => directive.size = Some(number(word, value)?),
            Some(("pause", value)) => directive.pause_ms = Some(milliseconds(word, value)?),
            Some(("target", value)) => directive.target_ms = Some(milliseconds(word, value)?),
            None if word == "keep" => directive.keep = true,
            _ => return Err(format!("{word:?} is no part of flightplan:batch; use key=, size=, pause=, target= and keep.")),
        }
    }
    Ok(Some(directive))
}

/// The query of `flightplan:check`.
#[must_use]
pub fn check_query(statement: &Statement) -> Option<&str> {
    let text = directives(statement).into_iter().find_map(|text| text.strip_prefix("check"))?;
    Some(text.trim().trim_end_matches(';')).filter(|query| !query.is_empty())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(sql: &str) -> Statement {
        Statement { sql: sql.to_owned(), ..Statement::default() }
    }

    #[test]
    fn an_ignore_needs_a_reason_and_stands_before_the_statement() {
        let ignores = |sql: &str| ignores(&statement(sql), "drop-column");
        assert!(ignores("-- flightplan:ignore drop-column unused since 2.0\nALTER TABLE t DROP COLUMN c"));
        assert!(ignores("/* flightplan:ignore drop-column unused */ -- x\nALTER"));
        assert!(!ignores("-- flightplan:ignore drop-column\nALTER TABLE t"));
        assert!(!ignores("ALTER TABLE t -- flightplan:ignore drop-column late"));
        assert!(!ignores("-- flightplan:ignore drop-table gone\nALTER TABLE t"));
        let revision = Statement { comments: vec![" flightplan:ignore drop-column unused".to_owned()], ..statement("ALTER") };
        assert!(super::ignores(&revision, "drop-column"));
    }

    #[test]
    fn a_batch_directive_is_read_word_by_word() {
        let read = batch(&statement("-- flightplan:batch key=a,b size=500 pause=2s keep\nUPDATE t SET x = 1"));
        let expected = BatchDirective {
            key: vec!["a".to_owned(), "b".to_owned()],
            size: Some(500),
            pause_ms: Some(2000),
            keep: true,
            ..BatchDirective::default()
        };
        assert_eq!(read, Ok(Some(expected)));
        assert!(batch(&statement("-- flightplan:batch size=many\nUPDATE t SET x = 1")).is_err());
        assert_eq!(batch(&statement("UPDATE t SET x = 1")), Ok(None));
    }
}
