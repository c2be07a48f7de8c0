//! One migration to parts that each meet transactions in one way.

use super::TransactionMode;
use super::simulate::{Simulated, only_timeouts};
use crate::finding::Finding;
use crate::migration::{Migration, SourceKind};
use crate::project::settings::Settings;
use crate::statement::Statement;
use crate::statement::operation::{Operation, TransactionVerb};

/// Consecutive statements that run in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How.
    pub mode: TransactionMode,
    /// Indexes of the statements.
    pub statements: Vec<usize>,
}

/// The parts of a migration, and why it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// In order.
    pub parts: Vec<Part>,
    /// Why it cannot run.
    pub findings: Vec<Finding>,
}

/// What a statement asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// Fits any mode.
    Any,
    /// Takes part in a transaction.
    Inside,
    /// Must stand alone.
    Outside,
    /// Runs in batches.
    Batched,
}

/// Cuts a migration. A migration without statements is one empty transactional part, for its history row.
#[must_use]
pub fn parts(migration: &Migration, simulated: &Simulated, settings: &Settings) -> Parts {
    let statements = &migration.up.statements;
    let wrapped = wrapper(statements);
    let mut kept: Vec<usize> = (0..statements.len()).collect();
    if let Some((first, last)) = wrapped {
        kept.retain(|index| *index != first && *index != last);
    } else if let Some(finding) = own_transaction(migration) {
        return Parts { parts: Vec::new(), findings: vec![finding] };
    }
    let wishes: Vec<(usize, Wish)> = kept.iter().map(|index| (*index, wish(*index, statements, simulated))).collect();
    let batched = wishes.iter().any(|(_, wish)| *wish == Wish::Batched);
    if !settings.dialect.transactional_ddl() && !batched {
        return whole(TransactionMode::Autocommit, kept);
    }
    let inside = wishes.iter().any(|(_, wish)| *wish == Wish::Inside);
    let outside = wishes.iter().any(|(_, wish)| *wish == Wish::Outside);
    let author_outside = migration.source == SourceKind::Flyway && migration.up.execute_in_transaction == Some(false);
    if !batched {
        match (inside, outside) {
            _ if author_outside => return whole(TransactionMode::Autocommit, kept),
            (_, false) => return whole(TransactionMode::Transactional, kept),
            (false, true) => return whole(TransactionMode::Autocommit, kept),
            (true, true) if migration.source == SourceKind::Flyway => {
                // Flyway's `mixed` runs the whole script without a transaction; without it the rule
                // concurrently-in-transaction has already refused the script.
                let mode = TransactionMode::Autocommit;
                return if settings.flyway.mixed { whole(mode, kept) } else { Parts::default() };
            }
            (true, true) => {}
        }
    }
    let plain = if author_outside || !settings.dialect.transactional_ddl() {
        TransactionMode::Autocommit
    } else {
        TransactionMode::Transactional
    };
    Parts { parts: runs(&wishes, statements, plain), findings: Vec::new() }
}

fn whole(mode: TransactionMode, statements: Vec<usize>) -> Parts {
    Parts { parts: vec![Part { mode, statements }], findings: Vec::new() }
}

fn wish(index: usize, statements: &[Statement], simulated: &Simulated) -> Wish {
    let (Some(statement), Some(judged)) = (statements.get(index), simulated.statements.get(index)) else { return Wish::Any };
    if judged.batch.is_some() {
        return Wish::Batched;
    }
    if statement.operations.iter().all(|operation| matches!(operation, Operation::SetParameter { .. })) {
        return Wish::Any;
    }
    if statement.autocommit || !judged.effect.transactional { Wish::Outside } else { Wish::Inside }
}

/// Consecutive statements of one wish. `SET` goes with what follows it; timeouts before a lone batch belong to the batch.
fn runs(wishes: &[(usize, Wish)], statements: &[Statement], plain: TransactionMode) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut settings: Vec<usize> = Vec::new();
    for (index, wish) in wishes {
        let mode = match wish {
            Wish::Any => {
                settings.push(*index);
                continue;
            }
            Wish::Inside => plain,
            Wish::Outside => TransactionMode::Autocommit,
            Wish::Batched => TransactionMode::Batched,
        };
        if mode == TransactionMode::Batched {
            let carried = |at: &usize| statements.get(*at).is_some_and(only_timeouts);
            let (timeouts, others): (Vec<usize>, Vec<usize>) = settings.drain(..).partition(carried);
            push(&mut parts, plain, others);
            parts.push(Part { mode, statements: timeouts });
        } else if parts.last().is_none_or(|part| part.mode != mode || part.mode == TransactionMode::Batched) {
            parts.push(Part { mode, statements: std::mem::take(&mut settings) });
        }
        if let Some(part) = parts.last_mut() {
            part.statements.append(&mut settings);
            part.statements.push(*index);
        }
    }
    push(&mut parts, plain, settings);
    parts
}

fn push(parts: &mut Vec<Part>, plain: TransactionMode, statements: Vec<usize>) {
    match parts.last_mut() {
        _ if statements.is_empty() => {}
        Some(part) if part.mode != TransactionMode::Batched => part.statements.extend(statements),
        _ => parts.push(Part { mode: plain, statements }),
    }
}

/// Transaction control of a script, savepoints aside: index and verb.
fn control(statements: &[Statement]) -> Vec<(usize, TransactionVerb)> {
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
    let text = crate::rule::directive::without_leading_comments(sql).to_ascii_lowercase();
    matches!(text.split_whitespace().collect::<Vec<_>>().as_slice(), ["begin"] | ["begin" | "start", "transaction" | "work"])
}

fn own_transaction(migration: &Migration) -> Option<Finding> {
    let (index, _) = *control(&migration.up.statements).first()?;
    let span = migration.up.statements.get(index).map(|statement| statement.span.clone());
    let mut finding = Finding::broken(
        "own-transaction",
        span,
        format!("{} begins or ends transactions by itself.", migration.id),
        "Take BEGIN, COMMIT and ROLLBACK out: each migration already runs in a transaction of its own.",
    );
    finding.effect = "A COMMIT inside the script would end the transaction that also holds the history row, so a later \
                      failure would leave half of the migration applied and unrecorded."
        .to_owned();
    Some(finding.of(&migration.id))
}
