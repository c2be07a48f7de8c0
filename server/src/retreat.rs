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
use crate::losses;
use crate::observe;
use crate::run::undo::{Back, since};
use crate::store::now;
use crate::target::{Access, Target};
use crate::trigger::settings::OnFailure;
use crate::workspace::Workspace;

/// What has to be known of an order before it is carried out.
pub(crate) struct Retreat {
    order: Order,
    /// `[on_failure]` asks for it.
    always: bool,
    /// Who ends the run; an alert may ask for it.
    ended_by: StopSwitch,
    begun: String,
}

impl Retreat {
    /// Where the project asks for it and the order goes forth.
    pub(crate) fn of(workspace: &Workspace, order: &Order) -> Option<Self> {
        let forth = matches!(order.mandate, Mandate::AtOnce | Mandate::Approved(_));
        let sections = workspace.sections();
        let always = sections.on_failure == OnFailure::RollBackRun;
        let perhaps = sections.alerts.iter().any(|rule| rule.then.contains(&Action::RollBack));
        (forth && (always || perhaps)).then(|| Self {
            always,
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
        if refused.failure.exit != Exit::Failed || !(self.always || self.ended_by.retreats()) {
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
        let found = self.way_back(workspace, &mut target).await;
        target.close().await;
        let Some((run, these)) = found? else { return Ok("It had applied nothing.".to_owned()) };
        let count = these.len();
        let order = Order { id: new_run_id(), mandate: Mandate::TakeBack(Back::Before { run, these }), ..self.order };
        let executed = once(workspace, order).await.map_err(|refused| refused.failure)?;
        Ok(format!("What it had applied ({count} migration(s)) was taken back by run {}, as the project asks.", executed.run.id))
    }

    /// The run that failed, and what of it is applied, where nothing of that would be lost.
    async fn way_back(
        &self,
        workspace: &Workspace,
        target: &mut Target,
    ) -> Outcome<Option<(String, Vec<planner::migration::MigrationId>)>> {
        let (settings, _) = workspace.settings(&self.order.request);
        let url = workspace.require_url(&settings)?;
        let observed = observe::observe(target, &url, &settings, &self.order.request).await?;
        let report = workspace.analyze(&observed.request);
        let journal = Journal::beside(&History::of(&report.settings, target).table);
        let Some(run) = self.ran(&journal, target).await? else { return Ok(None) };
        if let Some(half) = journal.half_applied(target).await? {
            let cure = "Run it to its end, or settle it with `flightplan resolve`.";
            return Err(Failure::usage(format!("{half} is half applied, and no way back leads from there."), cure));
        }
        let traces = journal.traces(target).await?;
        let Some(trace) = traces.into_iter().find(|trace| trace.run == run) else { return Ok(None) };
        let these = since::since(&report, &observed.request, &trace.applied)?;
        let these: Vec<_> = these.into_iter().map(|migration| migration.id.clone()).collect();
        if these.is_empty() {
            return Ok(None);
        }
        let mut ways = losses::ways(&report, &observed.request);
        ways.retain(|back| these.contains(&back.migration));
        losses::count(target, &mut ways).await;
        let lost: Vec<String> = ways.iter().filter(|back| !back.is_lossless()).flat_map(losses::Back::lines).collect();
        if !lost.is_empty() {
            let cure = format!("Knowing what is lost: flightplan rollback --run {run} --accept-loss");
            return Err(Failure::usage(format!("something would be lost. {} {cure}", lost.join(" ")), ""));
        }
        Ok(Some((run, these)))
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
