//! A step that is one transaction: all of it happens and is recorded, or nothing of it is left.

use std::time::Instant;

use planner::plan::{PlannedStatement, Step};

use crate::exit::{Exit, Failure};
use crate::failpoint;
use crate::journal::StepError;
use crate::run::Runner;
use crate::target::{Closed, DbError, Opening, Refusal};

/// Runs the step, in the transaction that was opened for it with the end of the step before, if one was; with its own
/// end the transaction of the `next` step is opened.
///
/// # Errors
/// The first refusal; the caller rolls back.
pub async fn run(runner: &mut Runner<'_>, step: &Step, next: Option<&Step>) -> Result<(), StepError> {
    let started = Instant::now();
    let opened = match runner.ahead.take() {
        Some(opened) => opened?,
        None => {
            let opening = opening(runner, step);
            runner.target.open_step(&opening).await?
        }
    };
    runner.journal.fenced(opened.fenced)?;
    statements(runner, step).await?;
    match runner.close(step, started, &opened, next).await? {
        Closed::ByItself => return Err(StepError::Stop(committed_by_itself(step))),
        Closed::Committed(ahead) => runner.ahead = ahead,
    }
    failpoint::reach("commit.after");
    Ok(())
}

/// What the transaction of a step begins with.
pub(super) fn opening(runner: &Runner<'_>, step: &Step) -> Opening {
    Opening {
        lock_timeout_ms: step.lock_timeout_ms,
        statement_timeout_ms: step.statement_timeout_ms,
        fence: runner.journal.fence_statement(runner.target),
    }
}

/// Runs the step in the transaction that is open, up to its row in the history.
///
/// # Errors
/// As [`run`].
pub(crate) async fn inside(runner: &mut Runner<'_>, step: &Step) -> Result<(), StepError> {
    let started = Instant::now();
    runner.target.prepare_step(step.lock_timeout_ms, step.statement_timeout_ms).await?;
    let transaction = runner.target.transaction_id().await?;
    statements(runner, step).await?;
    if runner.target.transaction_id().await? != transaction {
        return Err(StepError::Stop(committed_by_itself(step)));
    }
    runner.finish(step, started).await
}

async fn statements(runner: &mut Runner<'_>, step: &Step) -> Result<(), StepError> {
    for statement in &step.statements {
        failpoint::reach("statement.before");
        send(runner, statement).await?;
        failpoint::reach("statement.after");
    }
    Ok(())
}

/// Sends one statement, or loads the data behind a COPY. A refusal names file and line.
pub(crate) async fn send(runner: &mut Runner<'_>, statement: &PlannedStatement) -> Result<(), DbError> {
    let sent = match &statement.copy_data {
        Some(data) => runner.target.copy(&statement.sql, data).await,
        None => runner.target.execute(&statement.sql).await,
    };
    sent.map(drop).map_err(|error| located(error, statement))
}

/// The refusal with the place it comes from.
pub(crate) fn located(error: DbError, statement: &PlannedStatement) -> DbError {
    let refusal = error.refusal.map(|refusal| {
        let (file, sql) = (statement.file.clone(), statement.sql.clone());
        Box::new(Refusal { file, line: statement.line, statement: sql, ..*refusal })
    });
    DbError { message: format!("{}:{}: {}", statement.file, statement.line, error.message), refusal, ..error }
}

fn committed_by_itself(step: &Step) -> Failure {
    Failure::new(
        Exit::Failed,
        format!("Step {} committed or rolled back by itself; what it did before that stays, and nothing is recorded.", step.id),
        "Take BEGIN, COMMIT and ROLLBACK out of the migration, or set executeInTransaction=false in its script \
         configuration; then bring database and history in line by hand.",
    )
}
