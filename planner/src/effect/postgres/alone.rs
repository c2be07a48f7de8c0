//! Statements PostgreSQL refuses inside a transaction block, or that end it, told by their words: those that no operation
//! stands for.
//!
//! Source: `PreventInTransactionBlock` in `utility.c` and the commands it calls; Flyway's parser knows seven of them.

use crate::catalog::Catalog;
use crate::name::ObjectName;
use crate::statement::Statement;
use crate::statement::words::{commits, words};

/// Whether the statement cannot be sent inside a transaction.
#[must_use]
pub(in crate::effect) fn refuses_transaction(statement: &Statement, before: &Catalog) -> bool {
    let words = words(&statement.sql);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["create" | "drop", "database" | "tablespace", ..] | ["drop", "subscription", ..] => true,
        ["alter", "system", ..] | ["discard", "all"] => true,
        ["commit" | "rollback", "prepared", ..] => true,
        ["alter", "database", _, "set", "tablespace", ..] => true,
        ["alter", "subscription", _, verb, rest @ ..] => {
            *verb == "refresh" || (rest.first() == Some(&"publication") && !rest.contains(&"refresh"))
        }
        ["do", ..] => commits(&statement.sql),
        ["call", name, rest @ ..] => called(name, rest.first(), before),
        _ => false,
    }
}

/// A procedure of these migrations that commits by itself; the words behind CALL are its name, with or without a schema.
fn called(name: &str, next: Option<&&str>, before: &Catalog) -> bool {
    let commits = |name: &ObjectName| before.functions.get(&before.resolve(name)).is_some_and(|function| function.commits);
    commits(&ObjectName::bare(name)) || next.is_some_and(|next| commits(&ObjectName::qualified(name, *next)))
}
