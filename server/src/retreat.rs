//! What becomes of a run that failed, where `[on_failure]` asks for more than to stop: what it applied is taken back.

use std::sync::Arc;

use planner::protocol::RunState;

use crate::alert::Action;
use crate::approval::quorum::Enclosed;
use crate::event::{Silence, StopSwitch};
use crate::execution::{Mandate, Order, Refused, new_run_id, once};
use crate::exit::{Exit, Failure, Outcome};
use crate::history::History;
use crate::journal::Journal;
use crate::observe;
use crate::store::now;
use crate::target::{Access, Target};
use crate::trigger::settings::OnFailure;
use crate::way_back::{Goal, WayBack};
use crate::workspace::Workspace;

/// What has to be known of an order before it is carried out.
pub(crate) struct Retreat {
    order: Order,
    /// What `[on_failure]` asks for.
    policy: OnFailure,
    /// Who ends the run; an alert may ask for it.
    ended_by: StopSwitch,
    begun: String,
}

impl Retreat {
    /// Where the project asks for it and the order goes forth.
    pub(crate) fn of(workspace: &Workspace, order: &Order) -> Option<Self> {
        let forth = matches!(order.mandate, Mandate::AtOnce | Mandate::Approved(_));
        let sections = workspace.sections();
        let policy = sections.on_failure;
        let perhaps = sections.alerts.iter().any(|rule| rule.then.contains(&Action::RollBack));
        (forth && (policy != OnFailure::Stop || perhaps)).then(|| Self {
            policy,
            ended_by: order.switch.clone(),
            order: Order {
                id: order.id.clone(),
                request: planner::project::Request { up_to: None, ..order.request.clone() },
                mandate: Mandate::AtOnce,
                actor: order.actor.clone(),
                lock_wait: order.lock_wait,
                store: order.store.clone(),
                enclosed: Enclosed::default(),
                listener: Box::new(Silence),
                changed: Arc::clone(&order.changed),
                switch: StopSwitch::default(),
            },
            begun: now(),
        })
    }

    /// The failure with what was done about it.
    pub(crate) async fn after(self, workspace: &Workspace, refused: Refused) -> Refused {
        // A run that was stopped goes on; one that never began has applied nothing.
        if refused.failure.exit != Exit::Failed || (self.policy == OnFailure::Stop && !self.ended_by.retreats()) {
            return refused;
        }
        let said = match self.take_back(workspace).await {
            Ok(said) => said,
            Err(failure) => format!("It was to be rolled back, but was not: {}", failure.message),
        };
        let Refused { failure, findings } = refused;
        Refused { failure: Failure { message: format!("{} {said}", failure.message), ..failure }, findings }
    }

    async fn take_back(self, workspace: &Workspace) -> Outcome<String> {
        let (settings, _) = workspace.settings(&self.order.request);
        let url = workspace.require_url(&settings)?;
        let mut target = observe::connect(&url, &settings, "flightplan rollback", Access::Read).await?;
        let journal = Journal::beside(&History::of(&settings, &target).table);
        let goal = self.goal(&journal, &mut target).await;
        target.close().await;
        let (goal, cure, nothing) = match goal? {
            Some(goal) => goal,
            None => return Ok("It had applied nothing.".to_owned()),
        };
        let way = WayBack::look_as(workspace, &self.order.request, Some(&goal)).await?;
        let Some(back) = way.back.clone() else { return Ok(nothing.to_owned()) };
        if way.lossless() < way.ways.len() {
            let lost = way.losses().join(" ");
            return Err(Failure::usage(
                format!("something would be lost. {lost} Knowing what is lost: {cure} --accept-loss"),
                "",
            ));
        }
        let (count, half) = (way.ways.len(), back.half().map(|half| half.migration.clone()));
        let order = Order { id: new_run_id(), mandate: Mandate::TakeBack(back), ..self.order };
        let executed = once(workspace, order).await.map_err(|refused| refused.failure)?;
        let what = match half {
            Some(half) if count == 1 => format!("What was done of {half}"),
            _ => format!("What it had applied ({count} migration(s))"),
        };
        Ok(format!("{what} was taken back by run {}, as the project asks.", executed.run.id))
    }

    /// Where to, the command that goes there, and what is said where there is nothing to take back.
    async fn goal(&self, journal: &Journal, target: &mut Target) -> Outcome<Option<(Goal, String, &'static str)>> {
        if self.policy == OnFailure::RollBackMigration && !self.ended_by.retreats() {
            let cure = "flightplan rollback --failed".to_owned();
            return Ok(Some((Goal::Failed, cure, "Nothing of the migration that failed is left.")));
        }
        let Some(run) = self.ran(journal, target).await? else { return Ok(None) };
        // A run that has done nothing is none to go back before.
        let traced = journal.traces(target).await?.iter().any(|trace| trace.run == run && !trace.applied.is_empty());
        let cure = format!("flightplan rollback --run {run}");
        Ok(traced.then_some((Goal::Before(run), cure, "It had applied nothing.")))
    }

    /// Id of the run that failed: the order's own, or the one that waited at a gate and went on.
    async fn ran(&self, journal: &Journal, target: &mut Target) -> Outcome<Option<String>> {
        let Some(last) = journal.last_run(target).await? else { return Ok(None) };
        if last == self.order.id {
            return Ok(Some(last));
        }
        let Some(store) = &self.order.store else { return Ok(None) };
        let failed = |run: &planner::protocol::Run| {
            run.state == RunState::Failed && run.finished_at.as_ref().is_some_and(|at| *at >= self.begun)
        };
        Ok(store.run(&last).await?.filter(failed).map(|run| run.id))
    }
}
