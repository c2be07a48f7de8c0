//! Foreign keys that nobody checks (MySQL, MariaDB).

use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;
use crate::statement::operation::{ConstraintKind, Operation};

/// Foreign keys that nobody checks (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "foreign-key-checks-off",
    severity: Severity::Warning,
    condition: "A migration switches foreign_key_checks off and adds a foreign key to an older table, or does not switch it on \
                again.",
    effect: "Rows that break the foreign key stay in, and the server never looks at them again; left off, later migrations run \
             unchecked too.",
    workaround: "Add foreign keys with the checks on, and set foreign_key_checks back to 1 at the end of the script.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    if !context.settings.dialect.is_mysql() {
        return Vec::new();
    }
    let mut hits = Vec::new();
    let mut off = None;
    for (at, operation) in context.operations() {
        match operation {
            Operation::SetParameter { name, value, .. } if name.trim_start_matches('@').ends_with("foreign_key_checks") => {
                let is_off = matches!(value.trim().to_ascii_lowercase().as_str(), "0" | "off" | "false");
                // `@OLD_FOREIGN_KEY_CHECKS = …` of a dump keeps the old value and changes nothing.
                if !name.contains("old_") {
                    off = is_off.then_some(at);
                }
            }
            Operation::AddConstraint { table, constraint }
                if off.is_some()
                    && matches!(constraint.kind, ConstraintKind::ForeignKey { .. })
                    && !context.new.has_table(table, context.after) =>
            {
                hits.push(Hit::new(format!("The rows of {table} are not held against the new foreign key.")).at(at));
            }
            _ => {}
        }
    }
    hits.extend(off.map(|at| Hit::new(format!("{} leaves foreign_key_checks off.", context.migration.id)).at(at)));
    hits
}
