//! Up, down and up again, on a database that may be spoilt: what a way back is worth shows where it is gone.
//!
//! The executor itself does it, with histories, batches and callbacks as on the target. What the target has is brought about
//! first; rows are put into tables that are empty, so that there is something to lose.

mod lasting;
pub mod local;
pub mod picture;
mod reach;
pub mod scratch;
pub mod seed;
mod start;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use planner::catalog::compare::{Difference, compare};
use planner::dialect::Dialect;
use planner::migration::MigrationId;
use planner::project::Request;
use planner::project::gate_settings::{Probe, ProbeKind};
use serde::Serialize;

use crate::approval::quorum::Enclosed;
use crate::event::{Silence, StopSwitch};
use crate::execution::{self, Executed, Mandate, Order, Refused};
use crate::exit::{Failure, Outcome};
use crate::history::History;
use crate::integrity;
use crate::observe::{self, Observed};
use crate::run::undo::{Back, since};
use crate::target::{Access, Target};
use crate::workspace::Workspace;
use lasting::Lasting;
use picture::Picture;
use scratch::Scratch;

/// How a rehearsal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Down it is what it was before, and up again what it was behind.
    Returns,
    /// It is not.
    Differs,
    /// A way was refused, or there is none.
    Failed,
    /// Nothing is pending.
    Nothing,
}

/// What was rehearsed and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Rehearsal {
    /// How it ended.
    pub verdict: Verdict,
    /// Digest of the plan it was made for; empty without a target.
    pub digest: String,
    /// Where it was.
    pub scratch: String,
    /// It was a copy of the target with its rows.
    pub copied: bool,
    /// The migrations that went up and down.
    pub migrations: Vec<MigrationId>,
    /// Repeatable migrations among them: they have no state before, so what they make stays on the way down.
    pub stays: Vec<MigrationId>,
    /// Tables that got rows before.
    pub seeded: usize,
    /// What in the scratch database was another thing than in the target before it began.
    pub unlike_target: Vec<Difference>,
    /// What was not as before when it was down.
    pub down: Vec<Difference>,
    /// What was not as before when it was up again.
    pub up_again: Vec<Difference>,
    /// What was refused, and where: `up`, `down`, `up again`.
    pub failure: Option<(&'static str, String)>,
    /// Milliseconds of up, down and up again.
    pub ms: Vec<u128>,
}

/// Rehearses what is pending on the target, or all of the project where there is none.
///
/// # Errors
/// What keeps a rehearsal from beginning. What fails on the scratch database is its result.
pub async fn rehearse(workspace: &Workspace) -> Result<Rehearsal, Refused> {
    let request = &workspace.request;
    let (settings, findings) = workspace.settings(request);
    execution::refuse_blocking(&findings)?;
    let url = workspace.url(&settings)?;
    let observed = match &url {
        Some(url) => {
            let mut target = observe::connect(url, &settings, "flightplan rehearse", Access::Read).await?;
            let observed = observe::observe(&mut target, url, &settings, request).await;
            target.close().await;
            Some(observed?)
        }
        None => None,
    };
    let report = workspace.analyze(observed.as_ref().map_or(request, |observed| &observed.request));
    if let (Some(url), false) = (&url, settings.dialect == Dialect::Sqlite) {
        reach::keeps_to_itself(&report, &url.database)?;
    }
    let scratch = match &url {
        Some(url) => Scratch::beside(url).await?,
        None => Scratch::empty(report.settings.dialect)?,
    };
    let place = workspace.at(&scratch.url);
    let mut rehearsal = Rehearsal {
        verdict: Verdict::Nothing,
        digest: report.plan.digest.clone(),
        scratch: scratch.url.identity(),
        copied: scratch.copied,
        migrations: Vec::new(),
        stays: Vec::new(),
        seeded: 0,
        unlike_target: Vec::new(),
        down: Vec::new(),
        up_again: Vec::new(),
        failure: None,
        ms: Vec::new(),
    };
    let done = go(&place, observed.as_ref(), &scratch, &mut rehearsal).await;
    scratch.remove().await?;
    done?;
    Ok(rehearsal)
}

async fn go(place: &Workspace, observed: Option<&Observed>, scratch: &Scratch, told: &mut Rehearsal) -> Result<(), Refused> {
    if let Some(observed) = observed.filter(|_| !scratch.copied) {
        let report = place.analyze(&observed.request);
        for request in start::requests(&place.request, &observed.request, &report) {
            run(place, request, None).await?;
        }
    }
    let (settings, _) = place.settings(&place.request);
    let mut target = observe::connect(&scratch.url, &settings, "flightplan rehearse", Access::Write).await?;
    let told = ways(place, observed, scratch.copied, &mut target, told).await;
    // Nobody may be connected when the scratch database is dropped.
    target.close().await;
    told
}

/// Up, down and up again, each on connections of the executor; `target` looks on.
async fn ways(
    place: &Workspace,
    observed: Option<&Observed>,
    copied: bool,
    target: &mut Target,
    told: &mut Rehearsal,
) -> Result<(), Refused> {
    let (settings, _) = place.settings(&place.request);
    let exclude = History::of(&settings, target).bookkeeping(&settings);
    let schema = target.schema(&exclude).await.map_err(Failure::from)?;
    if let Some(observed) = observed.filter(|_| !copied) {
        told.unlike_target = compare(&observed.schema, &schema).into_iter().filter(|difference| difference.certain).collect();
    }
    if !copied {
        told.seeded = seed::seed(target, &schema, false).await.map_err(Failure::from)?.tables.len();
    }
    let before = look(target, &exclude).await?;
    let questions = Questions::ask(place, target).await;
    let Some(up) = timed(place, None, "up", told).await else { return Ok(()) };
    told.migrations = migrations(&up);
    if told.migrations.is_empty() {
        return Ok(());
    }
    let behind = look(target, &exclude).await?;
    if !questions.hold(target, "up", told).await {
        return Ok(());
    }
    let (back, lasting) = way_back(place, &up, target).await?;
    told.stays.clone_from(&lasting.migrations);
    let Some(down) = timed(place, Some(back), "down", told).await else { return Ok(()) };
    let versioned = told.migrations.iter().filter(|id| !id.0.starts_with("R__")).count();
    if migrations(&down).len() < versioned {
        told.verdict = Verdict::Failed;
        told.failure = Some(("down", "not every migration has a way back that can be run".to_owned()));
        return Ok(());
    }
    told.down = before.differences(&look(target, &exclude).await?);
    lasting.leave_out(&mut told.down);
    if !questions.hold(target, "down", told).await {
        return Ok(());
    }
    if timed(place, None, "up again", told).await.is_none() {
        return Ok(());
    }
    told.up_again = behind.differences(&look(target, &exclude).await?);
    told.verdict = if told.down.is_empty() && told.up_again.is_empty() { Verdict::Returns } else { Verdict::Differs };
    Ok(())
}

/// Back over what went up and nothing else, and what of it stays.
async fn way_back(place: &Workspace, up: &Executed, target: &mut Target) -> Outcome<(Back, Lasting)> {
    let (settings, _) = place.settings(&place.request);
    let url = place.require_url(&settings)?;
    let observed = observe::observe(target, &url, &settings, &place.request).await?;
    let report = place.analyze(&observed.request);
    let ran = migrations(up);
    let lasting = Lasting::of(&report, &ran);
    let these = since::since(&report, &observed.request, &ran.into_iter().collect())?;
    let these = these.into_iter().map(|migration| migration.id.clone()).collect();
    Ok((Back::Before { run: up.run.id.clone(), these, half: None }, lasting))
}

/// The project's own questions (`[verify.checks]`) that a database can answer, as far as they got their answer before.
struct Questions(BTreeMap<String, Probe>);

impl Questions {
    async fn ask(place: &Workspace, target: &mut Target) -> Self {
        let mut checks = place.sections().verify.checks.clone();
        checks.retain(|_, check| check.kind == ProbeKind::Sql);
        let answers = integrity::ask(target, &checks).await;
        checks.retain(|name, _| answers.iter().any(|answer| answer.name == *name && answer.holds));
        Self(checks)
    }

    /// Whether they get it still; one that does not fails the rehearsal.
    async fn hold(&self, target: &mut Target, way: &'static str, told: &mut Rehearsal) -> bool {
        let answers = integrity::ask(target, &self.0).await;
        let Some(broken) = answers.into_iter().find(|answer| !answer.holds) else { return true };
        told.verdict = Verdict::Failed;
        told.failure = Some((way, format!("the check {} held before, and does no longer: {}", broken.name, broken.said)));
        false
    }
}

async fn look(target: &mut Target, exclude: &[String]) -> Outcome<Picture> {
    Picture::take(target, exclude).await.map_err(Failure::from)
}

/// A way of the rehearsal; `None`: it was refused, which is told.
async fn timed(place: &Workspace, back: Option<Back>, name: &'static str, told: &mut Rehearsal) -> Option<Executed> {
    let begun = Instant::now();
    match run(place, place.request.clone(), back).await {
        Ok(executed) => {
            told.ms.push(begun.elapsed().as_millis());
            Some(executed)
        }
        Err(refused) => {
            let findings = refused.findings.iter().map(|finding| finding.message.as_str());
            let words: Vec<&str> = std::iter::once(refused.failure.message.as_str()).chain(findings).collect();
            told.verdict = Verdict::Failed;
            told.failure = Some((name, words.join(" ")));
            None
        }
    }
}

async fn run(place: &Workspace, request: Request, back: Option<Back>) -> Result<Executed, Refused> {
    let order = Order {
        id: execution::new_run_id(),
        request,
        mandate: Mandate::Rehearsal(back),
        actor: "rehearsal".to_owned(),
        lock_wait: std::time::Duration::from_secs(10),
        store: None,
        enclosed: Enclosed::default(),
        listener: Box::new(Silence),
        changed: Arc::default(),
        switch: StopSwitch::default(),
    };
    execution::execute(place, order).await
}

fn migrations(executed: &Executed) -> Vec<MigrationId> {
    executed.plan.steps.iter().filter(|step| step.history.is_some()).map(|step| step.migration.clone()).collect()
}
