//! What each step of an emergency does. What it came to is sentences for the report.

use std::collections::BTreeSet;

use planner::project::settings::Settings;

use crate::cli::emergency::losses;
use crate::cli::way_back::{Goal, WayBack, would_lose};
use crate::cli::{Context, migrate};
use crate::emergency::hook::place;
use crate::emergency::settings::{Hook, Playbook};
use crate::emergency::{Emergency, Step};
use crate::exit::{Exit, Failure, Outcome};
use crate::history::History;
use crate::integrity::{self, constraints};
use crate::observe;
use crate::store::Store;
use crate::target::{Access, Target};
use crate::url::TargetUrl;

/// Where an emergency takes place.
pub struct Scene<'a> {
    /// The command.
    pub context: &'a Context,
    /// The playbook.
    pub playbook: &'a Playbook,
    /// The environment's settings.
    pub settings: &'a Settings,
    /// The database.
    pub url: &'a TargetUrl,
    /// The store.
    pub store: &'a Store,
    /// What a step that fails makes the command end with.
    pub exit: Exit,
}

impl Scene<'_> {
    /// Does a step.
    ///
    /// # Errors
    /// Why it failed, as a sentence.
    pub async fn perform(&mut self, emergency: &mut Emergency, step: Step) -> Result<Vec<String>, String> {
        self.exit = Exit::Failed;
        match step {
            Step::Stop => self.stop(emergency).await,
            Step::RollBack => match self.roll_back(emergency).await {
                Ok(notes) => Ok(notes),
                Err(failure) => {
                    self.exit = failure.exit;
                    Err(failure.to_string())
                }
            },
            Step::Verify => self.verify(emergency).await,
            Step::Start => self.hook(&self.playbook.start, emergency, true).await,
            Step::Watch => self.playbook.health.watch(self.url, self.settings).await.map(|said| vec![said]),
        }
    }

    async fn stop(&self, emergency: &mut Emergency) -> Result<Vec<String>, String> {
        let hook = &self.playbook.stop;
        if emergency.replicas.is_none() {
            emergency.replicas = hook.asked_replicas(&place(&self.context.workspace.root, emergency, false)).await?;
            self.store.keep_emergency(emergency).await.map_err(|failure| failure.to_string())?;
        }
        self.hook(hook, emergency, false).await
    }

    /// Does what a hook says, unless it is in effect.
    async fn hook(&self, hook: &Hook, emergency: &Emergency, up: bool) -> Result<Vec<String>, String> {
        let place = place(&self.context.workspace.root, emergency, up);
        if hook.in_effect(&place).await? == Some(true) {
            return Ok(vec!["It was so when it was looked at; nothing was done.".to_owned()]);
        }
        hook.run(&place).await.map(|said| vec![said])
    }

    /// Goes back, as far as there is anything left to take back: the target's own journal knows.
    async fn roll_back(&self, emergency: &mut Emergency) -> Outcome<Vec<String>> {
        let goal = match (&emergency.undone, &emergency.to) {
            (Some(run), _) => Goal::Before(run.clone()),
            (None, Some(to)) => Goal::To(to.clone()),
            (None, None) => Goal::BeforeLast,
        };
        let way = WayBack::look(self.context, Some(&goal)).await?;
        let Some(back) = way.back.clone() else {
            return Ok(vec!["Nothing was left to take back.".to_owned()]);
        };
        if way.lossless() < way.ways.len() && !emergency.accept_loss {
            return Err(would_lose(&way.ways, way.lossless()));
        }
        if emergency.counts.is_none() {
            // The application writes no more: these are the rows that go back, and what is lost of them.
            emergency.losses = losses(&way);
            self.look(emergency).await?;
            self.store.keep_emergency(emergency).await?;
        }
        let executed = migrate::take_back(self.context, back).await.map_err(|refused| refused.failure)?;
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
        let checks = &self.context.workspace.sections().verify.checks;
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
