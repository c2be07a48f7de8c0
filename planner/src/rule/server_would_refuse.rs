//! A statement the server would refuse.

use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;

/// A statement the server would refuse.
pub(super) const RULE: Rule = Rule {
    id: "server-would-refuse",
    severity: Severity::Error,
    condition: "The statement does not fit the schema that the migrations before it make.",
    effect: "The migration fails there; what its transaction did before is taken back.",
    workaround: "Mend the statement, or the migration that should have made what is missing.",
    check: Check::Migration(check),
};

/// MySQL and MariaDB.
const STAYS: &str = "The migration fails there, and what it did before stays: a change of the schema commits by itself.";

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let errors = context.effects.iter().enumerate().filter_map(|(at, effect)| effect.error.as_ref().map(|error| (at, error)));
    let hit = |(at, error): (usize, &String)| {
        let hit = Hit::new(format!("The server would refuse this: {}.", error.trim_end_matches('.'))).at(at);
        match context.settings.dialect.transactional_ddl() {
            true => hit,
            false => Hit { effect: Some(STAYS.to_owned()), ..hit },
        }
    };
    errors.map(hit).collect()
}
