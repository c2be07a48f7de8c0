//! `rollback`: how far the schema goes back without losing anything, counted on the live data, and going there.

use std::fmt::Write as _;

use clap::Args;
use planner::migration::{MigrationId, SourceKind};
use serde_json::json;

use crate::cli::{Context, Format, look, migrate, undo};
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::losses::{self, Back};
use crate::observe;
use crate::run::undo as way;
use crate::target::Access;

/// Options of `rollback`.
#[derive(Clone, Debug, Args)]
pub struct Rollback {
    /// The schema that stays: of a release, or a version or revision. Without it, it is only told how far back is lossless.
    #[arg(long, value_name = "RELEASE|VERSION")]
    to: Option<String>,
    /// Go back although what is counted is lost.
    #[arg(long, requires = "to")]
    accept_loss: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Usage`] without a database, or where something would be lost, before anything is changed; what a run can end with.
pub async fn run(context: &Context, command: &Rollback) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let seen = look::look(context, &context.workspace.request).await?;
    let Some((url, _)) = &seen.live else {
        let cure = "Name the database with --url, or the environment with --env.";
        return Err(Failure::usage("What a way back loses is counted on a database, and there is none.", cure).into());
    };
    let mut ways = losses::ways(&seen.report, &seen.request);
    let back = command.to.as_deref().map(|to| until(&seen, &ways, to)).transpose()?;
    if let Some((count, _)) = &back {
        ways.truncate(*count);
    }
    let mut target = observe::connect(url, &seen.settings, "flightplan rollback", Access::Read).await?;
    losses::count(&mut target, &mut ways).await;
    target.close().await;
    let lossless = ways.iter().take_while(|back| back.is_lossless()).count();
    let Some((_, back)) = back else {
        offer(context, &ways, lossless);
        return Ok(Exit::Done);
    };
    if lossless < ways.len() && !command.accept_loss {
        return Err(would_lose(&ways, lossless).into());
    }
    let Some(back) = back else {
        context.say("There is nothing to take back.\n");
        return Ok(Exit::Done);
    };
    let result = migrate::take_back(context, back).await;
    match seen.report.settings.source {
        SourceKind::Flyway => undo::report(context, result),
        SourceKind::Alembic => migrate::report(context, result),
    }
}

/// How many of the ways lead to a schema, and what `undo` calls that; `None`: nothing has to be taken back.
fn until(seen: &look::Look, ways: &[Back], to: &str) -> Outcome<(usize, Option<way::Back>)> {
    let report = &seen.report;
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
    if source == SourceKind::Alembic {
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
        return Ok((count, (count > 0).then_some(way::Back::To(schema))));
    }
    let count = ways.iter().position(|back| back.version == schema).ok_or_else(unknown)?;
    // Flyway takes the named version back too.
    let last = count.checked_sub(1).and_then(|last| ways.get(last));
    Ok((count, last.map(|back| way::Back::To(back.version.clone()))))
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

/// The refusal that names what would be lost.
pub(super) fn would_lose(ways: &[Back], lossless: usize) -> Failure {
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
