//! `rollback`: how far the schema goes back without losing anything, counted on the live data, and going there.

use std::fmt::Write as _;

use clap::{ArgGroup, Args};
use planner::migration::SourceKind;
use serde_json::{Value, json};

use crate::approval::quorum;
use crate::cli::emergency::{self, Asked, Settled};
use crate::cli::{Context, Format, migrate, output, undo};
use crate::execution::Refused;
use crate::exit::{Exit, Outcome};
use crate::losses::Back;
use crate::way_back::{Goal, WayBack, would_lose};

/// Options of `rollback`.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("goal").args(["to", "run", "failed", "emergency"]).multiple(true))]
pub struct Rollback {
    /// The schema that stays: of a release, or a version or revision. Without a goal it is only told how far back is lossless.
    #[arg(long, value_name = "RELEASE|VERSION")]
    to: Option<String>,
    /// Back to the state before this run: what it applied, and what was applied on top of it, goes.
    #[arg(long, value_name = "ID", conflicts_with = "to")]
    run: Option<String>,
    /// Back to the state before the migration that is half applied: what is done of it goes, and nothing else.
    #[arg(long, conflicts_with_all = ["to", "run", "emergency"])]
    failed: bool,
    /// Show what would be done, and change nothing.
    #[arg(long, requires = "goal")]
    dry_run: bool,
    /// Go back although what is counted is lost.
    #[arg(long, requires = "goal")]
    accept_loss: bool,
    /// The playbook of [emergency]: stop the application, go back (to the state before the last run, where no goal is named),
    /// verify, start it again, watch its health, report. Run again, it goes on where it was.
    #[arg(long)]
    emergency: bool,
    /// The database's name, where nobody can be asked to type it.
    #[arg(long, value_name = "DATABASE", requires = "emergency")]
    yes: Option<String>,
    /// What became of the step whose outcome nobody knows, or that failed.
    #[arg(long, value_enum, value_name = "HOW", requires = "emergency")]
    settle: Option<Settled>,
    /// End the emergency where it is.
    #[arg(long, requires = "emergency", conflicts_with_all = ["settle", "dry_run"])]
    give_up: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Usage`] without a database, or where something would be lost, before anything is changed; what a run can end with.
pub async fn run(context: &Context, command: &Rollback) -> Result<Exit, Refused> {
    context.allow(if command.emergency { &[Format::Markdown] } else { &[] })?;
    let goal = match (&command.to, &command.run) {
        (Some(to), _) => Some(Goal::To(to.clone())),
        (None, Some(run)) => Some(Goal::Before(run.clone())),
        (None, None) => command.failed.then_some(Goal::Failed),
    };
    if command.emergency {
        let (yes, settle) = (command.yes.clone(), command.settle);
        let Rollback { accept_loss, dry_run, give_up, .. } = *command;
        return emergency::run(context, &Asked { goal, accept_loss, dry_run, yes, settle, give_up }).await;
    }
    let found = WayBack::look(&context.workspace, goal.as_ref()).await?;
    if goal.is_none() {
        offer(context, &found.ways, found.lossless());
        return Ok(Exit::Done);
    }
    if command.dry_run {
        show(context, &found, command.accept_loss).await?;
        return Ok(Exit::Done);
    }
    let lossless = found.lossless();
    if lossless < found.ways.len() && !command.accept_loss {
        return Err(would_lose(&found.ways, lossless).into());
    }
    for sentence in &found.stays {
        context.warn(sentence);
    }
    let Some(back) = found.back else {
        context.say("There is nothing to take back.\n");
        return Ok(Exit::Done);
    };
    let result = migrate::take_back(context, back).await;
    match found.seen.report.settings.source {
        SourceKind::Flyway => undo::report(context, result),
        SourceKind::Alembic => migrate::report(context, result),
    }
}

/// What would be done, and what stands in the way.
async fn show(context: &Context, found: &WayBack, accept_loss: bool) -> Outcome<()> {
    let plan = found.plan()?;
    let asks = plan.as_ref().is_some_and(|plan| quorum::is_asked_for(context.workspace.sections(), plan));
    let store = if asks { context.store().await.ok() } else { None };
    let refusals = found.refusals(&context.workspace, store.as_ref(), plan.as_ref(), accept_loss).await;
    if context.format == Format::Json {
        let plan = plan.as_ref().map_or(Ok(Value::Null), |plan| output::with_format(&json!(plan)))?;
        context.give(json!({"format": 1, "back": found.ways, "stays": found.stays, "plan": plan, "would_be_refused": refusals}));
    } else {
        context.say(&found.text(plan.as_ref(), &refusals));
    }
    Ok(())
}

fn offer(context: &Context, ways: &[Back], lossless: usize) {
    let stays = ways.get(lossless).map(|back| back.version.as_str());
    if context.format == Format::Json {
        context.give(json!({"format": 1, "back": ways, "lossless": lossless, "lossless_to": stays}));
        return;
    }
    let mut text = String::new();
    for (at, back) in ways.iter().enumerate().take(lossless + 1) {
        let word = if at < lossless { "lossless" } else { "not lossless" };
        let _ = writeln!(text, "{}  {word}", back.migration);
        for line in back.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    let _ = match (lossless, stays) {
        (0, None) => writeln!(text, "Nothing is applied."),
        (0, Some(_)) => writeln!(text, "No way back is lossless now."),
        (count, Some(stays)) => {
            writeln!(text, "Lossless for {count} migration(s): flightplan --env {} rollback --to {stays}", environment(context))
        }
        (count, None) => writeln!(text, "Lossless for all {count} migration(s)."),
    };
    context.say(&text);
}

fn environment(context: &Context) -> String {
    context.workspace.settings(&context.workspace.request).0.environment
}
