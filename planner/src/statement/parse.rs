//! One statement to its operations.

use crate::dialect::Dialect;
use crate::statement::operation::Operation;

/// A syntax error inside one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Byte offset in the statement.
    pub offset: usize,
    /// The parser's message.
    pub message: String,
}

/// Reads one statement. What cannot be read becomes one [`Operation::Opaque`] with the error beside it.
#[must_use]
pub fn parse(_sql: &str, _dialect: Dialect) -> (Vec<Operation>, Vec<SyntaxError>) {
    (Vec::new(), Vec::new())
}
