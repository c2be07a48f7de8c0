//! Going through an emergency: begun, gone on with, step after step, or given up.

use std::time::Instant;

use planner::protocol::emergency::{Emergency, Settled, State, Step, StepState};

use super::Scene;
use super::hook::place;
use crate::approval::quorum::Enclosed;
use crate::approval::{self, Grounds};
use crate::execution::new_run_id;
use crate::exit::{Exit, Failure, Outcome};
use crate::failpoint;
use crate::integrity::touched::touched;
use crate::run::{elapsed, undo};
use crate::store::now;
use crate::way_back::{Goal, WayBack, would_lose};
use crate::words;

impl Scene<'_> {
    /// The one that is not over.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn open(&self) -> Outcome<Option<Emergency>> {
        self.store.open_emergency(&self.settings.environment, &self.url.identity()).await
    }

    /// Takes it for this process.
    ///
    /// # Errors
    /// [`Exit::Locked`] where another one has it; the store's refusal.
    pub async fn hold(&self) -> Outcome<()> {
        self.store.hold_emergency(&self.settings.environment, &self.url.identity()).await
    }

    /// Gives it back.
    pub async fn release(&self) {
        self.store.release_emergency(&self.settings.environment, &self.url.identity()).await;
    }

    /// The one that is not over, or a new one, not stored yet: whether the way back can be gone is looked at before the
    /// application is touched.
    ///
    /// # Errors
    /// No way back, something that would be lost, approvals that are missing; a step to settle where there is none.
    pub async fn opened(&self, goal: Option<Goal>, accept_loss: bool, settles: bool) -> Outcome<Emergency> {
        match self.open().await? {
            Some(open) => {
                self.audience
                    .say(&format!("Going on with emergency {}, begun by {} at {}.", open.id, open.actor, open.started_at));
                Ok(open)
            }
            None if settles => Err(Failure::usage("There is no emergency to go on with.", "Leave --settle out.")),
            None => self.begin(goal.unwrap_or_else(|| self.playbook.goal()), accept_loss || self.playbook.accept_loss).await,
        }
    }

    async fn begin(&self, goal: Goal, accept_loss: bool) -> Outcome<Emergency> {
        let way = WayBack::look(self.workspace, Some(&goal)).await?;
        let Some(plan) = way.plan()? else {
            let cure = "The application was not touched. `flightplan rollback` says what is applied.";
            return Err(Failure::usage("There is nothing to take back.", cure));
        };
        if way.lossless() < way.ways.len() && !accept_loss {
            return Err(would_lose(&way.ways, way.lossless()));
        }
        let (sections, enclosed) = (self.workspace.sections(), Enclosed::default());
        let grounds = Grounds { store: Some(self.store), sections, enclosed: &enclosed, runner: Some(self.actor) };
        approval::require_way_back(grounds, &plan).await?;
        let environment = &self.settings.environment;
        let mut emergency = Emergency::begin(new_run_id(), environment, self.url.identity(), self.actor.to_owned(), now());
        match (&way.back, goal) {
            (Some(undo::Back::Before { run, .. }), _) => emergency.undone = Some(run.clone()),
            (_, Goal::To(to)) => emergency.to = Some(to),
            _ => {}
        }
        emergency.accept_loss = accept_loss;
        emergency.losses = way.losses();
        if let Some((_, observed)) = &way.seen.live {
            let statements = plan.steps.iter().flat_map(|step| &step.statements).map(|statement| statement.sql.as_str());
            emergency.touched = touched(&observed.schema, statements, plan.target.dialect).into_iter().collect();
        }
        way.stays.iter().for_each(|sentence| self.audience.say(&format!("note: {sentence}")));
        Ok(emergency)
    }

    /// Step after step, from the first that is not done.
    ///
    /// # Errors
    /// The step that failed, or whose outcome a person has to say; what was done stays done.
    pub async fn go(&self, emergency: &mut Emergency, mut settle: Option<Settled>) -> Outcome<()> {
        self.store.keep_emergency(emergency).await?;
        while let Some(step) = emergency.next() {
            if self.audience.switch().signal().asked() {
                let message = format!("Stopped before the step {:?}. {}", step.words(), left(emergency));
                return Err(Failure::new(Exit::Stopped, message, "Run the same command again: it goes on there."));
            }
            self.one(emergency, step, settle.take()).await?;
        }
        emergency.state = State::Done;
        emergency.finished_at = Some(now());
        self.store.keep_emergency(emergency).await
    }

    /// Ends it where it is.
    ///
    /// # Errors
    /// [`Exit::Usage`] where there is none; the store's refusal.
    pub async fn give_up(&self) -> Outcome<Emergency> {
        let Some(mut emergency) = self.open().await? else {
            let cure = "`flightplan incident` tells of the last one.";
            return Err(Failure::usage("There is no emergency to give up.", cure));
        };
        emergency.state = State::GivenUp;
        emergency.finished_at = Some(now());
        self.store.keep_emergency(&emergency).await?;
        Ok(emergency)
    }

    /// One step: noted as begun, done, noted as it ended.
    async fn one(&self, emergency: &mut Emergency, step: Step, settle: Option<Settled>) -> Outcome<()> {
        let at = emergency.steps.iter().position(|record| record.step == step).unwrap_or_default();
        let Some(record) = emergency.steps.get(at).cloned() else { return Ok(()) };
        if settle == Some(Settled::Done) {
            return self.by_a_person(emergency, at).await;
        }
        if record.state == StepState::Begun && settle != Some(Settled::Again) {
            self.may_repeat(emergency, step).await?;
        }
        self.audience.say(&format!("{} …", step.words()));
        let begun = Instant::now();
        if let Some(record) = emergency.steps.get_mut(at) {
            record.state = StepState::Begun;
            record.began_at.get_or_insert_with(now);
            record.attempts += 1;
        }
        self.store.keep_emergency(emergency).await?;
        failpoint::reach(&format!("emergency.{}.begun", step.word()));
        let ended = self.perform(emergency, step).await;
        failpoint::reach(&format!("emergency.{}.ended", step.word()));
        if let Some(record) = emergency.steps.get_mut(at) {
            record.finished_at = Some(now());
            record.ms = elapsed(begun);
            record.state = if ended.is_ok() { StepState::Done } else { StepState::Failed };
            record.notes.extend(ended.clone().unwrap_or_else(|(_, why)| vec![why]));
        }
        self.store.keep_emergency(emergency).await?;
        failpoint::reach(&format!("emergency.{}.kept", step.word()));
        let (exit, why) = match ended {
            Ok(_) => {
                let time = words::duration(begun.elapsed().as_millis());
                self.audience.say(&format!("{}: done ({time})", step.words()));
                return Ok(());
            }
            Err(failed) => failed,
        };
        let cure = format!(
            "Mend the cause and run the same command again: it goes on with this step. Or say how it is with --settle done; or \
             end it here with --give-up. {}",
            left(emergency)
        );
        Err(Failure::new(exit, format!("{} failed: {why}", step.words()), cure))
    }

    async fn by_a_person(&self, emergency: &mut Emergency, at: usize) -> Outcome<()> {
        if let Some(record) = emergency.steps.get_mut(at) {
            if record.state == StepState::Pending || record.step == Step::RollBack {
                return Err(Failure::usage(
                    format!("{} is not a step that a person can settle now.", record.step.words()),
                    "Run the command without --settle: what became of the database is found in its journal.",
                ));
            }
            record.state = StepState::Done;
            record.finished_at = Some(now());
            record.notes.push(format!("{} says that it is done.", self.actor));
            record.settled_by = Some(self.actor.to_owned());
        }
        self.store.keep_emergency(emergency).await
    }

    /// A step was begun and nobody knows whether it happened. The database knows about itself, looking may be repeated; of a
    /// hook its check knows, or its kind.
    async fn may_repeat(&self, emergency: &Emergency, step: Step) -> Outcome<()> {
        let (hook, up) = match step {
            Step::Stop => (&self.playbook.stop, false),
            Step::Start => (&self.playbook.start, true),
            Step::RollBack | Step::Verify | Step::Watch => return Ok(()),
        };
        let place = place(&self.workspace.root, emergency, up);
        if hook.may_repeat() || hook.in_effect(&place).await.is_ok_and(|seen| seen.is_some()) {
            return Ok(());
        }
        Err(Failure::new(
            Exit::Stopped,
            format!(
                "Nobody knows whether the step {:?} has happened: it was begun, its end was not seen, and it {}.",
                step.words(),
                hook.sentence()
            ),
            "Look at the application, then say --settle done, or --settle again to do it again. A check, or repeatable = true, \
             in flightplan.toml spares this question.",
        ))
    }
}

/// Where one that was begun goes; `None`: nowhere in particular.
pub(super) fn goal_of(emergency: &Emergency) -> Option<Goal> {
    match (&emergency.undone, &emergency.to) {
        (Some(run), _) => Some(Goal::Before(run.clone())),
        (None, Some(to)) => Some(Goal::To(to.clone())),
        (None, None) => None,
    }
}

/// How the application was left.
fn left(emergency: &Emergency) -> &'static str {
    let done = |step| emergency.steps.iter().any(|record| record.step == step && record.state == StepState::Done);
    match (done(Step::Stop), done(Step::Start)) {
        (true, false) => "The application is stopped.",
        (true, true) => "The application was started.",
        (false, _) => "The application was not stopped, as far as is known.",
    }
}
