//! A data change in batches: a transaction a batch, and the cursor in the same transaction.
//!
//! Kill it anywhere: the batches that are committed have their cursor committed with them, the one under way is rolled
//! back by the server, and the next run goes on behind the last key. On PostgreSQL a batch does not wait for the disk, so a
//! crash of the server may take the last ones back, each with its cursor; the step's end waits, which makes them all last.

mod beside;
mod brake;
mod lag;
mod mark;
pub mod onlooker;
mod pace;
mod pre_image;
mod progress;
pub mod replicas;
mod walk;

use std::time::{Duration, Instant};

use planner::plan::{Batch, PlannedStatement, Step};
use planner::protocol::RunEventKind;

use crate::batch::brake::Brake;
use crate::batch::pace::Pace;
use crate::batch::progress::Rate;
use crate::batch::walk::{Walk, count};
use crate::exit::{Exit, Failure};
use crate::failpoint;
use crate::journal::{EntryState, StepError};
use crate::run::{Runner, elapsed, retry, stopped, transactional};
use crate::target::DbErrorKind;

/// Times a table is walked at most where rows to change keep appearing.
const PASSES: u32 = 10;

/// First lock timeout of a batch, ms; it doubles with each fruitless attempt up to the step's own.
const FIRST_LOCK_MS: u64 = 500;

/// Lock timeout where the step names none: a batch never waits without end.
const LONGEST_LOCK_MS: u64 = 5000;

/// Runs the step, or what is left of it.
///
/// # Errors
/// The first refusal that is not worth another try, or the last that was; a stop; a check that fails.
pub async fn run(runner: &mut Runner<'_>, step: &Step) -> Result<(), StepError> {
    let started = Instant::now();
    runner.target.prepare_step(lock_timeout(step, 1), step.statement_timeout_ms).await?;
    let Some((statement, batch)) = step.statements.iter().find_map(|it| it.batch.as_ref().map(|batch| (it, batch))) else {
        // A plan of ours never says so; then one transaction is right.
        return transactional::run(runner, step, None).await;
    };
    runner.target.begin_walk().await?;
    let outcome = walk(runner, step, statement, batch, started).await;
    runner.target.end_walk().await;
    outcome
}

async fn walk(
    runner: &mut Runner<'_>,
    step: &Step,
    statement: &PlannedStatement,
    batch: &Batch,
    started: Instant,
) -> Result<(), StepError> {
    let mut walk = Walk::resume(runner, step, statement, batch).await?;
    if let Some(image) = batch.pre_image.as_ref().filter(|_| walk.fresh()) {
        pre_image::make(runner, statement, image).await?;
    }
    let mut drive = Drive::new(batch, walk.mark.size);
    loop {
        while !walk.mark.end {
            drive.brake.hold(runner, step, statement, batch).await?;
            let began = Instant::now();
            drive.batch(runner, step, &mut walk).await?;
            if !walk.mark.end {
                runner.stop.sleep(drive.brake.rest(runner.target.dialect(), batch, began.elapsed())).await;
            }
        }
        if !again(runner, &mut walk).await? {
            break;
        }
    }
    check(runner, statement, batch).await?;
    finish(runner, step, started, &mut walk).await
}

/// What steers the walk from batch to batch.
struct Drive<'a> {
    batch: &'a Batch,
    pace: Pace,
    rate: Rate,
    brake: Brake,
    /// When the last batch began.
    began: Option<Instant>,
}

impl<'a> Drive<'a> {
    fn new(batch: &'a Batch, size: u32) -> Self {
        let pace = Pace::new(batch.size, batch.most, batch.brakes.target_ms);
        let pace = if size > 0 { pace.resume(size) } else { pace };
        Self { batch, pace, rate: Rate::default(), brake: Brake::default(), began: None }
    }

    /// One batch, tried again while somebody else is in the way, and what is learnt from it.
    async fn batch(&mut self, runner: &mut Runner<'_>, step: &Step, walk: &mut Walk<'_>) -> Result<(), StepError> {
        let mut trouble: Option<(Instant, u32)> = None;
        loop {
            let (began, gentle) = (Instant::now(), self.brake.gentle());
            match walk.next(runner, self.pace.size(gentle), gentle).await {
                Ok(visited) => {
                    if trouble.is_some() {
                        runner.target.prepare_step(lock_timeout(step, 1), step.statement_timeout_ms).await?;
                    }
                    return self.learn(runner, step, walk, visited, began).await;
                }
                Err(StepError::Db(error)) if error.kind == DbErrorKind::Transient => {
                    runner.target.rollback().await;
                    walk.rewind();
                    self.pace.halve();
                    let (since, attempt) = *trouble.get_or_insert((began, 1));
                    if since.elapsed() > Duration::from_millis(self.batch.brakes.budget_ms) {
                        return Err(StepError::Stop(gave_up(step, walk.statement, &error.reason(), since)));
                    }
                    retry::back_off(runner, step, attempt, &error).await.map_err(StepError::Stop)?;
                    trouble = Some((since, attempt + 1));
                    runner.target.prepare_step(lock_timeout(step, attempt + 1), step.statement_timeout_ms).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn learn(
        &mut self,
        runner: &mut Runner<'_>,
        step: &Step,
        walk: &Walk<'_>,
        visited: u64,
        began: Instant,
    ) -> Result<(), StepError> {
        let took = began.elapsed();
        let waiters = runner.onlooker.as_ref().map(onlooker::Onlooker::take).unwrap_or_default();
        self.pace.learn(visited, took.as_secs_f64() * 1000.0, self.brake.gentle());
        if waiters.longest_ms > u64::from(self.batch.brakes.target_ms) {
            self.pace.halve();
        }
        if let Some(before) = self.began.replace(began) {
            self.rate.learn(visited, began.duration_since(before).max(took));
        } else {
            self.rate.learn(visited, took + Duration::from_millis(self.batch.pause_ms.into()));
        }
        let progress = walk.progress(
            u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            self.rate,
            self.pace.size(self.brake.gentle()),
            waiters,
        );
        runner.recorder.batch(progress).await;
        if runner.stop.asked() {
            return Err(StepError::Stop(stopped(&format!("after batch {} of step {}", walk.entry.batches, step.id))));
        }
        Ok(())
    }
}

/// Whether the table has to be walked once more: rows are left, or appeared behind the cursor, that the change would
/// change. Only asked where going over them again is known to come to an end.
async fn again(runner: &mut Runner<'_>, walk: &mut Walk<'_>) -> Result<bool, StepError> {
    if !walk.batch.ends {
        return Ok(false);
    }
    walk.mark.after = count(runner, walk.batch).await;
    let left = walk.mark.after.unwrap_or(0);
    let again = left > 0 && walk.mark.pass + 1 < PASSES;
    if again {
        walk.start_over();
    }
    Ok(again)
}

/// The author's own check, which says how many rows are wrong.
async fn check(runner: &mut Runner<'_>, statement: &PlannedStatement, batch: &Batch) -> Result<(), StepError> {
    let Some(sql) = &batch.check_sql else { return Ok(()) };
    let rows = runner.target.rows(sql).await.map_err(|error| transactional::located(error, statement))?;
    let answer = rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten();
    match answer.as_deref() {
        None | Some("" | "0" | "f" | "false") => Ok(()),
        Some(wrong) => Err(StepError::Stop(Failure::failed(
            format!("{}:{}: every batch is committed, and its check found {wrong} wrong: {sql}.", statement.file, statement.line),
            "Look at these rows and mend them; then run again: it checks once more and goes on.",
        ))),
    }
}

/// Journal and history: the last transaction.
async fn finish(runner: &mut Runner<'_>, step: &Step, started: Instant, walk: &mut Walk<'_>) -> Result<(), StepError> {
    let checked = RunEventKind::Checked {
        step: step.id.clone(),
        statement: walk.statement.id.clone(),
        before: walk.mark.before,
        changed: walk.entry.rows,
        after: walk.mark.after,
    };
    // Told before the step counts as done: killed in between, it is told again.
    let settled = match &walk.batch.pre_image {
        Some(image) => pre_image::tell(runner, step, image).await?,
        None => None,
    };
    runner.target.begin().await?;
    runner.journal.fence(runner.target).await?;
    walk.entry.state = EntryState::Done;
    walk.keep(runner).await?;
    runner.finish(step, started).await?;
    failpoint::reach("commit.before");
    runner.target.commit().await?;
    failpoint::reach("commit.after");
    runner.recorder.tell(checked).await;
    if let Some(image) = settled {
        pre_image::drop(runner, image).await?;
    }
    Ok(())
}

/// Lock timeout of an attempt, ms: short at first, so that whoever queues behind us does not queue for long.
fn lock_timeout(step: &Step, attempt: u32) -> u64 {
    let longest = if step.lock_timeout_ms == 0 { LONGEST_LOCK_MS } else { step.lock_timeout_ms };
    (FIRST_LOCK_MS << attempt.clamp(1, 16).saturating_sub(1)).min(longest)
}

fn gave_up(step: &Step, statement: &PlannedStatement, reason: &str, since: Instant) -> Failure {
    Failure::new(
        Exit::Stopped,
        format!(
            "{}:{}: step {} made no progress for {} s: {reason}.",
            statement.file,
            statement.line,
            step.id,
            elapsed(since) / 1000
        ),
        "What is committed is recorded. See who holds these rows; then run again to go on.",
    )
}
