//! A target under the migration lock, for commands that change the history without running a plan.

use planner::migration::SourceKind;
use planner::name::ObjectName;
use planner::project::settings::Settings;
use planner::source::flyway::callback::Event;

use crate::audit::Deed;
use crate::cli::Context;
use crate::console;
use crate::exit::{Failure, Outcome};
use crate::history::History;
use crate::observe;
use crate::run::callback::Callbacks;
use crate::run::lock;
use crate::target::{Access, Target};
use crate::url::TargetUrl;

/// A connection that holds the lock.
#[derive(Debug)]
pub struct Locked {
    /// The connection.
    pub target: Target,
    /// Where it leads.
    pub url: TargetUrl,
    /// The environment's settings.
    pub settings: Settings,
    /// The history table.
    pub history: History,
}

impl Locked {
    /// The history table as Flyway names it in its messages.
    #[must_use]
    pub fn table(&self) -> String {
        match &self.target {
            Target::Sqlite(_) => self.target.quoted(&ObjectName::qualified("main", self.history.table.name.clone())),
            _ => self.target.quoted(&self.history.table),
        }
    }
}

/// Settings of a Flyway environment.
///
/// # Errors
/// Alembic's history is another one.
pub fn flyway_settings(context: &Context, what: &str) -> Outcome<Settings> {
    let (settings, findings) = context.workspace.settings(&context.workspace.request);
    if let Some(finding) = findings.iter().find(|finding| finding.blocking) {
        return Err(Failure::usage(finding.message.clone(), finding.workaround.clone()));
    }
    if settings.source == SourceKind::Flyway {
        return Ok(settings);
    }
    let cure = match what {
        "baseline" => "Use `flightplan stamp`.",
        _ => "Alembic's history holds revisions only.",
    };
    Err(Failure::usage(format!("{what} is a command of Flyway, and this environment runs Alembic."), cure))
}

/// Connects, takes the lock, does the work, gives the lock back whatever became of it.
///
/// # Errors
/// A target that cannot be reached, a lock that is not given, and those of the work.
pub async fn with<T>(
    context: &Context,
    settings: Settings,
    name: &str,
    work: impl AsyncFnOnce(&mut Locked) -> Outcome<T>,
) -> Outcome<T> {
    let url = context.workspace.require_url(&settings)?;
    let mut target = observe::connect(&url, &settings, &format!("flightplan {name}"), Access::Write).await?;
    let history = History::of(&settings, &target);
    lock::acquire(&mut target, &history.table, lock::patience(&settings, context.lock_wait)).await?;
    let mut locked = Locked { target, url, settings, history };
    let result = around(context, &mut locked, name, work).await;
    note(context, &locked.settings.environment, &locked.url, (name, result.as_ref().err())).await;
    locked.target.unlock(&locked.history.table).await;
    locked.target.close().await;
    result
}

/// Tells of it in the audit log. It was done, whether or not the log can be written.
pub async fn note(context: &Context, environment: &str, url: &TargetUrl, (name, failed): (&str, Option<&Failure>)) {
    let action = match name {
        "baseline" => "history.baselined",
        "clean" => "database.cleaned",
        "resolve" => "migration.resolved",
        "stamp" => "history.stamped",
        _ => "history.repaired",
    };
    let reason = failed.map(|failure| format!("refused: {}", failure.message)).unwrap_or_default();
    let deed = Deed { action, environment: environment.to_owned(), subject: url.identity(), reason, ..Deed::default() };
    let noted = async { context.store().await?.note(deed).await };
    if let Err(failure) = noted.await {
        console::say(&format!("note: {failure}\n  This {name} is not in the audit log."));
    }
}

/// The work with the command's callbacks before and after it.
async fn around<T>(
    context: &Context,
    locked: &mut Locked,
    name: &str,
    work: impl AsyncFnOnce(&mut Locked) -> Outcome<T>,
) -> Outcome<T> {
    let [before, after, error] = events(name);
    let callbacks = Callbacks::of_workspace(&context.workspace, &context.workspace.request)?;
    callbacks.fire(&mut locked.target, before).await?;
    match work(locked).await {
        Ok(done) => callbacks.fire(&mut locked.target, after).await.map(|()| done),
        Err(failure) => {
            locked.target.rollback().await;
            Err(callbacks.after_failure(&mut locked.target, &[error], failure).await)
        }
    }
}

fn events(name: &str) -> [Event; 3] {
    match name {
        "baseline" => [Event::BeforeBaseline, Event::AfterBaseline, Event::AfterBaselineError],
        "clean" => [Event::BeforeClean, Event::AfterClean, Event::AfterCleanError],
        _ => [Event::BeforeRepair, Event::AfterRepair, Event::AfterRepairError],
    }
}
