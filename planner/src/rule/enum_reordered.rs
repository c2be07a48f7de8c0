//! Values of an ENUM or SET moved, removed or put between (MySQL, MariaDB).

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// Values of an ENUM or SET moved, removed or put between (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "enum-reordered",
    severity: Severity::Warning,
    condition: "An ENUM or SET column is redefined so that its old values do not stand first, in their order.",
    effect: "Values are stored as numbers: the table is copied while its writers wait, and rows with a removed value are refused \
             or lose it.",
    workaround: "Add new values at the end only; to remove one, stop using it first and clean up the rows.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        let Operation::ModifyColumn { table, column, to } = operation else { continue };
        let Some(from) = context.before.table(table).and_then(|table| table.column(column)) else { continue };
        let (Some(old), Some(new)) = (values(&from.data_type), values(&to.data_type)) else { continue };
        if context.is_quiet(table) || new.starts_with(&old) {
            continue;
        }
        let gone: Vec<&str> = old.iter().filter(|value| !new.contains(value)).copied().collect();
        let hit = match gone.as_slice() {
            [] => Hit::new(format!("{table}.{column} gets its values in another order.")),
            gone => Hit::new(format!("{table}.{column} loses {}.", gone.join(", "))),
        };
        hits.push(Hit { severity: (!gone.is_empty()).then_some(Severity::Error), ..hit });
    }
    hits
}

/// The quoted values of an ENUM or SET.
fn values(data_type: &str) -> Option<Vec<&str>> {
    let inner = data_type.strip_prefix("enum(").or_else(|| data_type.strip_prefix("set("))?.strip_suffix(')')?;
    Some(inner.split(',').map(str::trim).collect())
}
