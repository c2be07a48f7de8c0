//! Places and edits in the file a statement comes from.

use super::StatementContext;
use super::directive::without_leading_comments;
use crate::finding::{Edit, Fix};
use crate::span::{LineIndex, Span};
use crate::statement::Statement;

/// Inserts text behind the first occurrence of a keyword. `None` where the statement is not in its file as it is here
/// (placeholders, Python).
#[must_use]
pub(super) fn insert_after(context: &StatementContext<'_>, keyword: &str, text: &str, title: &str) -> Option<Fix> {
    let sql = &context.statement.sql;
    let body = without_leading_comments(sql);
    let start = sql.len() - body.len();
    let word = body.split_whitespace().find(|word| word.eq_ignore_ascii_case(keyword))?;
    let offset = start + (word.as_ptr() as usize).checked_sub(body.as_ptr() as usize)? + word.len();
    fix(context.statement, offset, text, title)
}

/// Appends text to the statement.
#[must_use]
pub(super) fn append(context: &StatementContext<'_>, text: &str, title: &str) -> Option<Fix> {
    fix(context.statement, context.statement.sql.len(), text, title)
}

fn fix(statement: &Statement, offset: usize, text: &str, title: &str) -> Option<Fix> {
    let span = place(statement, offset)?;
    Some(Fix { title: title.to_owned(), edits: vec![Edit { span, text: text.to_owned() }] })
}

/// The span of a statement without its leading comments: where a person looks for it.
#[must_use]
pub fn body_span(statement: &Statement) -> Span {
    let offset = statement.sql.len() - without_leading_comments(&statement.sql).len();
    if offset == 0 {
        return statement.span.clone();
    }
    match place(statement, offset) {
        Some(start) => Span { start: start.start, line: start.line, column: start.column, ..statement.span.clone() },
        None => statement.span.clone(),
    }
}

/// Whether the statement stands in its file as it is here: no placeholder was replaced, and it is no revision's.
#[must_use]
pub fn is_verbatim(statement: &Statement) -> bool {
    let span = &statement.span;
    span.end.checked_sub(span.start).and_then(|length| usize::try_from(length).ok()) == Some(statement.sql.len())
}

/// An empty span at a byte of the statement, in terms of its file.
fn place(statement: &Statement, offset: usize) -> Option<Span> {
    let span = &statement.span;
    if !is_verbatim(statement) {
        return None;
    }
    let (line, column) = LineIndex::new(&statement.sql).position(&statement.sql, offset);
    let at = span.start.checked_add(u32::try_from(offset).ok()?)?;
    let line_in_file = span.line + line - 1;
    let column = if line == 1 { span.column + column - 1 } else { column };
    Some(Span {
        file: span.file.clone(),
        start: at,
        end: at,
        line: line_in_file,
        column,
        end_line: line_in_file,
        end_column: column,
    })
}
