//! All steps in one transaction (Flyway's `group`): all of them happen and are recorded, or nothing is left.

use std::time::Instant;

use planner::plan::{Plan, Step};
use planner::protocol::RunEventKind;
use planner::source::flyway::callback::Event;

use crate::exit::{Failure, Outcome};
use crate::failpoint;
use crate::journal::StepError;
use crate::run::{Runner, elapsed, is_repeatable, retry, stopped, transactional};
use crate::target::DbErrorKind;

/// Runs the steps.
///
/// # Errors
/// The first step that fails, after everything is rolled back.
pub async fn run(runner: &mut Runner<'_>, plan: &Plan) -> Outcome<()> {
    runner.recover(&plan.steps).await?;
    let mut attempt = 1;
    loop {
        let mut at = None;
        match all(runner, plan, &mut at).await {
            Ok(()) => return Ok(()),
            Err(StepError::Db(error)) if error.kind == DbErrorKind::Transient && attempt < retry::ATTEMPTS => {
                runner.target.rollback().await;
                let Some(step) = at.or(plan.steps.first()) else { return Err(error.into()) };
                retry::wait(runner, step, attempt, &error).await?;
                attempt += 1;
            }
            Err(error) => {
                runner.target.rollback().await;
                return Err(failed(runner, at, error).await);
            }
        }
    }
}

async fn all<'p>(runner: &mut Runner<'_>, plan: &'p Plan, at: &mut Option<&'p Step>) -> Result<(), StepError> {
    runner.target.begin().await?;
    runner.journal.fence(runner.target).await?;
    let mut versioned = true;
    for step in &plan.steps {
        *at = Some(step);
        if runner.stop.asked() {
            return Err(StepError::Stop(stopped(&format!("before step {}; the group was rolled back", step.id))));
        }
        if versioned && is_repeatable(step) {
            versioned = false;
            for event in [Event::AfterVersioned, Event::BeforeRepeatables] {
                runner.callbacks.inside(runner.target, event).await?;
            }
        }
        let started = Instant::now();
        let (number, description) = (step.number, step.description.clone());
        runner.recorder.tell(RunEventKind::StepStarted { step: step.id.clone(), number, description }).await;
        transactional::inside(runner, step).await?;
        runner.recorder.tell(RunEventKind::StepDone { step: step.id.clone(), duration_ms: elapsed(started) }).await;
    }
    failpoint::reach("commit.before");
    runner.target.commit().await?;
    failpoint::reach("commit.after");
    Ok(())
}

async fn failed(runner: &mut Runner<'_>, at: Option<&Step>, error: StepError) -> Failure {
    let name = at.map_or_else(String::new, |step| format!("Step {}", step.id));
    let error = match error {
        StepError::Stop(failure) => return failure,
        StepError::Db(error) if error.kind == DbErrorKind::ConnectionLost => return error.into(),
        StepError::Db(error) => error,
    };
    let failure = Failure::failed(
        format!("{name} failed, and the whole group was rolled back with it: {error}."),
        "Nothing of this run is left in the database. Mend the migration and run again.",
    )
    .of(&error);
    runner.after_step_failure(failure).await
}
