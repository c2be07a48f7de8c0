//! An ALTER TABLE that may turn into a copy (MySQL, MariaDB).

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
use crate::effect::LockMode;
use crate::finding::Severity;
use crate::rule::context::rows;
use crate::rule::edit;

/// An ALTER TABLE that may turn into a copy (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "algorithm-not-asserted",
    severity: Severity::Info,
    condition: "A statement changes a table that is large or about whose algorithm nothing certain is known, and says neither \
                ALGORITHM nor LOCK.",
    effect: "Where the server cannot do it online it copies the table without a word, and writers wait.",
    workaround: "Add LOCK=NONE or ALGORITHM=INSTANT: the server then refuses what it cannot do that way, and nothing waits.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let Some(table) = context.altered_table() else { return Vec::new() };
    let large = rows(table, context.before, context.statistics).is_some_and(|rows| rows >= context.settings.batch.from_rows);
    let copied = context.effect.locks.iter().any(|lock| lock.mode >= LockMode::LockShared);
    let sure = context.effect.opaque.is_none();
    if (sure && (copied || !large)) || context.words().iter().any(|word| word == "algorithm" || word == "lock") {
        return Vec::new();
    }
    // MariaDB takes LOCK=NONE behind an ALTER TABLE that it does online, and refuses it where it would have to block.
    let alter = matches!(context.words().first().map(String::as_str), Some("alter"));
    let fix = (sure && alter && context.dialect() == Dialect::MariaDb)
        .then(|| edit::append(context, ", LOCK=NONE", "Assert LOCK=NONE"));
    vec![Hit::new(format!("Nothing keeps the server from copying {table} here.")).fixed(fix.flatten())]
}
