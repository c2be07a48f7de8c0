//! A VARCHAR that needs a second length byte (MySQL, MariaDB).

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;

/// A VARCHAR that needs a second length byte (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "varchar-crosses-255-bytes",
    severity: Severity::Warning,
    condition: "A VARCHAR of up to 255 bytes is made longer than that, on a table that is not new and not known to be small.",
    effect: "The length of every value takes a second byte from then on, so the table is copied while its writers wait.",
    workaround: "Stay within 255 bytes (63 characters of utf8mb4), begin with more than that in new tables, or move to a new \
                 column.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        let Operation::ModifyColumn { table, column, to } = operation else { continue };
        let Some(from) = context.before.table(table).and_then(|table| table.column(column)) else { continue };
        let (Some(old), Some(new)) = (length(&from.data_type), length(&to.data_type)) else { continue };
        // A character takes 1 to 4 bytes; utf8mb4 is what both products make by default.
        let crosses = |bytes: u32| old.saturating_mul(bytes) <= 255 && new.saturating_mul(bytes) > 255;
        if context.dialect().is_mysql() && crosses(4) && !context.is_quiet(table) {
            let sure = (1..=4).all(crosses);
            let hit = Hit::new(format!("{table}.{column} goes from {old} to {new} characters, past 255 bytes with utf8mb4."));
            hits.push(Hit { severity: (!sure).then_some(Severity::Info), ..hit });
        }
    }
    hits
}

fn length(data_type: &str) -> Option<u32> {
    data_type.strip_prefix("varchar(")?.strip_suffix(')')?.parse().ok()
}
