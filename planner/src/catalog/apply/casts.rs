//! Another type for a column of PostgreSQL, whose values are cast by themselves or only with `USING`.

use super::Outcome;
use super::postgres_types::{is_cast, kind};
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::statement::operation::Operation;

/// The type of a default, where it is plain: `'a'` has the column's.
fn of_default<'a>(default: &str, column: &'a str) -> Option<&'a str> {
    let text = default.trim_start().to_ascii_lowercase();
    match text.as_str() {
        "true" | "false" => Some("boolean"),
        number if number.starts_with(|c: char| c.is_ascii_digit()) && !number.contains('.') => Some("integer"),
        next if next.starts_with("nextval(") => Some("bigint"),
        literal if literal.starts_with('\'') && !literal.contains("||") => Some(column),
        _ => None,
    }
}

/// Refuses a new type that the column's values, or its default, are not cast to.
pub(super) fn check(before: &Catalog, operations: &[Operation], operation: &Operation) -> Outcome {
    let Operation::AlterColumnType { table, column, data_type, using, .. } = operation else { return Ok(()) };
    if before.dialect != Dialect::Postgres || before.own_casts {
        return Ok(());
    }
    let Some(stored) = before.table(table).and_then(|table| table.column(column)) else { return Ok(()) };
    let (Some(from), Some(to)) = (kind(before, &stored.data_type), kind(before, data_type)) else { return Ok(()) };
    if using.is_none() && !is_cast(&from, &to) {
        return Err(format!("column \"{column}\" cannot be cast automatically to type {data_type}"));
    }
    // Defaults go before types change, whatever order the statement has.
    let goes = |other: &Operation| matches!(other, Operation::DropDefault { column: own, .. } if own == column);
    let default = stored.default.as_deref().filter(|_| !operations.iter().any(goes));
    let default = default.and_then(|default| kind(before, of_default(default, &stored.data_type)?));
    match default {
        Some(own) if !is_cast(&own, &to) => {
            Err(format!("default for column \"{column}\" cannot be cast automatically to type {data_type}"))
        }
        _ => Ok(()),
    }
}
