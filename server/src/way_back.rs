//! A way back as it is looked at before it is gone: how far it leads, its plan, and what it loses, counted.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use planner::migration::{MigrationId, SourceKind};
use planner::plan::Plan;
use planner::project::Request;

use crate::approval::quorum::{self, Enclosed};
use crate::approval::{self, Grounds};
use crate::exit::{Failure, Outcome};
use crate::history::History;
use crate::journal::{Journal, Trace};
use crate::look::{self, Look};
use crate::losses::{self, Back, Counted};
use crate::observe;
use crate::run::half::{self, Half};
use crate::run::undo as way;
use crate::store::Store;
use crate::target::{Access, Target};
use crate::url::TargetUrl;
use crate::workspace::Workspace;

/// Runs that are told where one is not known.
const RECENT: usize = 5;

/// Where to.
#[derive(Clone, Debug)]
pub enum Goal {
    /// The schema of a release, or a version or revision that stays.
    To(String),
    /// The state before a run: its id, or a beginning of it that no other run has.
    Before(String),
    /// The state before the last run of which anything is left.
    BeforeLast,
    /// The state before the migration that is half applied.
    Failed,
}

/// A way back; nothing is changed yet.
#[derive(Debug)]
pub struct WayBack {
    /// What was seen.
    pub seen: Look,
    /// What goes, newest first, with what that loses; without a goal, everything that is applied.
    pub ways: Vec<Back>,
    /// What the executor is asked; absent: there is nothing to take back, or no goal.
    pub back: Option<way::Back>,
    /// What stays although it was asked for, as sentences.
    pub stays: Vec<String>,
}

impl WayBack {
    /// Looks at the database, and counts.
    ///
    /// # Errors
    /// [`crate::exit::Exit::Usage`] without a database, for a goal that is not there, and where there is no way to it.
    pub async fn look(workspace: &Workspace, goal: Option<&Goal>) -> Outcome<Self> {
        Self::look_as(workspace, &workspace.request, goal).await
    }

    /// The same for another request than the workspace's.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub async fn look_as(workspace: &Workspace, request: &Request, goal: Option<&Goal>) -> Outcome<Self> {
        let seen = look::look(workspace, request).await?;
        let Some((url, _)) = &seen.live else {
            let cure = "Name the database with --url, or the environment with --env.";
            return Err(Failure::usage("What a way back loses is counted on a database, and there is none.", cure));
        };
        let mut target = observe::connect(url, &seen.settings, "flightplan rollback", Access::Read).await?;
        let url = url.clone();
        let found = Self::counted(workspace, seen, goal, (&url, &mut target)).await;
        target.close().await;
        found
    }

    async fn counted(
        workspace: &Workspace,
        mut seen: Look,
        goal: Option<&Goal>,
        (url, target): (&TargetUrl, &mut Target),
    ) -> Outcome<Self> {
        let history = History::of(&seen.report.settings, target);
        let journal = Journal::beside(&history.table);
        let half = match goal {
            None => None,
            Some(Goal::To(_)) => match journal.half_applied(target).await? {
                Some(half) => return Err(half::first(&half)),
                None => None,
            },
            Some(Goal::Before(_) | Goal::BeforeLast | Goal::Failed) => {
                let asked = seen.request.clone();
                half::find(workspace, (&mut *target, url, &history), &asked).await?
            }
        };
        if let Some(found) = &half {
            found.half.take_for_whole(&mut seen.report, &mut seen.request);
        }
        let mut ways = losses::ways(&seen.report, &seen.request);
        for back in &mut ways {
            let taken = half.as_ref().filter(|found| found.half.migration == back.migration).map(|found| &found.gone);
            back.losses.iter_mut().filter(|loss| taken.is_some_and(|gone| gone.contains(&loss.line))).for_each(Counted::gone);
        }
        let half = half.map(|found| found.half);
        let mut found = Self { seen, ways, back: None, stays: Vec::new() };
        match goal {
            None => {}
            Some(Goal::To(to)) => found.until(to)?,
            Some(Goal::Before(run)) => found.before(Some(run), half, (target, &journal)).await?,
            Some(Goal::BeforeLast) => found.before(None, half, (target, &journal)).await?,
            Some(Goal::Failed) => found.failed(half, (target, &journal)).await?,
        }
        losses::count(target, &mut found.ways).await;
        Ok(found)
    }

    /// How many of the ways, from the newest on, lose nothing now.
    #[must_use]
    pub fn lossless(&self) -> usize {
        self.ways.iter().take_while(|back| back.is_lossless()).count()
    }

    /// What it loses, as sentences.
    #[must_use]
    pub fn losses(&self) -> Vec<String> {
        let lines = self.ways.iter().flat_map(|back| back.lines().into_iter().map(|line| format!("{}: {line}", back.migration)));
        lines.collect()
    }

    /// The plan of the way.
    ///
    /// # Errors
    /// As [`way::plan`].
    pub fn plan(&self) -> Outcome<Option<Plan>> {
        self.back.as_ref().map(|back| way::plan(&self.seen.report, &self.seen.request, back)).transpose()
    }

    /// How many of the ways lead to a schema, and what `undo` calls that.
    fn until(&mut self, to: &str) -> Outcome<()> {
        let (report, ways) = (&self.seen.report, &self.ways);
        let release = report.matrix.releases.iter().find(|release| release.version == to);
        let source = report.settings.source;
        let schema = match (release, source) {
            (Some(release), SourceKind::Flyway) => release.schema.clone(),
            (Some(release), SourceKind::Alembic) => release.revisions.first().filter(|_| release.revisions.len() == 1).cloned(),
            (None, _) => Some(to.to_owned()),
        };
        let Some(schema) = schema else {
            let message = format!("Release {to} has no one schema here.");
            return Err(Failure::usage(message, "Name a version or revision with --to."));
        };
        let unknown = || {
            Failure::usage(
                format!("{schema} is not applied on this database."),
                "Name an applied version or revision, or a release built for one; `flightplan info` shows them.",
            )
        };
        let (count, last) = if source == SourceKind::Alembic {
            let own: Vec<_> = report.migrations.iter().filter(|one| one.source == source).collect();
            let stays = planner::graph::order::ancestors(&own, vec![MigrationId(schema.clone())]);
            if !ways.iter().any(|back| back.migration.0 == schema) {
                return Err(unknown());
            }
            let count = ways.iter().filter(|back| !stays.contains(&back.migration)).count();
            if ways.iter().take(count).any(|back| stays.contains(&back.migration)) {
                let cure = "Go back with `flightplan downgrade`, branch by branch.";
                return Err(Failure::usage(format!("{schema} is on another branch than the newest revisions."), cure));
            }
            (count, (count > 0).then_some(schema))
        } else {
            let count = ways.iter().position(|back| back.version == schema).ok_or_else(unknown)?;
            // Flyway takes the named version back too.
            (count, count.checked_sub(1).and_then(|last| ways.get(last)).map(|back| back.version.clone()))
        };
        self.ways.truncate(count);
        self.back = last.map(way::Back::To);
        Ok(())
    }

    /// What has to go so that the database is as it was before a run; without one, before the last.
    async fn before(
        &mut self,
        asked: Option<&str>,
        half: Option<Half>,
        (target, journal): (&mut Target, &Journal),
    ) -> Outcome<()> {
        let traces = journal.traces(target).await?;
        let trace = match asked {
            Some(asked) => pick(&traces, asked)?,
            None => match self.last(&traces)? {
                Some(trace) => trace,
                None => {
                    self.ways.clear();
                    return Ok(());
                }
            },
        };
        if trace.applied.is_empty() {
            return Err(Failure::usage(
                format!("Run {} applied nothing: it took back {}.", trace.run, list(&trace.taken_back)),
                "The state before it is reached by going forward, with `flightplan migrate`.",
            ));
        }
        let these = way::since::since(&self.seen.report, &self.seen.request, &trace.applied)?;
        let these: Vec<MigrationId> = these.into_iter().map(|migration| migration.id.clone()).collect();
        let repeatables = trace.applied.iter().filter(|id| id.0.starts_with("R__"));
        self.stays = repeatables
            .map(|id| format!("{id} stays as it is now: a repeatable migration has no state before to go back to."))
            .collect();
        self.take(trace.run.clone(), these, half);
        Ok(())
    }

    /// What is done of the migration that is half applied.
    async fn failed(&mut self, half: Option<Half>, (target, journal): (&mut Target, &Journal)) -> Outcome<()> {
        let Some(half) = half else {
            self.ways.clear();
            return Ok(());
        };
        let run = journal.last_run(target).await?.unwrap_or_default();
        self.take(run, vec![half.migration.clone()], Some(half));
        Ok(())
    }

    /// These and nothing else.
    fn take(&mut self, run: String, these: Vec<MigrationId>, half: Option<Half>) {
        let place = |back: &Back| these.iter().position(|id| *id == back.migration);
        self.ways.retain(|back| place(back).is_some());
        self.ways.sort_by_key(place);
        self.back = (!these.is_empty()).then_some(way::Back::Before { run, these, half });
    }

    /// The newest run that applied anything that is there still.
    fn last<'t>(&self, traces: &'t [Trace]) -> Outcome<Option<&'t Trace>> {
        for trace in traces {
            if !way::since::since(&self.seen.report, &self.seen.request, &trace.applied)?.is_empty() {
                return Ok(Some(trace));
            }
        }
        Ok(None)
    }

    /// What would keep it from being gone, as sentences; approvals are looked for in the store.
    pub async fn refusals(
        &self,
        workspace: &Workspace,
        store: Option<&Store>,
        plan: Option<&Plan>,
        accept_loss: bool,
    ) -> Vec<String> {
        let mut refusals = Vec::new();
        if self.lossless() < self.ways.len() && !accept_loss {
            refusals.push("something would be lost: it needs --accept-loss".to_owned());
        }
        let sections = workspace.sections();
        if let Some(plan) = plan.filter(|plan| quorum::is_asked_for(sections, plan)) {
            let grounds = Grounds { store, sections, enclosed: &Enclosed::default(), runner: None };
            refusals.extend(approval::require_way_back(grounds, plan).await.err().map(|failure| failure.message));
        }
        refusals
    }

    /// What would be done, with the statements, what is lost and what stands in the way.
    #[must_use]
    pub fn text(&self, plan: Option<&Plan>, refusals: &[String]) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        for step in plan.iter().flat_map(|plan| &plan.steps) {
            let way = self.ways.iter().find(|back| back.migration == step.migration);
            let origin = if way.is_some_and(|back| back.derived) { "derived" } else { "its author's" };
            let loss = if way.is_none_or(Back::is_lossless) { "loses nothing now" } else { "loses something" };
            let _ = writeln!(text, "{}. {} ({origin}, {loss})", step.number, step.description);
            for statement in &step.statements {
                let _ = writeln!(text, "     {};", statement.sql.trim_end().trim_end_matches(';').replace('\n', "\n     "));
            }
            for line in way.iter().flat_map(|back| back.lines()) {
                let _ = writeln!(text, "   - {line}");
            }
        }
        for sentence in &self.stays {
            let _ = writeln!(text, "note: {sentence}");
        }
        match plan {
            None => text.push_str("There is nothing to take back.\n"),
            Some(plan) if plan.to.is_empty() => text.push_str("No version would be left.\n"),
            Some(plan) => drop(writeln!(text, "The database would be at {}.", plan.to)),
        }
        for refusal in refusals {
            let _ = writeln!(text, "It would be refused as it is: {refusal}");
        }
        text.push_str("Nothing was changed.\n");
        text
    }
}

/// The refusal that names what would be lost.
pub(crate) fn would_lose(ways: &[Back], lossless: usize) -> Failure {
    let mut message = "Nothing was changed: going back so far loses something.".to_owned();
    for back in ways.iter().filter(|back| !back.is_lossless()) {
        for line in back.lines() {
            let _ = write!(message, "\n  {}: {line}", back.migration);
        }
    }
    let cure = match ways.get(lossless).filter(|_| lossless > 0) {
        Some(stays) => format!("--to {} is lossless; or go on with --accept-loss, knowing what is lost.", stays.version),
        None => "Go on with --accept-loss, knowing what is lost; or go forward with a new migration.".to_owned(),
    };
    Failure::usage(message, cure)
}

fn list(ids: &BTreeSet<MigrationId>) -> String {
    ids.iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(", ")
}

/// The run that is meant.
fn pick<'a>(traces: &'a [Trace], asked: &str) -> Outcome<&'a Trace> {
    let meant: Vec<&Trace> = traces.iter().filter(|trace| !asked.is_empty() && trace.run.starts_with(asked)).collect();
    if let [one] = meant.as_slice() {
        return Ok(one);
    }
    let mut message = match meant.len() {
        0 => format!("No run {asked} has changed this database."),
        count => format!("{count} runs begin with {asked}."),
    };
    if traces.is_empty() {
        message.push_str(" No run of Flightplan has.");
    } else {
        message.push_str(" The newest that have, newest first:");
    }
    for trace in traces.iter().take(RECENT) {
        let _ = write!(message, "\n  {}  {}  ", trace.run, trace.at);
        let _ = match (trace.applied.is_empty(), trace.taken_back.is_empty()) {
            (false, true) => write!(message, "applied {}", list(&trace.applied)),
            (true, _) => write!(message, "took back {}", list(&trace.taken_back)),
            (false, false) => write!(message, "applied {}, took back {}", list(&trace.applied), list(&trace.taken_back)),
        };
    }
    Err(Failure::usage(message, "Name one of them with --run, or a version with --to; `flightplan runs` tells more of each."))
}
