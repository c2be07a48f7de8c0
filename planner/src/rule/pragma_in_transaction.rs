//! A pragma without effect (SQLite).

use super::{Check, Hit, MigrationContext, Rule};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::statement::operation::{Operation, TransactionVerb};

/// A pragma without effect (SQLite).
pub(super) const RULE: Rule = Rule {
    id: "pragma-in-transaction",
    severity: Severity::Warning,
    condition: "PRAGMA foreign_keys stands between statements of a transaction, behind a BEGIN or in a script that runs as one.",
    effect: "SQLite passes it over without a word inside a transaction: the checks stay as they were.",
    workaround: "Put it into a migration of its own that runs outside a transaction, or use PRAGMA defer_foreign_keys, which \
                 works inside one.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    if context.settings.dialect != Dialect::Sqlite {
        return Vec::new();
    }
    let own = context.migration.up.execute_in_transaction.unwrap_or(context.settings.flyway.execute_in_transaction);
    let writes = |operation: &Operation| {
        !matches!(operation, Operation::SetParameter { .. } | Operation::Select { .. } | Operation::Transaction { .. })
    };
    let whole = own && context.operations().any(|(_, operation)| writes(operation));
    let mut begun = false;
    for (at, operation) in context.operations() {
        match operation {
            Operation::Transaction { verb } if *verb != TransactionVerb::Savepoint => begun = *verb == TransactionVerb::Begin,
            Operation::SetParameter { name, value, .. } if name == "foreign_keys" && (begun || whole) => {
                let hit = Hit::new("PRAGMA foreign_keys does nothing inside a transaction.").at(at);
                // They are off on a new connection, as SQLite has it.
                let off = matches!(value.to_ascii_lowercase().as_str(), "0" | "off" | "false" | "no");
                return vec![Hit { severity: off.then_some(Severity::Info), ..hit }];
            }
            _ => {}
        }
    }
    Vec::new()
}
