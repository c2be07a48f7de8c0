//! SQL text to statements to operations.
//!
//! [`split`] cuts a script, [`parse`] reads one statement. A statement the parser cannot read is
//! [`operation::Operation::Opaque`], never safe.

pub mod clause;
pub mod command;
pub mod describe;
pub mod implicit_commit;
pub mod operation;
pub mod parse;
pub mod reading;
mod routine;
pub mod split;
mod subject;
pub mod touches;
pub mod words;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::span::Span;
use operation::Operation;

/// One SQL command as it is sent to the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// The text, trimmed and without its delimiter; leading comments stay.
    pub sql: String,
    /// Where it stands: in the SQL file, or at the `op.*` call of the revision that makes it.
    pub span: Span,
    /// What it means. Several for an `ALTER TABLE` with several actions, in their order.
    pub operations: Vec<Operation>,
    /// Data lines of `COPY … FROM STDIN`, each with its line end, without the closing `\.`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_data: Option<Arc<str>>,
    /// Must run outside a transaction because its author said so (Alembic's `autocommit_block`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub autocommit: bool,
    /// Comments to Flightplan right above the `op.*` call of a revision, without their mark.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<String>,
}
