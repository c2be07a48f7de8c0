//! Cuts a script into statements without understanding them.

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
    /// Where it begins.
    pub offset: usize,
    /// What is wrong: "unterminated quote".
    pub message: String,
    /// The cure.
    pub workaround: String,
}

/// Cuts `text`. On an error the pieces before it are given too.
#[must_use]
pub fn split(_text: &str, _dialect: Dialect) -> (Vec<Piece>, Vec<SplitError>) {
    (Vec::new(), Vec::new())
}
