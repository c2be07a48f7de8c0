//! The steps of a way back.

use std::sync::Arc;

use planner::Report;
use planner::dialect::Dialect;
use planner::effect::Effect;
use planner::migration::{Migration, Script};
use planner::plan::{Batch, PlannedStatement, Step, TransactionMode};
use planner::statement::operation::{Operation, ReindexKind};
use planner::statement::{Statement, implicit_commit};

/// Cuts a step so that what runs in batches has one of its own.
pub(super) fn parts(step: Step, batches: &[(usize, Batch)]) -> Vec<Step> {
    if batches.is_empty() {
        return vec![step];
    }
    let of = |at: usize| batches.iter().find(|(place, _)| *place == at).map(|(_, batch)| batch.clone());
    let mut parts: Vec<Step> = Vec::new();
    for (at, statement) in step.statements.iter().enumerate() {
        let batch = of(at);
        let transaction = if batch.is_some() { TransactionMode::Batched } else { step.transaction };
        if batch.is_some() || parts.last().is_none_or(|part| part.transaction != transaction) {
            let id = if parts.is_empty() { step.id.clone() } else { format!("{}/{}", step.id, parts.len() + 1) };
            parts.push(Step { id, transaction, statements: Vec::new(), ..step.clone() });
        }
        if let Some(part) = parts.last_mut() {
            part.statements.push(PlannedStatement { batch: batch.map(Box::new), ..statement.clone() });
        }
    }
    parts
}

pub(super) fn step(report: &Report, migration: &Migration, script: &Script) -> Step {
    let dialect = report.settings.dialect;
    let outside = |statement: &Statement| needs_no_transaction(statement, dialect);
    let alone = script.execute_in_transaction == Some(false) || script.statements.iter().any(outside);
    let statements = script.statements.iter().enumerate().map(|(at, statement)| planned(migration, at, statement, dialect));
    Step {
        id: migration.id.back().0,
        number: 0,
        migration: migration.id.clone(),
        source: migration.source,
        description: format!("Take back {}", migration.description),
        phase: planner::phase::Phase::Contract,
        transaction: if alone { TransactionMode::Autocommit } else { TransactionMode::Transactional },
        lock_timeout_ms: if alone { 0 } else { report.settings.lock_timeout_ms },
        statement_timeout_ms: report.settings.statement_timeout_ms,
        statements: statements.collect(),
        undo: planner::plan::Undo::default(),
        gate: None,
        fallback: None,
        history: None,
    }
}

fn planned(migration: &Migration, at: usize, statement: &Statement, dialect: Dialect) -> PlannedStatement {
    PlannedStatement {
        id: format!("{}:{}", migration.id.back(), at + 1),
        sql: statement.sql.clone(),
        file: statement.span.file.clone(),
        line: statement.span.line,
        summary: format!("Take back {}", migration.description),
        effect: Arc::new(Effect { transactional: !needs_no_transaction(statement, dialect), ..Effect::default() }),
        batch: None,
        copy_data: statement.copy_data.clone(),
        callback: None,
    }
}

/// What PostgreSQL and SQLite refuse, or ignore, inside a transaction (`facts/flyway.md` §4), and what ends one on MySQL
/// and MariaDB.
fn needs_no_transaction(statement: &Statement, dialect: Dialect) -> bool {
    if !dialect.transactional_ddl() {
        return implicit_commit::commits(&statement.sql);
    }
    statement.autocommit
        || statement.operations.iter().any(|operation| match operation {
            Operation::CreateIndex(create) => create.concurrently,
            Operation::DropIndex { concurrently, .. } | Operation::DetachPartition { concurrently, .. } => *concurrently,
            Operation::Reindex { kind, concurrently, .. } => {
                *concurrently || !matches!(kind, ReindexKind::Index | ReindexKind::Table)
            }
            Operation::Maintain { verb, .. } => !matches!(verb, planner::statement::operation::MaintainVerb::Analyze),
            Operation::SetParameter { name, .. } => name.eq_ignore_ascii_case("foreign_keys"),
            Operation::Transaction { .. } => true,
            _ => false,
        })
}
