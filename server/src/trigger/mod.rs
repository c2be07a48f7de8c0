//! Triggers: while a run works somebody watches, and ends it when what the project names is seen: the statement at work is
//! cancelled on its server first, and no further step begins.

pub mod settings;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use planner::dialect::Dialect;
use planner::project::settings::Settings;
use tokio::task::JoinHandle;

use crate::batch::onlooker::Onlooker;
use crate::event::StopSwitch;
use crate::exit::{Exit, Failure, Outcome};
use crate::observe;
use crate::probe;
use crate::target::{Access, Target};
use crate::url::TargetUrl;
use settings::Trigger;

/// How often the watch looks.
const LOOK: Duration = Duration::from_millis(200);

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watch {
    fired: Arc<OnceLock<String>>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Begins to watch over the session of `target`.
    ///
    /// # Errors
    /// [`Exit::Usage`] where a lock wait cannot be seen on this product or by this user.
    pub async fn begin(
        triggers: &BTreeMap<String, Trigger>,
        target: &mut Target,
        (url, settings): (&TargetUrl, &Settings),
        switch: &StopSwitch,
    ) -> Outcome<Option<Self>> {
        if triggers.is_empty() {
            return Ok(None);
        }
        let waits = triggers.iter().find(|(_, trigger)| matches!(trigger, Trigger::LockWait(_)));
        let onlooker = match waits {
            None => None,
            Some((name, _)) => {
                let onlooker = Onlooker::begin(target, url, "flightplan trigger looks").await;
                Some(onlooker.ok_or_else(|| {
                    Failure::usage(
                        format!(
                            "[triggers.{name}] asks who waits for the run, and this cannot be seen here. Nothing was changed."
                        ),
                        "Take lock_wait_ms out, or let this user see other sessions (PostgreSQL: pg_monitor).",
                    )
                })?)
            }
        };
        let cancel = cancel_statement(target, &settings.flyway.table).await?;
        let own = observe::connect(url, settings, "flightplan trigger", Access::Read).await?;
        let fired = Arc::new(OnceLock::new());
        let watcher = Watcher {
            own,
            onlooker,
            wrong: BTreeMap::new(),
            asked: BTreeMap::new(),
            begun: Instant::now(),
            triggers: triggers.clone(),
        };
        let task = tokio::spawn(watcher.watch(Arc::clone(&fired), switch.clone(), cancel));
        Ok(Some(Self { fired, task }))
    }

    /// The failure of a run that a trigger has ended.
    #[must_use]
    pub fn judge(&self, failure: Failure) -> Failure {
        let Some(why) = self.fired.get() else { return failure };
        let message = format!("The trigger {why} The run was ended. {}", failure.message);
        Failure { exit: Exit::Failed, message, ..failure }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The statement that cancels what a session is doing, unless it is ending a transaction or keeping our books; absent:
/// nobody else can (SQLite).
async fn cancel_statement(target: &mut Target, history: &str) -> Outcome<Option<String>> {
    let me = match target {
        Target::Postgres(_) => "SELECT pg_backend_pid()",
        Target::MySql(_) => "SELECT CONNECTION_ID()",
        Target::Sqlite(_) => return Ok(None),
    };
    let id = target.rows(me).await?.into_iter().flatten().flatten().next().unwrap_or_default();
    let history = target.literal(&format!("%{history}%"));
    Ok(Some(match target.dialect() {
        Dialect::Postgres => format!(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = {id} AND state = 'active' AND query !~* \
             '^\\s*(rollback|commit)' AND query NOT LIKE '%flightplan\\_%' AND query NOT LIKE {history}"
        ),
        _ => format!(
            "SELECT id FROM information_schema.processlist WHERE id = {id} AND command IN ('Query', 'Execute') AND info NOT \
             REGEXP '^[[:space:]]*(ROLLBACK|COMMIT)' AND info NOT LIKE '%flightplan\\_%' AND info NOT LIKE {history}"
        ),
    }))
}

/// The watching task.
struct Watcher {
    own: Target,
    onlooker: Option<Onlooker>,
    /// Wrong answers in a row.
    wrong: BTreeMap<String, u32>,
    asked: BTreeMap<String, Instant>,
    begun: Instant,
    triggers: BTreeMap<String, Trigger>,
}

impl Watcher {
    async fn watch(mut self, fired: Arc<OnceLock<String>>, switch: StopSwitch, cancel: Option<String>) {
        let why = loop {
            if let Some(why) = self.look().await {
                break why;
            }
            tokio::time::sleep(LOOK).await;
        };
        let _ = fired.set(why);
        switch.stop();
        // Until the run has ended: a statement that begins before the stop is heard is cancelled, too.
        loop {
            self.cancel(cancel.as_deref()).await;
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The first trigger that fires, as a sentence.
    async fn look(&mut self) -> Option<String> {
        let waited = self.onlooker.as_ref().map(|onlooker| onlooker.take().longest_ms).unwrap_or_default();
        for (name, trigger) in &self.triggers {
            match trigger {
                Trigger::Run(limit) if self.begun.elapsed() >= *limit => {
                    return Some(format!("{name} fired: the run takes longer than {} ms.", limit.as_millis()));
                }
                Trigger::LockWait(limit) if u128::from(waited) >= limit.as_millis() => {
                    return Some(format!("{name} fired: somebody waited {waited} ms for a lock of the run."));
                }
                Trigger::Probe { probe, times, every } => {
                    if self.asked.get(name).is_some_and(|asked| asked.elapsed() < *every) {
                        continue;
                    }
                    let answer = probe::ask(probe, Some(&mut self.own)).await;
                    self.asked.insert(name.clone(), Instant::now());
                    let wrong = self.wrong.entry(name.clone()).or_default();
                    *wrong = if answer.opens { 0 } else { *wrong + 1 };
                    if *wrong >= *times {
                        return Some(format!("{name} fired: {}, {times} time(s) in a row.", answer.said));
                    }
                }
                Trigger::Run(_) | Trigger::LockWait(_) => {}
            }
        }
        None
    }

    async fn cancel(&mut self, cancel: Option<&str>) {
        let Some(sql) = cancel else { return };
        // What cannot be cancelled now is tried again.
        let Ok(rows) = self.own.rows(sql).await else { return };
        if let (Target::MySql(_), Some(id)) = (&self.own, rows.into_iter().flatten().flatten().next()) {
            let _ = self.own.execute(&format!("KILL QUERY {id}")).await;
        }
    }
}
