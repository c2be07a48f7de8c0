//! Statements that may end the transaction they run in: a `DO` block and a procedure whose body commits. Those that
//! PostgreSQL refuses by their words are in [`crate::effect::transaction`].

use crate::catalog::Catalog;
use crate::name::ObjectName;
use crate::statement::Statement;
use crate::statement::words::{commits, words};

/// Whether what the statement runs commits or rolls back.
#[must_use]
pub(in crate::effect) fn ends_transaction(statement: &Statement, before: &Catalog) -> bool {
    let mut words = words(&statement.sql);
    match words.next().as_deref() {
        Some("do") => commits(&statement.sql),
        Some("call") => words.next().is_some_and(|name| called(&name, words.next().as_deref(), before)),
        _ => false,
    }
}

/// A procedure of these migrations that commits by itself; the words behind CALL are its name, with or without a schema.
fn called(name: &str, next: Option<&str>, before: &Catalog) -> bool {
    let commits = |name: &ObjectName| before.functions.get(&before.resolve(name)).is_some_and(|function| function.commits);
    commits(&ObjectName::bare(name)) || next.is_some_and(|next| commits(&ObjectName::qualified(name, next)))
}
