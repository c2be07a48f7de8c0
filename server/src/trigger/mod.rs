//! Triggers: while a run works somebody watches, and ends it when what the project names is seen: the statement at work is
//! cancelled on its server first, and no further step begins. An alert is the same with other things to do: somebody is
//! told, the run pauses, or what it has applied is taken back.

pub mod settings;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use planner::dialect::Dialect;
use planner::project::settings::Settings;
use tokio::task::JoinHandle;

use crate::alert::notify::Receiver;
use crate::alert::{Action, Alert};
use crate::batch::onlooker::Onlooker;
use crate::event::{StopSwitch, Wish};
use crate::exit::{Exit, Failure, Outcome};
use crate::measure::{Meter, Sizes};
use crate::observe;
use crate::probe;
use crate::store::now;
use crate::target::{Access, Target};
use crate::url::TargetUrl;
use settings::Trigger;

/// How often the watch looks.
const LOOK: Duration = Duration::from_millis(200);

/// How often tables are measured.
const MEASURE: Duration = Duration::from_secs(5);

/// People who are being told: a process does not end before.
static TOLD: AtomicUsize = AtomicUsize::new(0);

/// Waits until everybody is told, or cannot be.
pub async fn all_told() {
    while TOLD.load(Ordering::SeqCst) > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// When it fires, and what is done then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, as the project knows it.
    pub name: String,
    /// Its name as the beginning of a sentence, told apart from every other.
    pub title: String,
    /// When it fires.
    pub when: Trigger,
    /// What is done.
    pub then: Vec<Action>,
}

/// What a watch does its duty with.
#[derive(Clone, Debug)]
pub struct Duty {
    /// Who ends or pauses the run.
    pub switch: StopSwitch,
    /// What the run costs.
    pub meter: Arc<Meter>,
    /// The sizes of its tables before it.
    pub(crate) sizes: Arc<Sizes>,
    /// Who can be told.
    pub receivers: BTreeMap<String, Receiver>,
    /// What they are told of the run.
    pub about: Alert,
}

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
        rules: Vec<Rule>,
        target: &mut Target,
        (url, settings): (&TargetUrl, &Settings),
        duty: Duty,
    ) -> Outcome<Option<Self>> {
        if rules.is_empty() {
            return Ok(None);
        }
        let waits = rules.iter().find(|rule| matches!(rule.when, Trigger::LockWait(_)));
        let onlooker = match waits {
            None => None,
            Some(Rule { title, .. }) => {
                let onlooker = Onlooker::begin(target, url, "flightplan trigger looks").await;
                Some(onlooker.ok_or_else(|| {
                    Failure::usage(
                        format!("{title} asks who waits for the run, and this cannot be seen here. Nothing was changed."),
                        "Take it out, or let this user see other sessions (PostgreSQL: pg_monitor).",
                    )
                })?)
            }
        };
        let cancel = cancel_statement(target, &settings.flyway.table).await?;
        let own = observe::connect(url, settings, "flightplan trigger", Access::Read).await?;
        let fired = Arc::new(OnceLock::new());
        let (wrong, asked) = (BTreeMap::new(), BTreeMap::new());
        let watcher = Watcher { own, onlooker, wrong, asked, begun: Instant::now(), rules, longest_ms: 0, measured: None, duty };
        let task = tokio::spawn(watcher.watch(Arc::clone(&fired), cancel));
        Ok(Some(Self { fired, task }))
    }

    /// The failure of a run that a trigger has ended.
    #[must_use]
    pub fn judge(&self, failure: Failure) -> Failure {
        let Some(why) = self.fired.get() else { return failure };
        let message = format!("{why} The run was ended. {}", failure.message);
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
    /// Those that have not fired.
    rules: Vec<Rule>,
    /// Longest lock wait that was seen.
    longest_ms: u64,
    /// When the tables were measured last.
    measured: Option<Instant>,
    duty: Duty,
}

impl Watcher {
    async fn watch(mut self, fired: Arc<OnceLock<String>>, cancel: Option<String>) {
        loop {
            for (rule, why) in self.look().await {
                let ends = self.act(&rule, &why);
                self.rules.retain(|other| other.title != rule.title);
                if ends {
                    let _ = fired.set(why);
                    // Until the run has ended: a statement that begins before the stop is heard is cancelled, too.
                    loop {
                        self.cancel(cancel.as_deref()).await;
                        tokio::time::sleep(LOOK).await;
                    }
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Does what a rule asks for; `true`: the run ends.
    fn act(&self, rule: &Rule, why: &str) -> bool {
        let mut ends = false;
        for action in &rule.then {
            match action {
                Action::Notify(who) => self.tell(who, rule, why),
                Action::Pause => self.duty.switch.ask(Wish::Pause),
                Action::Abort => {
                    self.duty.switch.stop();
                    ends = true;
                }
                Action::RollBack => {
                    self.duty.switch.retreat();
                    ends = true;
                }
            }
        }
        ends
    }

    /// Tells somebody, beside the run.
    fn tell(&self, who: &str, rule: &Rule, why: &str) {
        let Some(receiver) = self.duty.receivers.get(who).cloned() else { return };
        let alert = Alert { alert: rule.name.clone(), message: why.to_owned(), at: now(), ..self.duty.about.clone() };
        let who = who.to_owned();
        TOLD.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            for failed in receiver.tell(&who, &alert).await {
                tracing::warn!("{failed}");
            }
            TOLD.fetch_sub(1, Ordering::SeqCst);
        });
    }

    /// The rules that fire, with a sentence each.
    async fn look(&mut self) -> Vec<(Rule, String)> {
        if let Some(onlooker) = &self.onlooker {
            self.longest_ms = self.longest_ms.max(onlooker.take().longest_ms);
            self.duty.meter.waited(self.longest_ms);
        }
        self.measure().await;
        let mut found = Vec::new();
        for rule in self.rules.clone() {
            if let Some(why) = self.judge(&rule).await {
                found.push((rule, why));
            }
        }
        found
    }

    /// Tables are measured where a rule is about them, and not often: each costs the server a look at its files.
    async fn measure(&mut self) {
        let asked = self.rules.iter().any(|rule| matches!(rule.when, Trigger::TableGrowth(_)));
        if asked && self.measured.is_none_or(|at| at.elapsed() >= MEASURE) {
            let grown = self.duty.sizes.grown(&mut self.own).await;
            self.duty.meter.grew(grown);
            self.measured = Some(Instant::now());
        }
    }

    async fn judge(&mut self, rule: &Rule) -> Option<String> {
        let name = &rule.title;
        match &rule.when {
            Trigger::Run(limit) => (self.begun.elapsed() >= *limit)
                .then(|| format!("{name} fired: the run takes longer than {} ms.", limit.as_millis())),
            Trigger::LockWait(limit) => (u128::from(self.longest_ms) >= limit.as_millis())
                .then(|| format!("{name} fired: somebody waited {} ms for a lock of the run.", self.longest_ms)),
            Trigger::TableGrowth(limit) => {
                let measures = self.duty.meter.read();
                let (table, bytes) = measures.table_bytes.iter().max_by_key(|(_, bytes)| **bytes)?;
                let grown = u64::try_from(*bytes).unwrap_or(0) >> 20;
                (grown >= *limit).then(|| format!("{name} fired: table {table} has grown by {grown} MB."))
            }
            Trigger::Transactions(limit) => {
                let count = self.duty.meter.read().transactions;
                (count >= *limit).then(|| format!("{name} fired: the run has committed {count} transactions."))
            }
            Trigger::ErrorRate(limit) => {
                let measures = self.duty.meter.read();
                let attempts = measures.transactions + measures.errors;
                let rate = (measures.errors * 100).checked_div(attempts)?;
                (measures.errors > 0 && rate >= *limit)
                    .then(|| format!("{name} fired: {} of {attempts} attempts were refused ({rate} %).", measures.errors))
            }
            Trigger::Probe { probe, times, every } => {
                if self.asked.get(name).is_some_and(|asked| asked.elapsed() < *every) {
                    return None;
                }
                let answer = probe::ask(probe, Some(&mut self.own)).await;
                self.asked.insert(name.clone(), Instant::now());
                let wrong = self.wrong.entry(name.clone()).or_default();
                *wrong = if answer.opens { 0 } else { *wrong + 1 };
                (*wrong >= *times).then(|| format!("{name} fired: {}, {times} time(s) in a row.", answer.said))
            }
        }
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
