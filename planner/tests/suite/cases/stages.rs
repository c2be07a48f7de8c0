//! What each stage prints for a case. One file a stage, one table.

use super::Case;

mod alembic;
mod parse;
mod report;
mod split;

/// Folder under `tests/cases` and the function that prints its cases.
pub(crate) const ALL: &[(&str, fn(&Case) -> String)] =
    &[("alembic", alembic::render), ("parse", parse::render), ("report", report::render), ("split", split::render)];
