//! What holds the next batch back: an operator's pause, the hours of the day, lagging replicas. A vacuum on the table and an
//! application at work only slow it: vacuums of large tables take hours, and a service never ends.
//!
//! Nothing is locked while it waits: a batch is over before the next one is thought of.

use std::time::{Duration, Instant};

use planner::dialect::Dialect;
use planner::plan::{Batch, PlannedStatement, Step};
use planner::project::batch_policy::Window;
use planner::protocol::RunEventKind;
use time::OffsetDateTime;

use crate::batch::beside::Beside;
use crate::batch::lag::{self, Lag, Notes};
use crate::batch::replicas;
use crate::journal::StepError;
use crate::run::{Runner, stopped};
use crate::target::{DbError, Target, literal};

/// How often the server is asked.
const LOOK: Duration = Duration::from_secs(1);

/// How often a wait says that it goes on.
const SAY: Duration = Duration::from_secs(30);

/// The gap between batches on SQLite, which has no queue: who wants to write looks now and then whether the file is free.
const GAP: Duration = Duration::from_millis(1);

/// What part of a batch's time is rested behind it while a vacuum works on the table. A rest as long as the batch made two
/// million rows take 40 s instead of 15 s on PostgreSQL 15, for a vacuum starts within a minute of every large backfill.
const VACUUM_SHARE: u32 = 4;

/// The brake of one statement.
#[derive(Debug, Default)]
pub(super) struct Brake {
    looked: Option<Instant>,
    notes: Notes,
    /// Since when a vacuum has been working on the table.
    vacuum: Option<Instant>,
    /// Whether the batches leave the disk to a vacuum for a while behind each.
    slow: bool,
    beside: Beside,
}

impl Brake {
    /// Returns when the next batch may begin.
    ///
    /// # Errors
    /// A stop; the server's refusal.
    pub(super) async fn hold(
        &mut self,
        runner: &mut Runner<'_>,
        step: &Step,
        statement: &PlannedStatement,
        batch: &Batch,
    ) -> Result<(), StepError> {
        let mut said: Option<(Instant, String)> = None;
        while let Some(reason) = self.reason(runner, step, statement, batch).await? {
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
    pub(super) fn rest(&self, dialect: Dialect, batch: &Batch, took: Duration) -> Duration {
        let pause = Duration::from_millis(batch.pause_ms.into());
        pause
            + match (self.gentle(), self.slow) {
                (true, _) => took,
                (false, true) => took / VACUUM_SHARE,
                (false, false) if dialect == Dialect::Sqlite => GAP,
                (false, false) => Duration::ZERO,
            }
    }

    /// Whether batches are to be small, for the sake of an application that works beside them.
    pub(super) fn gentle(&self) -> bool {
        self.beside.is_there()
    }

    /// Why the next batch may not begin yet.
    async fn reason(
        &mut self,
        runner: &mut Runner<'_>,
        step: &Step,
        statement: &PlannedStatement,
        batch: &Batch,
    ) -> Result<Option<String>, DbError> {
        if runner.stop.paused() {
            return Ok(Some("Paused by an operator".to_owned()));
        }
        if let Some(text) = &batch.brakes.window
            && let Some(minutes) = Window::parse(text).map(|window| window.opens_in(now())).filter(|minutes| *minutes > 0)
        {
            return Ok(Some(format!("Outside of {text} UTC, which begins in {} h {} min", minutes / 60, minutes % 60)));
        }
        if self.beside.comes(runner.target).await {
            let reason = "Other sessions work in this database: smaller batches, a rest as long behind each".to_owned();
            runner.recorder.tell(RunEventKind::Waiting { step: step.id.clone(), reason }).await;
        }
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return Ok(None);
        }
        self.looked = Some(Instant::now());
        if let Some(reason) = self.replicas(runner.target, batch).await? {
            return Ok(Some(reason));
        }
        let limit = Duration::from_millis(batch.brakes.replica_lag_ms.into());
        if let Some(reason) = replicas::behind(runner, (&step.id, &statement.id), limit).await? {
            return Ok(Some(reason));
        }
        self.vacuum(runner, step, batch).await?;
        Ok(None)
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
