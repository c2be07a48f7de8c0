//! `ddl-log`: who changed the schema outside Flightplan (PostgreSQL), and switching that on and off.

use clap::Args;
use serde_json::json;

use crate::cli::locked::{self, Locked};
use crate::cli::{Context, Format};
use crate::ddl_log;
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::target::Target;

/// Options of `ddl-log`.
#[derive(Clone, Debug, Args)]
pub struct DdlLog {
    /// Begin to note, by an event trigger; takes a superuser.
    #[arg(long, conflicts_with = "remove")]
    install: bool,
    /// End it, and forget what was noted.
    #[arg(long)]
    remove: bool,
}

/// Runs the command.
///
/// # Errors
/// Another product than PostgreSQL; nobody notes; the server's refusal.
pub async fn run(context: &Context, command: &DdlLog) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    locked::with(context, settings, "ddl-log", async |locked| with(context, locked, command).await).await?;
    Ok(Exit::Done)
}

async fn with(context: &Context, locked: &mut Locked, command: &DdlLog) -> Outcome<()> {
    let Locked { target, history, .. } = locked;
    if !matches!(target, Target::Postgres(_)) {
        let cure = "`flightplan check -drift` says what differs on every product.";
        return Err(Failure::usage("Only PostgreSQL can tell who changes a schema, by an event trigger.", cure));
    }
    let statements = match (command.install, command.remove) {
        (true, _) => ddl_log::installation(target, history),
        (_, true) => ddl_log::removal(target, history),
        _ => return list(context, locked).await,
    };
    target.begin().await?;
    for statement in &statements {
        target.execute(statement).await.map_err(|error| {
            let cure = "An event trigger takes a superuser (rds_superuser and the like on managed servers).";
            Failure::failed(format!("The database refused: {error}."), cure)
        })?;
    }
    target.commit().await?;
    let said = if command.install {
        "What others do to the schema is noted from now on: `flightplan ddl-log`, `flightplan check -drift`."
    } else {
        "Nothing is noted any more."
    };
    match context.format {
        Format::Json => context.give(json!({"format": 1, "installed": command.install})),
        _ => context.say(&format!("{said}\n")),
    }
    Ok(())
}

async fn list(context: &Context, locked: &mut Locked) -> Outcome<()> {
    let changes = ddl_log::read(&mut locked.target, &locked.history).await?;
    let Some(changes) = changes else {
        return Err(Failure::usage("Nobody notes who changes this schema.", "Begin with `flightplan ddl-log --install`."));
    };
    match context.format {
        Format::Json => context.give(json!({"format": 1, "changes": changes})),
        _ if changes.is_empty() => context.say("Nobody changed the schema outside Flightplan.\n"),
        _ => context.say(&changes.iter().map(|change| change.line() + "\n").collect::<String>()),
    }
    Ok(())
}
