//! A table moved to another kind of storage.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::{Operation, TableOption};

/// A table moved to another kind of storage.
///
/// Row 61 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "storage-rewrite",
    severity: Severity::Error,
    condition: "SET LOGGED, UNLOGGED, TABLESPACE or ACCESS METHOD on a table that is not new and not known to be small.",
    effect: "The whole table is copied while nobody can read or write it; UNLOGGED also loses it after a crash.",
    workaround: "Make a new table with the storage wanted, fill it in batches, and switch over; pg_repack moves tablespaces.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::AlterTableOption { table, option: TableOption::Set { options } } = operation else { return None };
    let what: Vec<String> = options.iter().map(|(option, value)| format!("{} {value}", option.replace('_', " "))).collect();
    let what = what.join(", ");
    context.is_rewritten(table, operation).then(|| Hit::new(format!("Setting {what} copies the whole table {table}.")))
}
