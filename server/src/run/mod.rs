//! The executor. Read it as the specification of what happens to a database.
//!
//! 1. One connection takes the migration lock and does all the work, so that a lost connection is a lost lock.
//! 2. Under the lock the plan is made anew by the caller; what runs is what that plan says, in its order.
//! 3. A *transactional* step is one transaction: fence, statements, journal row, history row ([`transactional`], [`finish`]).
//! 4. An *autocommit* step writes an intent before and an outcome after each statement ([`autocommit`]); an intent
//!    without an outcome is resolved by a look at the catalog ([`probe`]), never by assumption.
//! 5. A *batched* step is a transaction a batch, with its cursor in it ([`crate::batch`]).
//! 6. Only lock timeout, deadlock, serialization failure and a busy database are tried again, at most five times.
//! 7. Callbacks run where Flyway runs them, those of the plan and no others ([`callback`]); under `group` all steps are one
//!    transaction ([`group`]).
//! 8. What cannot be read the project's own Alembic runs, if the plan shows it and it is allowed ([`fallback`]).
//! 9. A stop is heard between steps and between batches; the next run goes on from there.
//! 10. At a closed gate the run ends and waits ([`gate`]).
//! 11. Where two runs in a row were cut off, no third one begins until a person says so ([`crate::journal::attempt`]).

pub mod autocommit;
pub mod callback;
pub mod drift;
pub mod evidence;
mod failure;
pub mod fallback;
mod finish;
pub mod gate;
pub mod group;
pub mod half;
pub mod lock;
mod manner;
pub mod prepare;
pub mod probe;
pub mod retry;
mod session;
pub mod transactional;
pub mod undo;
mod undo_step;
mod witness;

use std::time::{Duration, Instant};

use planner::plan::{HistoryEntry, Plan, Step, TransactionMode};
use planner::protocol::{RunEventKind, RunState};
use planner::source::flyway::callback::Event;

use crate::batch::onlooker::Onlooker;
use crate::batch::replicas::Replica;
use crate::event::{Recorder, StopSignal};
use crate::exit::{Exit, Failure, Outcome};
use crate::failpoint;
use crate::history::History;
use crate::journal::{Entry, Journal, StepError};
use crate::recovery::Recovery;
use crate::run::callback::Callbacks;
use crate::store::Store;
use crate::target::{DbError, DbErrorKind, Opened, Target};
use crate::trigger::Watch;

/// How often a paused run sees whether it may go on.
const PAUSE: Duration = Duration::from_secs(1);

/// A run under the lock.
pub struct Runner<'a> {
    /// The locked connection.
    pub target: &'a mut Target,
    /// The tool's history.
    pub history: &'a History,
    /// Our journal beside it.
    pub journal: Journal,
    /// What runs around the steps.
    pub callbacks: Callbacks,
    /// The events of the command.
    pub events: &'static Events,
    /// Tables left out of every fingerprint.
    pub bookkeeping: Vec<String>,
    /// The schema is noted after every step, because its plan was approved as a whole.
    pub careful: bool,
    /// It goes on where another run was stopped part-way.
    pub resumes: bool,
    /// What a look at the catalog found out about statements that were under way.
    pub settled: Vec<Entry>,
    /// Who is told.
    pub recorder: &'a mut Recorder,
    /// Where it is kept which gates are open.
    pub store: Option<Store>,
    /// Who may stop it.
    pub stop: StopSignal,
    /// The project's own Python, where a step needs it.
    pub python: Option<fallback::Python>,
    /// The transaction of the step that comes next, where it was opened with the end of the last one.
    pub ahead: Option<Result<Opened, DbError>>,
    /// Who copies what a step loses, where the project asks for it.
    pub recovery: Option<Recovery>,
    /// Who ends the run when a trigger fires.
    pub watch: Option<Watch>,
    /// Who sees who waits for us, where a step is batched.
    pub onlooker: Option<Onlooker>,
    /// What batches wait for, where the environment names some.
    pub replicas: Vec<Replica>,
}

/// The events of a command that takes steps.
#[derive(Debug)]
pub struct Events {
    before: Event,
    /// A statement failed, then its migration, then the command.
    errors: [Event; 3],
    /// Something was done.
    applied: Option<Event>,
    after: Event,
    /// Told apart from repeatables: the end of the versions, the start of the others.
    turn: Option<[Event; 2]>,
}

/// Of `migrate`.
pub const MIGRATE: Events = Events {
    before: Event::BeforeMigrate,
    errors: [Event::AfterEachMigrateStatementError, Event::AfterEachMigrateError, Event::AfterMigrateError],
    applied: Some(Event::AfterMigrateApplied),
    after: Event::AfterMigrate,
    turn: Some([Event::AfterVersioned, Event::BeforeRepeatables]),
};

/// Of `undo`.
pub const UNDO: Events = Events {
    before: Event::BeforeUndo,
    errors: [Event::AfterEachUndoStatementError, Event::AfterEachUndoError, Event::AfterUndoError],
    applied: None,
    after: Event::AfterUndo,
    turn: None,
};

impl Runner<'_> {
    /// Executes the steps of a plan in order.
    ///
    /// # Errors
    /// The first step that fails, or a stop; what was done before stays done and recorded.
    pub async fn execute(&mut self, plan: &Plan) -> Outcome<()> {
        let steps = u32::try_from(plan.steps.len()).unwrap_or(u32::MAX);
        self.recorder.tell(RunEventKind::Started { steps }).await;
        let outcome = self.steps(plan).await;
        let outcome = outcome.map_err(|failure| match &self.watch {
            Some(watch) => watch.judge(failure),
            None => failure,
        });
        let (state, message) = match &outcome {
            Ok(()) if plan.steps.is_empty() && self.events.applied.is_none() => (RunState::Done, "Nothing to undo.".to_owned()),
            Ok(()) => (RunState::Done, done_message(plan)),
            // It was told at the gate, and is not over.
            Err(_) if self.recorder.run().state == RunState::Waiting => return outcome,
            Err(failure) if failure.exit == Exit::Stopped => (RunState::Stopped, failure.message.clone()),
            Err(failure) => (RunState::Failed, failure.message.clone()),
        };
        self.recorder.tell(RunEventKind::Finished { state, message }).await;
        outcome
    }

    async fn steps(&mut self, plan: &Plan) -> Outcome<()> {
        self.open(plan).await?;
        let done = self.all_steps(plan).await;
        // A lost connection can note nothing, and a run that was taken over has nothing to note.
        if self.journal.end_attempt(self.target).await.is_err() {
            self.target.rollback().await;
        }
        done
    }

    async fn all_steps(&mut self, plan: &Plan) -> Outcome<()> {
        self.fire(self.events.before).await?;
        let done = if plan.group { self.grouped(plan).await } else { self.one_by_one(plan).await };
        if let Err(failure) = done {
            let [_, _, command] = self.events.errors;
            let heard = failure.exit == Exit::Failed;
            return Err(if heard { self.callbacks.after_failure(self.target, &[command], failure).await } else { failure });
        }
        let repeatables = plan.steps.iter().any(is_repeatable);
        if let Some([versioned, _]) = self.events.turn
            && !repeatables
        {
            self.fire(versioned).await?;
        }
        if let Some(applied) = self.events.applied
            && !plan.steps.is_empty()
        {
            self.fire(applied).await?;
        }
        self.fire(self.events.after).await
    }

    async fn one_by_one(&mut self, plan: &Plan) -> Outcome<()> {
        let mut versioned = true;
        for (at, step) in plan.steps.iter().enumerate() {
            if self.stop.asked() {
                if self.ahead.take().is_some() {
                    self.target.rollback().await;
                }
                return Err(stopped(&format!("before step {}", step.id)));
            }
            self.rest(step).await?;
            self.pass(step).await?;
            if let Some(turn) = self.events.turn
                && versioned
                && is_repeatable(step)
            {
                versioned = false;
                for event in turn {
                    self.fire(event).await?;
                }
            }
            let next = plan.steps.get(at + 1).filter(|next| self.follows(step, next));
            self.step(step, next).await?;
        }
        Ok(())
    }

    /// Begins no step while the run is paused; nothing is locked meanwhile but the migrations themselves.
    async fn rest(&mut self, step: &Step) -> Outcome<()> {
        if !self.stop.paused() {
            return Ok(());
        }
        if self.ahead.take().is_some() {
            self.target.rollback().await;
        }
        let reason = "Paused by an operator or an alert; `flightplan runs resume` lets it go on".to_owned();
        self.recorder.tell(RunEventKind::Waiting { step: step.id.clone(), reason }).await;
        while self.stop.paused() {
            self.stop.rest(PAUSE).await;
        }
        if self.stop.asked() { Err(stopped(&format!("before step {}", step.id))) } else { Ok(()) }
    }

    /// Whether the transaction of the next step may begin with the end of this one: nothing runs between the two.
    fn follows(&self, step: &Step, next: &Step) -> bool {
        if self.recovery.as_ref().is_some_and(|recovery| recovery.wants(next)) {
            return false;
        }
        let turns = self.events.turn.is_some() && is_repeatable(step) != is_repeatable(next);
        next.transaction == TransactionMode::Transactional && next.fallback.is_none() && next.gate.is_none() && !turns
    }

    async fn fire(&mut self, event: Event) -> Outcome<()> {
        self.callbacks.fire_fenced(self.target, Some(&self.journal), event).await
    }

    /// The callbacks that follow a failed statement and a failed migration. Flyway sends them into the transaction that
    /// has failed, where PostgreSQL refuses everything; here it is rolled back first.
    pub(crate) async fn after_step_failure(&mut self, failure: Failure) -> Failure {
        let [statement, migration, _] = self.events.errors;
        self.callbacks.after_failure(self.target, &[statement, migration], failure).await
    }

    /// Bookkeeping tables and the epoch, in one transaction.
    async fn open(&mut self, plan: &Plan) -> Outcome<()> {
        failpoint::reach("open.before");
        let run = self.recorder.run().id.clone();
        self.target.begin().await?;
        let opened = async {
            self.history.create(self.target).await?;
            self.journal.create(self.target).await?;
            let crashes = self.journal.crashes(self.target, plan).await?;
            self.journal.succeed(self.target, &run, &plan.digest).await?;
            if !self.resumes {
                self.journal.forget_schema(self.target).await?;
            }
            self.journal.begin_attempt(self.target, plan, crashes).await?;
            for entry in std::mem::take(&mut self.settled) {
                self.journal.put(self.target, &entry).await?;
            }
            Outcome::Ok(self.target.commit().await?)
        };
        if let Err(failure) = opened.await {
            self.target.rollback().await;
            return Err(failure);
        }
        failpoint::reach("open.after");
        Ok(())
    }

    /// A copy of what these steps lose, before the first of them.
    pub(crate) async fn recover(&mut self, steps: &[Step]) -> Outcome<()> {
        let Some(recovery) = &self.recovery else { return Ok(()) };
        let run = self.recorder.run().id.clone();
        recovery.before(self.target, steps, &self.bookkeeping, (&run, self.store.as_ref())).await
    }

    async fn step(&mut self, step: &Step, next: Option<&Step>) -> Outcome<()> {
        let started = Instant::now();
        self.recorder
            .tell(RunEventKind::StepStarted { step: step.id.clone(), number: step.number, description: step.description.clone() })
            .await;
        self.recover(std::slice::from_ref(step)).await?;
        let mut attempt = 1;
        loop {
            let result = match step.transaction {
                _ if step.fallback.is_some() => fallback::run(self, step, &step.fallback.clone().unwrap_or_default()).await,
                TransactionMode::Transactional => transactional::run(self, step, next).await,
                TransactionMode::Autocommit => autocommit::run(self, step).await,
                TransactionMode::Batched => crate::batch::run(self, step).await,
            };
            match result {
                Ok(()) => break,
                Err(StepError::Db(error)) if error.kind == DbErrorKind::Transient && attempt < retry::ATTEMPTS => {
                    self.target.rollback().await;
                    retry::wait(self, step, attempt, &error).await?;
                    attempt += 1;
                }
                Err(error) => {
                    self.recorder.meter().error();
                    return Err(self.failed(step, started, error).await);
                }
            }
        }
        self.recorder.tell(RunEventKind::StepDone { step: step.id.clone(), duration_ms: elapsed(started) }).await;
        Ok(())
    }
}

/// Whether a step belongs to a migration that runs after all versions.
pub(crate) fn is_repeatable(step: &Step) -> bool {
    match &step.history {
        Some(HistoryEntry::Flyway { version, .. } | HistoryEntry::Forget { version, .. }) => version.is_none(),
        Some(HistoryEntry::Alembic { .. }) => false,
        None => step.migration.0.starts_with("R__"),
    }
}

/// Milliseconds since a moment.
#[must_use]
pub fn elapsed(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// A stop that somebody asked for.
#[must_use]
pub fn stopped(place: &str) -> Failure {
    Failure::new(
        Exit::Stopped,
        format!("Stopped {place}, as asked. What is done is recorded."),
        "Run the same command again to go on from here.",
    )
}

/// What a run says at its end.
pub(crate) fn done_message(plan: &Plan) -> String {
    match plan.steps.len() {
        0 => "Nothing to do: the database is up to date.".to_owned(),
        1 if plan.to.is_empty() => "1 step done; the database has no version left.".to_owned(),
        count if plan.to.is_empty() => format!("{count} steps done; the database has no version left."),
        1 => format!("1 step done; the database is at {}.", plan.to),
        count => format!("{count} steps done; the database is at {}.", plan.to),
    }
}
