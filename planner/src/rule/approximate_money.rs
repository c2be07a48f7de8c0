//! Money in a type that rounds.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::ColumnDefinition;

/// Money in a type that rounds.
pub(super) const RULE: Rule = Rule {
    id: "approximate-money",
    severity: Severity::Warning,
    condition: "A new column whose name speaks of money has the type FLOAT, DOUBLE or REAL.",
    effect: "Amounts such as 0.10 cannot be held exactly, and sums are off by cents.",
    workaround: "Use DECIMAL with a scale, or whole cents in BIGINT.",
    check: Check::Statement(check),
};

const MONEY: &[&str] = &["amount", "balance", "cost", "fee", "payment", "price", "salary", "total_price", "turnover"];
const TYPES: &[&str] = &["double", "double precision", "float", "real"];

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let rounds = |column: &ColumnDefinition| {
        let data_type = column.data_type.split('(').next().unwrap_or_default().trim();
        let name = column.name.to_ascii_lowercase();
        TYPES.iter().any(|known| known.eq_ignore_ascii_case(data_type))
            && MONEY.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")))
    };
    let columns = context.new_columns().into_iter().filter(|(_, column)| rounds(column));
    columns.map(|(table, column)| Hit::new(format!("{table}.{} is {}.", column.name, column.data_type))).collect()
}
