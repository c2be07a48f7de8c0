//! The migration lock: polled, never waited for inside the server, so that `CREATE INDEX CONCURRENTLY` of the holder
//! is not kept waiting by our own open statement (`facts/governance.md` §4.4).

use std::time::{Duration, Instant};

use planner::migration::SourceKind;
use planner::name::ObjectName;
use planner::project::settings::Settings;
use rand::Rng;

use crate::exit::{Exit, Failure, Outcome};
use crate::target::Target;

/// How long to wait: Flyway's `lockRetryCount` (one try a second, -1 for ever) where it is set, else as asked.
#[must_use]
pub fn patience(settings: &Settings, asked: Duration) -> Duration {
    match settings.flyway.lock_retry_count.filter(|_| settings.source == SourceKind::Flyway) {
        Some(count) => u64::try_from(count).map_or(Duration::MAX, |count| Duration::from_secs(count.saturating_add(1))),
        None => asked,
    }
}

/// Takes the lock within `wait`, or gives up.
///
/// # Errors
/// [`Exit::Locked`] when the time is over; the server's refusal.
pub async fn acquire(target: &mut Target, history: &ObjectName, wait: Duration) -> Outcome<()> {
    let started = Instant::now();
    let mut told = false;
    loop {
        if target.try_lock(history).await? {
            return Ok(());
        }
        if started.elapsed() >= wait {
            return Err(Failure::new(
                Exit::Locked,
                format!("Another run holds the migration lock of {history}; waited {} s.", wait.as_secs()),
                "Let it finish, or wait longer with --lock-wait SECONDS. On PostgreSQL `select pid, application_name from \
                 pg_stat_activity join pg_locks using (pid) where locktype = 'advisory'` shows who holds it.",
            ));
        }
        if !told {
            told = true;
            crate::console::say(&format!("Waiting for the migration lock of {history} …"));
        }
        let jitter = rand::rng().random_range(150..400);
        tokio::time::sleep(Duration::from_millis(jitter).min(wait.saturating_sub(started.elapsed()))).await;
    }
}
