//! A counter that runs out soon (MySQL, MariaDB).

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::{ColumnDefinition, Identity};

/// A counter that runs out soon (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "narrow-auto-increment",
    severity: Severity::Warning,
    condition: "AUTO_INCREMENT on a TINYINT, SMALLINT or MEDIUMINT column.",
    effect: "After the last number, 127 to 16,777,215, every INSERT fails; failed and deleted rows use numbers up too.",
    workaround: "Use BIGINT UNSIGNED: widening the column later copies the table.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let narrow = |column: &&ColumnDefinition| {
        let name = column.data_type.split([' ', '(']).next().unwrap_or_default();
        column.identity == Some(Identity::AutoIncrement) && ["tinyint", "smallint", "mediumint"].contains(&name)
    };
    let columns = context.new_columns().into_iter().filter(|_| context.dialect().is_mysql()).filter(|(_, column)| narrow(column));
    columns.map(|(table, column)| Hit::new(format!("{table}.{} counts in {} only.", column.name, column.data_type))).collect()
}
