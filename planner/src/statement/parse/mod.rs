//! One statement to its operations.
//!
//! PostgreSQL is read by `squawk-syntax`, the others by `sqlparser` with our own recognisers in front.
//! A statement is parsed once; what cannot be read is opaque, with the reason.

mod depth;
mod generic;
mod postgres;
pub mod type_name;

use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;
use crate::statement::command::Command;
use crate::statement::operation::Operation;
use crate::statement::split::tokens;

/// A syntax error inside one statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyntaxError {
    /// Byte offset in the statement.
    pub offset: usize,
    /// The parser's message.
    pub message: String,
}

/// Reads one statement. What cannot be read becomes one [`Operation::Opaque`] with the error beside it.
///
/// Nothing but space and comments gives no operation at all.
#[must_use]
pub fn parse(sql: &str, dialect: Dialect) -> (Vec<Operation>, Vec<SyntaxError>) {
    if let Err(offset) = depth::check(sql, dialect) {
        let message = "the statement is nested too deeply to be read".to_owned();
        return (vec![opaque(&message)], vec![SyntaxError { offset, message }]);
    }
    let (operations, errors) = match dialect {
        Dialect::Postgres => postgres::parse(sql),
        Dialect::MySql | Dialect::MariaDb | Dialect::Sqlite => generic::parse(sql, dialect),
    };
    // `ALTER TABLE t` with nothing behind it: no parser minds, every server does.
    if operations.is_empty() && tokens(sql, dialect, 2).into_iter().any(|token| token != ";") {
        return (vec![opaque("it breaks off, or nothing is known of it")], errors);
    }
    (operations, errors)
}

/// Reads one query or data change of an application as scopes of names.
///
/// # Errors
/// Text that no parser reads, or another kind of command.
pub fn command(sql: &str, dialect: Dialect) -> Result<Command, SyntaxError> {
    depth::check(sql, dialect)
        .map_err(|offset| SyntaxError { offset, message: "it is nested too deeply to be read".to_owned() })?;
    match dialect {
        Dialect::Postgres => postgres::command::read(sql),
        Dialect::MySql | Dialect::MariaDb | Dialect::Sqlite => generic::command::read(sql, dialect),
    }
}

/// Whether PostgreSQL brings a function of that folded name along.
#[must_use]
pub fn is_builtin(function: &str) -> bool {
    postgres::is_builtin(function)
}

/// A query of MySQL or MariaDB as its tree.
///
/// # Errors
/// Text that no parser reads.
pub fn mysql_query(sql: &str) -> Result<sqlparser::ast::Statement, SyntaxError> {
    depth::check(sql, Dialect::MySql).map_err(|offset| SyntaxError { offset, message: String::new() })?;
    generic::statement(sql)
}

/// What the body of a function of PostgreSQL does.
///
/// # Errors
/// A language that is not read, as the end of a sentence.
pub fn body(text: &str, language: &str) -> Result<Vec<Operation>, String> {
    postgres::body(text, language)
}

/// Begins the reason of what is opaque but can change rows only.
const DYNAMIC_ROWS: &str = "EXECUTE of a data change that is put together at run time";

/// Whether what is opaque for that reason can change rows only, not the schema.
#[must_use]
pub fn changes_rows_only(reason: &str) -> bool {
    [DYNAMIC_ROWS, "this form of ", "syntax error in "].iter().any(|start| reason.starts_with(start))
}

/// An opaque operation with its reason.
fn opaque(reason: impl Into<String>) -> Operation {
    Operation::Opaque { reason: reason.into() }
}

/// The outcome of a statement with syntax errors: one opaque operation that names the first.
fn unreadable(errors: Vec<SyntaxError>) -> (Vec<Operation>, Vec<SyntaxError>) {
    let first = errors.first().map_or("unknown", |error| error.message.as_str());
    (vec![opaque(format!("syntax error: {first}"))], errors)
}

/// Whether a text is a number as SQL writes it, without an exponent.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}
