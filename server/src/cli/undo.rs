//! `undo`: the way back of what is applied, newest first: the author's, else the derived one.

use clap::{Args, ValueEnum};
use planner::project::Request;
use planner::source::flyway::version::Version;
use serde_json::{Value, json};

use crate::cli::migrate::{Done, done, file};
use crate::cli::undo_write::{self, Asked};
use crate::cli::words::{FLYWAY_VERSION, Word};
use crate::cli::{Context, Format, look, migrate, output};
use crate::execution::{Executed, Refused};
use crate::exit::{Exit, Failure, Outcome};
use crate::losses;
use crate::observe;
use crate::run::undo::Back;
use crate::target::Access;
use crate::way_back;

/// Options of `undo`.
#[derive(Clone, Debug, Default, Args)]
pub struct Undo {
    /// With --write: migrations (V7, a version, a revision, a file); without: more of Flyway's commands.
    #[arg(value_name = "MIGRATION")]
    names: Vec<String>,
    /// Run nothing; save the derived way back of the newest or the named migrations as U file or downgrade().
    #[arg(long)]
    write: bool,
    /// Save it for every migration that has none.
    #[arg(long, requires = "write", conflicts_with = "names")]
    all: bool,
    /// Go a derived way back although what is counted is lost.
    #[arg(long, conflicts_with = "write")]
    accept_loss: bool,
}

impl Undo {
    /// Flyway's commands that follow.
    #[must_use]
    pub fn then(&self) -> Vec<Word> {
        let word = |name: &String| Word::from_str(name, true).ok();
        if self.write { Vec::new() } else { self.names.iter().filter_map(word).collect() }
    }

    /// Refuses names where none is written.
    fn check(&self) -> Outcome<()> {
        match self.names.iter().find(|name| !self.write && Word::from_str(name, true).is_err()) {
            Some(name) => Err(Failure::usage(
                format!("{name} is none of Flyway's commands."),
                format!(
                    "`undo` takes back the newest version, `undo -target=VERSION` down to one, `undo --write {name}` saves a file."
                ),
            )),
            None => Ok(()),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Usage`] where there is no way back, saying why, and where a derived one would lose something.
pub async fn run(context: &Context, command: &Undo) -> Result<Exit, Refused> {
    command.check()?;
    if command.write {
        let asked = match command.names.as_slice() {
            _ if command.all => Asked::All,
            [] => Asked::Newest,
            names => Asked::Named(names.to_vec()),
        };
        return undo_write::run(context, &asked);
    }
    context.allow(&[])?;
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    let target = context.workspace.request.up_to.clone().or(settings.flyway.target);
    let back = target.filter(|target| target != "latest").map_or(Back::Newest, Back::To);
    if !command.accept_loss {
        refuse_losses(context, &back).await?;
    }
    let result = migrate::take_back(context, back).await;
    report(context, result)
}

/// What its author wrote is run as it stands. A derived way back loses nothing unasked.
async fn refuse_losses(context: &Context, back: &Back) -> Result<(), Refused> {
    let request = Request { up_to: None, ..context.workspace.request.clone() };
    let seen = look::look(&context.workspace, &request).await?;
    let Some((url, _)) = &seen.live else { return Ok(()) };
    let mut ways = losses::ways(&seen.report, &seen.request);
    match back {
        Back::Newest | Back::Before { .. } => ways.truncate(1),
        Back::To(version) => {
            let target = Version::parse(version);
            let within = |way: &losses::Back| Version::parse(&way.version) >= target;
            let count = ways.iter().take_while(|way| within(way)).count();
            ways.truncate(count);
        }
    }
    // One without a way ends the walk, and is told where it is taken.
    let reach = ways.iter().take_while(|way| way.way).count();
    ways.truncate(reach);
    ways.retain(|way| way.derived);
    if ways.is_empty() {
        return Ok(());
    }
    let mut target = observe::connect(url, &seen.settings, "flightplan undo", Access::Read).await?;
    losses::count(&mut target, &mut ways).await;
    target.close().await;
    ways.retain(|way| !way.is_lossless());
    if ways.is_empty() { Ok(()) } else { Err(way_back::would_lose(&ways, 0).into()) }
}

pub(super) fn report(context: &Context, result: Result<Executed, Refused>) -> Result<Exit, Refused> {
    match result {
        Ok(executed) => {
            if context.format == Format::Json {
                context.give(outcome(context, Some(&executed)));
            } else {
                context.say(&summary(context, &executed));
            }
            Ok(Exit::Done)
        }
        Err(refused) => {
            let begun = context.told.lock().is_ok_and(|told| told.plan.is_some());
            if context.format == Format::Json && begun {
                let mut value = outcome(context, None);
                value["error"] = output::error_item(&refused, &context.workspace.root);
                context.give(value);
            }
            Err(refused)
        }
    }
}

fn summary(context: &Context, executed: &Executed) -> String {
    let Ok(told) = context.told.lock() else { return String::new() };
    let done = done(&told);
    if done.is_empty() {
        return format!("Schema {} has no migration to undo.", told.schema);
    }
    let word = if done.len() == 1 { "migration" } else { "migrations" };
    let now = match executed.plan.to.as_str() {
        "" => ", which has no version left".to_owned(),
        version => format!(", now at version v{version}"),
    };
    let time = output::duration(told.started.map_or(0, |started| started.elapsed().as_millis()));
    format!("Successfully undid {} {word} to schema {}{now} (execution time {time})", done.len(), told.schema)
}

/// What was taken back, in Flyway's shape. Without `executed` it did not get through.
fn outcome(context: &Context, executed: Option<&Executed>) -> Value {
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    let Ok(told) = context.told.lock() else { return Value::Null };
    let item = |one: &Done<'_>| {
        json!({
            "version": one.version.clone().unwrap_or_default(), "description": one.description,
            "filepath": file(context, one.step), "executionTime": one.ms,
        })
    };
    let undone: Vec<Value> = done(&told).iter().map(item).collect();
    let from = told.plan.as_ref().map(|plan| plan.from.clone()).filter(|from| !from.is_empty());
    json!({
        "format": 1,
        "initialSchemaVersion": from,
        "targetSchemaVersion": executed.map(|executed| executed.plan.to.clone()).filter(|to| !to.is_empty()),
        "schemaName": settings.flyway.schemas.join(", "),
        "migrationsUndone": undone.len(),
        "undoneMigrations": undone,
        "flywayVersion": FLYWAY_VERSION,
        "database": context.workspace.url(&settings).ok().flatten().map(|url| output::catalog(&url)),
        "warnings": told.warnings,
        "operation": "undo",
    })
}
