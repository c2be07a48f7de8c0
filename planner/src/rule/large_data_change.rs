//! A data change that may touch many rows at once.

use super::directive;
use super::mixed_schema_and_data::changes_schema;
use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::rule::Cut;
use crate::statement::operation::Operation;

/// A data change that may touch many rows at once.
pub(super) const RULE: Rule = Rule {
    id: "large-data-change",
    severity: Severity::Warning,
    condition: "One UPDATE or DELETE on a table that is not new and not known to be small.",
    effect: "All its row locks are held until it ends, replicas lag behind, and a failure near the end does all of it again.",
    workaround: "Put it alone into a migration, so that it is planned in batches by key.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let table = context.statement.operations.first().and_then(Operation::subject).map(ToString::to_string).unwrap_or_default();
    let keep = matches!(directive::batch(context.statement), Ok(Some(asked)) if asked.keep);
    match context.cut {
        Cut::Whole(reason) if keep => {
            let message = ["The old values of ", &table, " cannot be kept, as its comment asks: ", reason, "."].concat();
            let effect = "Without them nothing brings the values back.".to_owned();
            let hit = Hit { severity: Some(Severity::Error), blocking: true, effect: Some(effect), ..Hit::new(message) };
            vec![hit.cure("Take `keep` out of the comment, or make the change one that batches by a key can do.")]
        }
        Cut::NoDataChange | Cut::Small => Vec::new(),
        Cut::Batched(_) => {
            let hit = Hit::new(format!("The change of {table} runs in batches by key, each its own transaction."));
            let hit = Hit {
                severity: Some(Severity::Info),
                effect: Some("Readers see some rows changed and others not yet until the last batch is done.".to_owned()),
                ..hit
            };
            vec![hit.cure("Nothing has to be done; size and pause can be chosen in the review.")]
        }
        Cut::Chosen => {
            let hit = Hit::new(format!("The change of {table} runs as one statement, as chosen in the review."));
            vec![hit.cure("Choose batches in the review.")]
        }
        // With schema changes beside it the rule mixed-schema-and-data says so.
        Cut::Whole(_) if context.migration.up.statements.iter().any(changes_schema) => Vec::new(),
        Cut::Whole(reason) => {
            vec![Hit::new(format!("The change of {table} runs as one statement: {reason}."))]
        }
    }
}
