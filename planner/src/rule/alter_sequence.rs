//! A sequence changed while it is used.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::Operation;
use crate::statement::words::words;

/// A sequence changed while it is used.
///
/// Row 80 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "alter-sequence",
    severity: Severity::Info,
    condition: "ALTER SEQUENCE ... RESTART, INCREMENT, MINVALUE, MAXVALUE, CACHE or CYCLE of a sequence that is older than the migration.",
    effect: "Whoever asks for a number waits until the migration commits, and a restarted sequence may give numbers that are taken.",
    workaround: "Do it in a short migration of its own; let a restart begin above the largest number in use.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::AlterSequence { sequence, .. } = operation else { return None };
    let key = context.before.find(sequence, |key| context.before.sequences.contains_key(key))?;
    let owner = context.before.sequences.get(&key)?.as_ref();
    let made =
        |earlier: &Operation| matches!(earlier, Operation::CreateSequence { sequence: made, .. } if made.name == sequence.name);
    let new = owner.is_some_and(|(table, _)| context.is_new(table)) || context.earlier().any(made);
    let values = ["restart", "increment", "minvalue", "maxvalue", "cache", "cycle"];
    let found = !new && words(&context.statement.sql).any(|word| values.contains(&word.as_str()));
    found.then(|| Hit::new(format!("Sequence {sequence} is changed.")))
}
