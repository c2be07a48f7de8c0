//! What holds the next batch back: an operator's pause, the hours of the day, lagging replicas. A vacuum on the table and an
//! application at work only slow it: vacuums of large tables take hours, and a service never ends.
//!
//! Nothing is locked while it waits: a batch is over before the next one is thought of.

use std::time::{Duration, Instant};

use planner::plan::{Batch, Step};
use planner::project::batch_policy::Window;
use planner::protocol::RunEventKind;
use time::OffsetDateTime;

use crate::batch::lag::{self, Lag, Notes};
use crate::journal::StepError;
use crate::run::{Runner, stopped};
use crate::target::{DbError, Target, literal};

/// How often the server is asked.
const LOOK: Duration = Duration::from_secs(1);

/// How often it is looked for an application: what comes to work meanwhile meets large batches.
const GLANCE: Duration = Duration::from_millis(200);

/// How often a wait says that it goes on.
const SAY: Duration = Duration::from_secs(30);

/// What part of a batch's time is rested behind it while a vacuum works on the table. A rest as long as the batch made two
/// million rows take 40 s instead of 15 s on PostgreSQL 15, for a vacuum starts within a minute of every large backfill.
const VACUUM_SHARE: u32 = 4;

/// How long an application is thought to be there after it was seen: one that connects for each request is seen now and then.
const BESIDE: Duration = Duration::from_secs(10);

/// Sessions other than ours that worked within the last second.
const OTHERS: &str = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
     AND backend_type = 'client backend' AND application_name NOT LIKE 'flightplan%' \
     AND (state = 'active' OR state_change > clock_timestamp() - interval '1 second') LIMIT 1";

/// The brake of one statement.
#[derive(Debug, Default)]
pub(super) struct Brake {
    looked: Option<Instant>,
    glanced: Option<Instant>,
    notes: Notes,
    /// Since when a vacuum has been working on the table.
    vacuum: Option<Instant>,
    /// Whether the batches leave the disk to a vacuum for a while behind each.
    slow: bool,
    /// When other sessions were last seen at work in the database.
    beside: Option<Instant>,
}

impl Brake {
    /// Returns when the next batch may begin.
    ///
    /// # Errors
    /// A stop; the server's refusal.
    pub(super) async fn hold(&mut self, runner: &mut Runner<'_>, step: &Step, batch: &Batch) -> Result<(), StepError> {
        let mut said: Option<(Instant, String)> = None;
        while let Some(reason) = self.reason(runner, step, batch).await? {
            if runner.stop.asked() {
                return Err(StepError::Stop(stopped(&format!("while step {} waited", step.id))));
            }
            let news = said.as_ref().is_none_or(|(at, before)| at.elapsed() >= SAY || kind(before) != kind(&reason));
            if news {
                runner.recorder.tell(RunEventKind::Waiting { step: step.id.clone(), reason: reason.clone() }).await;
                said = Some((Instant::now(), reason));
            }
            self.looked = None;
            runner.stop.rest(LOOK).await;
        }
        Ok(())
    }

    /// How long to rest behind a batch that took so long.
    pub(super) fn rest(&self, batch: &Batch, took: Duration) -> Duration {
        let pause = Duration::from_millis(batch.pause_ms.into());
        pause
            + match (self.gentle(), self.slow) {
                (true, _) => took,
                (false, true) => took / VACUUM_SHARE,
                (false, false) => Duration::ZERO,
            }
    }

    /// Whether batches are to be small, for the sake of an application that works beside them.
    pub(super) fn gentle(&self) -> bool {
        self.beside.is_some_and(|seen| seen.elapsed() < BESIDE)
    }

    /// Why the next batch may not begin yet.
    async fn reason(&mut self, runner: &mut Runner<'_>, step: &Step, batch: &Batch) -> Result<Option<String>, DbError> {
        if runner.stop.paused() {
            return Ok(Some("Paused by an operator".to_owned()));
        }
        if let Some(text) = &batch.brakes.window
            && let Some(minutes) = Window::parse(text).map(|window| window.opens_in(now())).filter(|minutes| *minutes > 0)
        {
            return Ok(Some(format!("Outside of {text} UTC, which begins in {} h {} min", minutes / 60, minutes % 60)));
        }
        if self.glanced.is_none_or(|at| at.elapsed() >= GLANCE) {
            self.glanced = Some(Instant::now());
            self.application(runner, step).await?;
        }
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return Ok(None);
        }
        self.looked = Some(Instant::now());
        if let Some(reason) = self.replicas(runner.target, batch).await? {
            return Ok(Some(reason));
        }
        self.vacuum(runner, step, batch).await?;
        Ok(None)
    }

    /// Looks for sessions that worked within the last second; those of other roles are seen by members of `pg_monitor` only.
    async fn application(&mut self, runner: &mut Runner<'_>, step: &Step) -> Result<(), DbError> {
        if !matches!(runner.target, Target::Postgres(_)) {
            return Ok(());
        }
        // A server that does not know the view or a column of it has nothing to say.
        if runner.target.rows(OTHERS).await.is_ok_and(|rows| !rows.is_empty()) && self.beside.replace(Instant::now()).is_none() {
            let reason = "Other sessions work in this database: smaller batches, a rest as long behind each".to_owned();
            runner.recorder.tell(RunEventKind::Waiting { step: step.id.clone(), reason }).await;
        }
        Ok(())
    }

    async fn replicas(&mut self, target: &mut Target, batch: &Batch) -> Result<Option<String>, DbError> {
        let limit = Duration::from_millis(batch.brakes.replica_lag_ms.into());
        if limit.is_zero() || !matches!(target, Target::Postgres(_)) {
            return Ok(None);
        }
        let rows = target
            .rows("SELECT pg_current_wal_lsn(), NULL UNION ALL SELECT NULL, replay_lsn FROM pg_stat_replication WHERE state <> 'backup'")
            .await;
        // On a replica that was promoted this moment, or under a fork without the function, nothing can be known.
        let Ok(rows) = rows else { return Ok(None) };
        let at = |text: &Option<String>| text.as_deref().and_then(lag::position);
        let written = rows.first().and_then(|row| row.first()).and_then(at).unwrap_or_default();
        let replayed: Vec<Option<u64>> = rows.iter().skip(1).map(|row| row.get(1).and_then(at)).collect();
        Ok(match self.notes.judge(Instant::now(), written, &replayed) {
            Lag::Behind(behind) if behind > limit => {
                Some(format!("A replica is {} s behind, {} s are allowed", behind.as_secs().max(1), limit.as_secs_f32()))
            }
            Lag::Gone => Some("A replica that was there is gone".to_owned()),
            Lag::Hidden => Some(
                "A replica is there and this user may not see how far it is: GRANT pg_monitor, or batch_replica_lag_ms = 0"
                    .to_owned(),
            ),
            Lag::NoReplica | Lag::Behind(_) => None,
        })
    }

    async fn vacuum(&mut self, runner: &mut Runner<'_>, step: &Step, batch: &Batch) -> Result<(), DbError> {
        let longest = Duration::from_millis(batch.brakes.vacuum_wait_ms);
        if longest.is_zero() || !matches!(runner.target, Target::Postgres(_)) {
            return Ok(());
        }
        let sql = format!("SELECT 1 FROM pg_stat_progress_vacuum WHERE relid = to_regclass({})", literal(&batch.table));
        if runner.target.rows(&sql).await?.is_empty() {
            (self.vacuum, self.slow) = (None, false);
            return Ok(());
        }
        if self.vacuum.is_none() {
            let reason =
                format!("A vacuum works on {}; a rest behind each batch for {} s at most", batch.table, longest.as_secs());
            runner.recorder.tell(RunEventKind::Waiting { step: step.id.clone(), reason }).await;
        }
        self.slow = self.vacuum.get_or_insert_with(Instant::now).elapsed() < longest;
        Ok(())
    }
}

/// The first words of a reason: numbers in it may change without being news.
fn kind(reason: &str) -> &str {
    reason.split(char::is_numeric).next().unwrap_or_default()
}

/// Minute of the day, UTC.
fn now() -> u16 {
    let now = OffsetDateTime::now_utc();
    u16::from(now.hour()) * 60 + u16::from(now.minute())
}
