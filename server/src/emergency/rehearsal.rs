//! What each step of the playbook would do and how things stand now. Nothing is touched: what is asked only reads.

use planner::project::settings::Settings;
use planner::protocol::emergency::{Emergency, SeenEmergency, Step, StepAhead, StepState};

use super::Scene;
use super::conduct::goal_of;
use super::hook::place;
use super::settings::Hook;
use crate::execution::new_run_id;
use crate::exit::Outcome;
use crate::integrity;
use crate::observe;
use crate::store::now;
use crate::target::Access;
use crate::url::TargetUrl;
use crate::way_back::{Goal, WayBack};
use crate::workspace::Workspace;

impl Scene<'_> {
    /// The playbook on this database.
    ///
    /// # Errors
    /// No way back, or a database that cannot be reached: the emergency would be refused, too.
    pub async fn ahead(&self, goal: Option<Goal>, accept_loss: bool) -> Outcome<SeenEmergency> {
        let open = self.open().await?;
        let goal = open.as_ref().and_then(goal_of).or(goal).unwrap_or_else(|| self.playbook.goal());
        let way = WayBack::look(self.workspace, Some(&goal)).await?;
        let plan = way.plan()?;
        let accept_loss = accept_loss || self.playbook.accept_loss || open.as_ref().is_some_and(|open| open.accept_loss);
        let refusals = way.refusals(self.workspace, Some(self.store), plan.as_ref(), accept_loss).await;
        let begun = Emergency::begin(new_run_id(), &self.settings.environment, self.url.identity(), self.actor.to_owned(), now());
        let stand = open.as_ref().unwrap_or(&begun);
        let mut steps = Vec::new();
        for record in &stand.steps {
            let mut would = match record.step {
                Step::Stop => {
                    vec![self.playbook.stop.sentence(), standing(self.workspace, &self.playbook.stop, stand, false).await]
                }
                Step::RollBack => way.text(plan.as_ref(), &refusals).lines().map(str::to_owned).collect(),
                Step::Verify => checks(self.workspace, self.url, self.settings).await?,
                Step::Start => {
                    vec![self.playbook.start.sentence(), standing(self.workspace, &self.playbook.start, stand, true).await]
                }
                Step::Watch => {
                    let answer = self.playbook.health.ask(self.url, self.settings).await;
                    let word = if answer.opens { "well" } else { "not well" };
                    vec![self.playbook.health.sentence(), format!("now: {word}: {}", answer.said)]
                }
            };
            if record.state != StepState::Pending {
                would.insert(0, format!("it is {:?} already", record.state).to_lowercase());
            }
            would.retain(|line| !line.is_empty());
            steps.push(StepAhead { step: record.step, would });
        }
        let under_way = self.store.emergency_is_held(&self.settings.environment, &self.url.identity()).await?;
        Ok(SeenEmergency {
            environment: self.settings.environment.clone(),
            database: self.url.name(),
            losses: way.losses(),
            under_way,
            open,
            steps,
            refusals,
        })
    }
}

/// How a hook stands now.
async fn standing(workspace: &Workspace, hook: &Hook, emergency: &Emergency, up: bool) -> String {
    match hook.in_effect(&place(&workspace.root, emergency, up)).await {
        Ok(Some(true)) => "now: it is so already".to_owned(),
        Ok(Some(false)) => "now: it is not so".to_owned(),
        Ok(None) if hook.may_repeat() => "it has no check; killed meanwhile, it would be done again".to_owned(),
        Ok(None) => "it has no check; killed meanwhile, a person would have to say how it is (--settle)".to_owned(),
        Err(why) => format!("now: {why}"),
    }
}

/// The project's checks, as they are answered now.
async fn checks(workspace: &Workspace, url: &TargetUrl, settings: &Settings) -> Outcome<Vec<String>> {
    let mut lines = vec!["counts the rows of each table before and after, asks foreign keys and checks".to_owned()];
    let checks = &workspace.sections().verify.checks;
    if checks.is_empty() {
        return Ok(lines);
    }
    let mut target = observe::connect(url, settings, "flightplan verify", Access::Read).await?;
    let found = integrity::ask(&mut target, checks).await;
    target.close().await;
    lines.extend(found.iter().map(|check| {
        let word = if check.holds { "holds" } else { "does NOT hold" };
        format!("{} {word} now: {}", check.name, check.said)
    }));
    Ok(lines)
}
