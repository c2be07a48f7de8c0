//! More instant columns than a table can take (MySQL).

use super::{Check, Hit, ProjectContext, Rule};
use crate::dialect::{Dialect, ServerVersion};
use crate::finding::Severity;
use crate::statement::operation::Operation;
use std::collections::BTreeMap;

/// More instant columns than a table can take (MySQL).
pub(super) const RULE: Rule = Rule {
    id: "instant-column-budget",
    severity: Severity::Warning,
    condition: "Columns of a MySQL table were added or dropped more than 64 times (255 from 9.1) since it was made or built \
                anew.",
    effect: "Each time makes a row version; when they are used up the server refuses ALGORITHM=INSTANT with error 4092, and \
             rebuilds otherwise.",
    workaround: "Build the table anew at a quiet time with ALTER TABLE ... ENGINE=InnoDB.",
    check: Check::Project(check),
};

fn check(context: &ProjectContext<'_>) -> Vec<(usize, Hit)> {
    let version = context.settings.server_version;
    let limit = if version >= ServerVersion::new(9, 1) { 255 } else { 64 };
    if context.settings.dialect != Dialect::MySql {
        return Vec::new();
    }
    let mut hits = Vec::new();
    let mut used: BTreeMap<&str, u32> = BTreeMap::new();
    for (at, migration) in context.migrations.iter().enumerate() {
        for (number, statement) in migration.up.statements.iter().enumerate() {
            let Some(table) = statement.operations.first().and_then(Operation::subject) else { continue };
            let changes = |operation: &Operation| matches!(operation, Operation::AddColumn { .. } | Operation::DropColumn { .. });
            if statement.operations.iter().all(changes) {
                let count = used.entry(&table.name).or_default();
                *count += 1;
                if *count == limit + 1 {
                    let message = format!("Columns of {table} are added or dropped for the {count}th time.");
                    hits.push((at, Hit::new(message).at(number)));
                }
            } else if !matches!(
                statement.operations.first(),
                Some(Operation::Insert(_) | Operation::Update(_) | Operation::Delete(_))
            ) {
                // Anything else may build it anew; better silent than wrong.
                used.remove(table.name.as_str());
            }
        }
    }
    hits
}
