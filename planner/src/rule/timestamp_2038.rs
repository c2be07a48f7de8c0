//! A moment to come in a type that ends in 2038 (MySQL, MariaDB).

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::{Dialect, ServerVersion};
use crate::finding::Severity;
use crate::statement::operation::ColumnDefinition;

/// A moment to come in a type that ends in 2038 (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "timestamp-2038",
    severity: Severity::Warning,
    condition: "A new TIMESTAMP column whose name speaks of the future, such as expires_at.",
    effect: "TIMESTAMP ends on 19 January 2038: later moments are refused, or stored as zeros without strict mode.",
    workaround: "Use DATETIME for moments to come.",
    check: Check::Statement(check),
};

const FUTURE: &[&str] = &["deadline", "due", "end", "ends", "expiration", "expires", "expiry", "maturity", "until"];

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    // MariaDB 11.5 moved the end to 2106.
    let version = context.settings.server_version;
    let ends = match context.dialect() {
        Dialect::MySql => true,
        Dialect::MariaDb => version < ServerVersion::new(11, 5),
        _ => false,
    };
    let late = |column: &ColumnDefinition| {
        let name = column.name.to_ascii_lowercase();
        column.data_type.starts_with("timestamp") && name.split('_').any(|word| FUTURE.contains(&word))
    };
    let columns = context.new_columns().into_iter().filter(|(_, column)| ends && late(column));
    columns.map(|(table, column)| Hit::new(format!("{table}.{} is a TIMESTAMP.", column.name))).collect()
}
