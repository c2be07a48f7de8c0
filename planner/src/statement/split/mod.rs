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

/// Cuts `text`. Pieces are in order and disjoint; what lies between them is white space, delimiters,
/// comments and the lines that errors name. On an error the pieces before it are given too, and after
/// a client command (`\connect`) also the pieces behind it. Takes time linear in the text.
#[must_use]
pub fn split(text: &str, dialect: Dialect) -> (Vec<Piece>, Vec<SplitError>) {
    cutter::Cutter::new(text, dialect).cut()
}
