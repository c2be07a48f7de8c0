//! Cuts a script into statements without understanding them.
//!
//! One splitter for all dialects. It follows the server's own lexer, not Flyway's tokeniser: where the
//! two differ (`e'it\'s'`, `BEGIN ATOMIC`, `COPY` without `\.`) Flyway is wrong by its own bug list.
//! [`lexer`] knows quotes and comments, [`shape`] knows which semicolons belong to a body.

mod copy;
mod cutter;
mod lexer;
mod shape;

use std::ops::Range;

use crate::dialect::Dialect;

/// One statement of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Bytes of the statement, trimmed, without its delimiter; leading comments included.
    pub range: Range<usize>,
    /// Bytes of the data lines of a `COPY … FROM STDIN`, without the closing `\.` line.
    pub copy_data: Option<Range<usize>>,
}

/// Something that keeps the script from being cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitError {
    /// Stable id of the kind of error, for findings: `unterminated-quote`, `unterminated-comment`,
    /// `unterminated-dollar-quote`, `unterminated-parenthesis`, `unterminated-block`, `unterminated-copy`,
    /// `copy-data-misplaced`, `psql-meta-command`, `shell-command` or `wrong-delimiter`.
    pub rule: &'static str,
    /// Where it begins.
    pub offset: usize,
    /// What is wrong: "unterminated quote".
    pub message: String,
    /// The cure.
    pub workaround: String,
}

impl SplitError {
    fn new(rule: &'static str, offset: usize, message: impl Into<String>, workaround: impl Into<String>) -> Self {
        Self { rule, offset, message: message.into(), workaround: workaround.into() }
    }
}

/// The words, strings and symbols of one statement as they are written, without comments; up to `limit` of them, and up
/// to the first that cannot be read.
#[must_use]
pub fn tokens(sql: &str, dialect: Dialect, limit: usize) -> Vec<&str> {
    let lexer = lexer::Lexer::new(sql, dialect);
    let mut found = Vec::new();
    let (mut at, mut in_version_comment) = (0, false);
    while at < sql.len() && found.len() < limit {
        let Ok((token, end)) = lexer.token(at, in_version_comment, false) else { break };
        match token {
            lexer::Token::Space | lexer::Token::Comment => {}
            lexer::Token::OpenVersionComment => in_version_comment = true,
            lexer::Token::CloseVersionComment => in_version_comment = false,
            lexer::Token::Quoted | lexer::Token::Word | lexer::Token::Symbol(_) => found.extend(sql.get(at..end)),
        }
        at = end.max(at + 1);
    }
    found
}

/// Where a walk over tokens stops: the first one from `at` on, outside of parentheses, that `stop` says, or the end.
pub(crate) fn outside_brackets(tokens: &[&str], at: usize, stop: impl Fn(&str) -> bool) -> usize {
    let mut depth = 0_usize;
    let stops = |token: &&str| {
        match *token {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            token => return depth == 0 && stop(token),
        }
        false
    };
    let found = tokens.get(at..).and_then(|rest| rest.iter().position(stops));
    found.map_or(tokens.len().max(at), |found| at + found)
}

/// On one line, and not for ever.
pub(crate) fn short(text: &str) -> String {
    const LIMIT: usize = 80;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LIMIT { line } else { line.chars().take(LIMIT).chain(['…']).collect() }
}

/// The text of `sql` from one of its own [`tokens`] up to another.
pub(crate) fn between(sql: &str, tokens: &[&str], from: usize, to: usize) -> String {
    let start = |token: &&str| (token.as_ptr() as usize).saturating_sub(sql.as_ptr() as usize);
    let (Some(first), Some(last)) = (tokens.get(from), to.checked_sub(1).and_then(|at| tokens.get(at))) else {
        return String::new();
    };
    sql.get(start(first)..start(last) + last.len()).unwrap_or_default().to_owned()
}

/// Cuts `text`. Pieces are in order and disjoint; what lies between them is white space, delimiters,
/// comments and the lines that errors name. On an error the pieces before it are given too, and after
/// a client command (`\connect`) also the pieces behind it. Takes time linear in the text.
#[must_use]
pub fn split(text: &str, dialect: Dialect) -> (Vec<Piece>, Vec<SplitError>) {
    cutter::Cutter::new(text, dialect).cut()
}
