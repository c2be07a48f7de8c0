//! BEGIN or COMMIT in a script.

use super::directive::without_leading_comments;
use super::{Check, Hit, MigrationContext, Rule};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::statement::Statement;
use crate::statement::operation::{Operation, TransactionVerb};

/// BEGIN or COMMIT in a script.
pub(super) const RULE: Rule = Rule {
    id: "transaction-control-in-script",
    severity: Severity::Error,
    condition: "A script begins or ends transactions by itself.",
    effect: "A COMMIT inside the script ends the transaction that also holds the history row: a later failure leaves half of the \
             migration applied and unrecorded.",
    workaround: "Take BEGIN, COMMIT and ROLLBACK out: each migration already runs in a transaction of its own.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let statements = &context.migration.up.statements;
    let Some((at, _)) = control(statements).first().copied() else { return Vec::new() };
    let id = &context.migration.id;
    if wrapper(statements).is_some() {
        let hit = Hit::new(format!("{id} wraps itself in BEGIN and COMMIT.")).at(at);
        let effect = "The step's own transaction, which also holds the history row, takes their place.".to_owned();
        return vec![Hit { severity: Some(Severity::Info), effect: Some(effect), ..hit }];
    }
    let hit = Hit::new(format!("{id} begins or ends transactions by itself.")).at(at);
    if !context.settings.dialect.transactional_ddl() {
        let effect = "A schema change between them commits all the same, so they hold together only rows.".to_owned();
        return vec![Hit { severity: Some(Severity::Info), effect: Some(effect), ..hit }];
    }
    if context.settings.dialect == Dialect::Postgres {
        let effect = "Nothing of it runs in one transaction with the history row: each statement outside BEGIN and COMMIT stands \
                      for itself, and after a failure the run goes on behind what is done.";
        return vec![Hit { severity: Some(Severity::Warning), effect: Some(effect.to_owned()), ..hit }];
    }
    vec![Hit { blocking: true, ..hit }]
}

/// Transaction control of a script, savepoints aside: index of the statement and verb.
#[must_use]
pub fn control(statements: &[Statement]) -> Vec<(usize, TransactionVerb)> {
    let all = statements.iter().enumerate();
    all.flat_map(|(index, statement)| {
        statement.operations.iter().filter_map(move |operation| match operation {
            Operation::Transaction { verb } if *verb != TransactionVerb::Savepoint => Some((index, *verb)),
            _ => None,
        })
    })
    .collect()
}

/// `BEGIN` first and `COMMIT` last and nothing else of the kind: the step's own transaction takes their place, with
/// the history row inside it.
#[must_use]
pub fn wrapper(statements: &[Statement]) -> Option<(usize, usize)> {
    let [(first, TransactionVerb::Begin), (last, TransactionVerb::Commit)] = control(statements)[..] else { return None };
    let setting =
        |statement: &Statement| statement.operations.iter().all(|operation| matches!(operation, Operation::SetParameter { .. }));
    let head = statements.get(..first)?.iter().all(setting);
    (head && last + 1 == statements.len() && plain_begin(&statements.get(first)?.sql)).then_some((first, last))
}

/// A `BEGIN` without an isolation level or access mode.
fn plain_begin(sql: &str) -> bool {
    let text = without_leading_comments(sql).to_ascii_lowercase();
    matches!(text.split_whitespace().collect::<Vec<_>>().as_slice(), ["begin"] | ["begin" | "start", "transaction" | "work"])
}
