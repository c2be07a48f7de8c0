//! A type change that spares the rows but reads them.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A type change that spares the rows but reads them.
///
/// Rows 22 and 24 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "type-change-scan",
    severity: Severity::Warning,
    condition: "ALTER COLUMN TYPE that writes no row anew, but whose checks or indexes are made again, on a table that is not new and not known to be small.",
    effect: "All rows are read, and indexes over the column are built again, while nobody can read or write the table.",
    workaround: "Drop the check or index first, change the type, then add the check NOT VALID and build the index CONCURRENTLY.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::AlterColumnType { table, column, .. } = operation else { return None };
    let hit = || Hit::new(format!("The checks or indexes over {table}.{column} are made again.")).sized(context, table, &RULE);
    (!context.is_rewritten(table, operation) && context.is_scanned(table, operation)).then(hit)
}
