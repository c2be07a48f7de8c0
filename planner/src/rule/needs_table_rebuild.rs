//! A change that SQLite cannot make in place.

use super::{Check, Hit, Rule, StatementContext};
use crate::catalog::apply::sqlite_refuses_with_rows;
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A change that SQLite cannot make in place.
pub(super) const RULE: Rule = Rule {
    id: "needs-table-rebuild",
    severity: Severity::Error,
    condition: "An ALTER TABLE on SQLite changes a type, a default, NOT NULL or a constraint, or adds a column that it takes in an \
                empty table only: NOT NULL DEFAULT NULL, a default to be worked out, REFERENCES with a default, STORED.",
    effect: "SQLite has no such ALTER TABLE and refuses it as a syntax error; a column of that kind as soon as the table has a row.",
    workaround: "Make a new table, copy the rows, drop the old one and rename the new one, in one transaction; with PRAGMA \
                 foreign_keys = OFF before it and PRAGMA foreign_key_check behind it.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    if context.dialect() == Dialect::Sqlite
        && let [Operation::AddColumn { table, column, constraints, .. }] = context.statement.operations.as_slice()
        // What NOT NULL without a default is told for on every product is told once.
        && !(column.is_required() || context.is_new(table))
        && let Some(refused) = sqlite_refuses_with_rows(column, constraints)
    {
        return vec![Hit::new(format!("With a row in {table} SQLite refuses the column {}: {refused}.", column.name))];
    }
    let unknown = context.statement.operations.iter().any(|operation| matches!(operation, Operation::Opaque { .. }));
    if context.dialect() != Dialect::Sqlite || !unknown {
        return Vec::new();
    }
    let words = context.words();
    let [first, second, rest @ ..] = words.as_slice() else { return Vec::new() };
    let actions = ["alter", "modify", "change", "constraint", "foreign", "primary", "unique", "check"];
    if first != "alter" || second != "table" || !rest.iter().skip(1).take(3).any(|word| actions.contains(&word.as_str())) {
        return Vec::new();
    }
    vec![Hit::new("SQLite cannot change this in place; the table has to be built anew.")]
}
