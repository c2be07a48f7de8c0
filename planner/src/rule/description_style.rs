//! A file name outside the naming style.

use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;
use crate::migration::SourceKind;

/// A file name outside the naming style.
pub(super) const RULE: Rule = Rule {
    id: "description-style",
    severity: Severity::Info,
    condition: "The description in a Flyway file name is not lowercase_with_underscores.",
    effect: "Names that differ in case or blanks sort and search differently on different systems.",
    workaround: "Name it with lower-case letters, digits and underscores; rename it only before it is applied anywhere.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let migration = context.migration;
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == ' ';
    if migration.source != SourceKind::Flyway || (!migration.description.is_empty() && migration.description.chars().all(fine)) {
        return Vec::new();
    }
    vec![Hit::new(format!("The description {:?} of {} is not lowercase_with_underscores.", migration.description, migration.id))]
}
