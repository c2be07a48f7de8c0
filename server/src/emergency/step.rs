//! What each step of an emergency does. What it came to is sentences for the report.

use std::collections::BTreeSet;

use planner::project::Request;
use planner::protocol::emergency::{Emergency, Step};

use super::Scene;
use super::conduct::goal_of;
use super::hook::place;
use super::settings::Hook;
use crate::approval::quorum::Enclosed;
use crate::execution::{self, Mandate, Order, new_run_id};
use crate::exit::{Exit, Failure, Outcome};
use crate::history::History;
use crate::integrity::{self, constraints};
use crate::observe;
use crate::target::{Access, Target};
use crate::way_back::{Goal, WayBack, would_lose};

impl Scene<'_> {
    /// Does a step.
    ///
    /// # Errors
    /// Why it failed, as a sentence, and what the command ends with.
    pub(super) async fn perform(&self, emergency: &mut Emergency, step: Step) -> Result<Vec<String>, (Exit, String)> {
        let done = match step {
            Step::Stop => self.stop(emergency).await,
            Step::RollBack => {
                return self.roll_back(emergency).await.map_err(|failure| (failure.exit, failure.to_string()));
            }
            Step::Verify => self.verify(emergency).await,
            Step::Start => self.hook(&self.playbook.start, emergency, true).await,
            Step::Watch => self.playbook.health.watch(self.url, self.settings).await.map(|said| vec![said]),
        };
        done.map_err(|why| (Exit::Failed, why))
    }

    async fn stop(&self, emergency: &mut Emergency) -> Result<Vec<String>, String> {
        let hook = &self.playbook.stop;
        if emergency.replicas.is_none() {
            emergency.replicas = hook.asked_replicas(&place(&self.workspace.root, emergency, false)).await?;
            self.store.keep_emergency(emergency).await.map_err(|failure| failure.to_string())?;
        }
        self.hook(hook, emergency, false).await
    }

    /// Does what a hook says, unless it is in effect.
    async fn hook(&self, hook: &Hook, emergency: &Emergency, up: bool) -> Result<Vec<String>, String> {
        let place = place(&self.workspace.root, emergency, up);
        if hook.in_effect(&place).await? == Some(true) {
            return Ok(vec!["It was so when it was looked at; nothing was done.".to_owned()]);
        }
        hook.run(&place).await.map(|said| vec![said])
    }

    /// Goes back, as far as there is anything left to take back: the target's own journal knows.
    async fn roll_back(&self, emergency: &mut Emergency) -> Outcome<Vec<String>> {
        let goal = goal_of(emergency).unwrap_or(Goal::BeforeLast);
        let way = WayBack::look(self.workspace, Some(&goal)).await?;
        let Some(back) = way.back.clone() else {
            return Ok(vec!["Nothing was left to take back.".to_owned()]);
        };
        if way.lossless() < way.ways.len() && !emergency.accept_loss {
            return Err(would_lose(&way.ways, way.lossless()));
        }
        if emergency.counts.is_none() {
            // The application writes no more: these are the rows that go back, and what is lost of them.
            emergency.losses = way.losses();
            self.look(emergency).await?;
            self.store.keep_emergency(emergency).await?;
        }
        let order = Order {
            id: new_run_id(),
            request: Request { up_to: None, ..self.workspace.request.clone() },
            mandate: Mandate::TakeBack(back),
            actor: self.actor.to_owned(),
            lock_wait: self.lock_wait,
            store: Some(self.store.clone()),
            enclosed: Enclosed::default(),
            listener: self.audience.listener(),
            changed: self.audience.changed(),
            switch: self.audience.switch(),
        };
        let executed = execution::execute(self.workspace, order).await.map_err(|refused| refused.failure)?;
        Ok(vec![format!("Run {}: {}", executed.run.id, executed.run.message)])
    }

    /// Rows and broken constraints before the way back.
    async fn look(&self, emergency: &mut Emergency) -> Outcome<()> {
        let mut target = self.connect().await?;
        let looked = self.integrity(&mut target).await;
        target.close().await;
        let (rows, checks) = looked?;
        emergency.counts = Some(rows.counts);
        emergency.broken_before = checks.into_iter().filter(|check| !check.holds).map(|check| check.name).collect();
        Ok(())
    }

    /// Rows that should have stayed, constraints, the project's own checks.
    async fn verify(&self, emergency: &Emergency) -> Result<Vec<String>, String> {
        let words = |failure: Failure| failure.to_string();
        let mut target = self.connect().await.map_err(words)?;
        let looked = self.integrity(&mut target).await;
        let checks = &self.workspace.sections().verify.checks;
        let own = integrity::ask(&mut target, checks).await;
        target.close().await;
        let (rows, constraints) = looked.map_err(words)?;
        let (mut notes, mut faults) = (Vec::new(), Vec::new());
        if let Some(before) = &emergency.counts {
            let touched: BTreeSet<String> = emergency.touched.iter().cloned().collect();
            let [kept, changed] = integrity::changed(before, &rows.counts, &touched);
            notes.push(format!(
                "{} table(s) counted; {} changed as the way back changes them.",
                rows.counts.len(),
                changed.len()
            ));
            notes.extend(changed);
            faults.extend(kept);
        }
        notes.extend(rows.not_counted.iter().map(|why| format!("Not counted: {why}.")));
        let count = constraints.len();
        for check in constraints {
            let before = emergency.broken_before.contains(&check.name);
            match (check.holds, before) {
                (true, _) => {}
                (false, true) => notes.push(format!("{}: {} It was so before.", check.name, check.said)),
                (false, false) => faults.push(format!("{}: {}", check.name, check.said)),
            }
        }
        notes.push(format!("{count} constraint(s) asked."));
        for check in own {
            let sentence = format!("{}: {}", check.name, check.said);
            if check.holds { notes.push(sentence) } else { faults.push(sentence) }
        }
        if faults.is_empty() { Ok(notes) } else { Err(faults.join(" ")) }
    }

    async fn connect(&self) -> Outcome<Target> {
        observe::connect(self.url, self.settings, "flightplan verify", Access::Read).await
    }

    async fn integrity(&self, target: &mut Target) -> Outcome<(integrity::Rows, Vec<integrity::Check>)> {
        let history = History::of(self.settings, target);
        let schema = target.schema(&history.bookkeeping(self.settings)).await?;
        let rows = integrity::count(target, &schema).await;
        Ok((rows, constraints::hold(target, &schema).await))
    }
}
