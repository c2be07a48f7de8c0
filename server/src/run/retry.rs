//! Trying a whole step again after somebody else was in the way.

use std::time::Duration;

use planner::plan::Step;
use planner::protocol::RunEventKind;
use rand::Rng;

use crate::exit::Outcome;
use crate::run::{Runner, stopped};
use crate::target::DbError;

/// Attempts at one step.
pub const ATTEMPTS: u32 = 5;

/// Longest pause between attempts without an end, ms.
const LONGEST_MS: u64 = 60_000;

/// Backs off for a try that has no last one: full jitter over a range that doubles up to a minute; heard by a stop.
///
/// # Errors
/// [`crate::exit::Exit::Stopped`] where somebody asked for it meanwhile.
pub async fn back_off(runner: &mut Runner<'_>, step: &Step, attempt: u32, error: &DbError) -> Outcome<()> {
    let most = (500_u64 << attempt.min(8).saturating_sub(1)).min(LONGEST_MS);
    let pause = Duration::from_millis(rand::rng().random_range(50..=most));
    let reason = format!("{}; attempt {} in {}.{} s", error.reason(), attempt + 1, pause.as_secs(), pause.subsec_millis() / 100);
    rest(runner, step, pause, reason).await
}

/// Backs off, doubling from half a second, with as much jitter; heard by a stop.
///
/// # Errors
/// [`crate::exit::Exit::Stopped`] where somebody asked for it meanwhile.
pub async fn wait(runner: &mut Runner<'_>, step: &Step, attempt: u32, error: &DbError) -> Outcome<()> {
    let base = 500_u64 << attempt.min(6).saturating_sub(1);
    let pause = Duration::from_millis(base + rand::rng().random_range(0..base));
    let reason = format!(
        "{}; attempt {} of {ATTEMPTS} in {}.{} s",
        error.reason(),
        attempt + 1,
        pause.as_millis() / 1000,
        pause.as_millis() % 1000 / 100
    );
    rest(runner, step, pause, reason).await
}

async fn rest(runner: &mut Runner<'_>, step: &Step, pause: Duration, reason: String) -> Outcome<()> {
    runner.recorder.meter().error();
    runner.recorder.tell(RunEventKind::Waiting { step: step.id.clone(), reason }).await;
    runner.stop.sleep(pause).await;
    if runner.stop.asked() { Err(stopped(&format!("while step {} waited", step.id))) } else { Ok(()) }
}
