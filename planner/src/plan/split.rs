//! One migration to parts that each meet transactions in one way.

use super::TransactionMode;
use super::simulate::{Simulated, only_timeouts};
use crate::dialect::Dialect;
use crate::migration::{Migration, SourceKind};
use crate::project::settings::Settings;
use crate::rule::transaction_control_in_script::{control, wrapper};
use crate::statement::Statement;
use crate::statement::operation::Operation;

/// Consecutive statements that run in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How.
    pub mode: TransactionMode,
    /// Indexes of the statements.
    pub statements: Vec<usize>,
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

/// Cuts a migration; no parts where a rule has refused it. A migration without statements is one empty transactional
/// part, for its history row.
#[must_use]
pub fn parts(migration: &Migration, simulated: &Simulated, settings: &Settings) -> Vec<Part> {
    let statements = &migration.up.statements;
    let wrapped = wrapper(statements);
    let mut kept: Vec<usize> = (0..statements.len()).collect();
    if let Some((first, last)) = wrapped {
        kept.retain(|index| *index != first && *index != last);
    } else if !control(statements).is_empty() {
        // The author's own transactions are kept. SQLite refuses a COMMIT with nothing open, so there the rule
        // transaction-control-in-script has refused the script.
        let refused = settings.dialect == Dialect::Sqlite;
        return if refused { Vec::new() } else { whole(TransactionMode::Autocommit, kept) };
    }
    let wishes: Vec<(usize, Wish)> = kept.iter().map(|index| (*index, wish(*index, statements, simulated))).collect();
    let batched = wishes.iter().any(|(_, wish)| *wish == Wish::Batched);
    if !settings.dialect.transactional_ddl() && !batched {
        let rows_only = wishes.iter().all(|(_, wish)| matches!(wish, Wish::Any | Wish::Inside));
        let one = rows_only && migration.up.execute_in_transaction != Some(false);
        return whole(if one { TransactionMode::Transactional } else { TransactionMode::Autocommit }, kept);
    }
    let inside = wishes.iter().any(|(_, wish)| *wish == Wish::Inside);
    let outside = wishes.iter().any(|(_, wish)| *wish == Wish::Outside);
    let author_outside = outside_by_wish(migration, settings);
    if !batched {
        match (inside, outside) {
            _ if author_outside => return whole(TransactionMode::Autocommit, kept),
            (_, false) => return whole(TransactionMode::Transactional, kept),
            (false, true) => return whole(TransactionMode::Autocommit, kept),
            (true, true) if migration.source == SourceKind::Flyway => {
                // Flyway's `mixed` runs the whole script without a transaction; without it the rule
                // concurrently-in-transaction has already refused the script.
                let mode = TransactionMode::Autocommit;
                return if settings.flyway.mixed { whole(mode, kept) } else { Vec::new() };
            }
            (true, true) => {}
        }
    }
    runs(&wishes, statements, plain(migration, settings))
}

/// How statements without a will of their own run.
#[must_use]
pub fn plain(migration: &Migration, settings: &Settings) -> TransactionMode {
    if outside_by_wish(migration, settings) || !settings.dialect.transactional_ddl() {
        TransactionMode::Autocommit
    } else {
        TransactionMode::Transactional
    }
}

/// `executeInTransaction`: the script's own, else that of all scripts.
fn outside_by_wish(migration: &Migration, settings: &Settings) -> bool {
    let asked = migration.up.execute_in_transaction.unwrap_or(settings.flyway.execute_in_transaction);
    migration.source == SourceKind::Flyway && !asked
}

fn whole(mode: TransactionMode, statements: Vec<usize>) -> Vec<Part> {
    vec![Part { mode, statements }]
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
