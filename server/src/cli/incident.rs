//! `incident`: the report on an emergency or a run, from what the control store has.

use std::path::PathBuf;

use clap::Args;
use planner::protocol::emergency::Emergency;
use planner::protocol::{Run, RunState};
use serde_json::json;

use crate::cli::{Context, Format};
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::incident;
use crate::store::Store;

/// Options of `incident`.
#[derive(Clone, Debug, Args)]
pub struct Incident {
    /// The report on this run. Without it: on the newest emergency, or the run that failed since.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// The report on this emergency.
    #[arg(long, value_name = "ID", conflicts_with = "run")]
    emergency: Option<String>,
    /// Write it into a file.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What is reported on.
enum Subject {
    Emergency(Box<Emergency>),
    Run(Box<Run>),
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Usage`] where nothing is known of it, or the file cannot be written.
pub async fn run(context: &Context, command: &Incident) -> Result<Exit, Refused> {
    context.allow(&[Format::Markdown])?;
    let store = context.store().await?;
    store.end_all_gone().await?;
    let settings = &context.workspace.sections().incident;
    let (subject, text) = match subject(&store, command).await? {
        Subject::Emergency(emergency) => {
            (json!({"emergency": emergency.id}), incident::of_emergency(&store, &emergency, settings).await?)
        }
        Subject::Run(run) => (json!({"run": run.id}), incident::of_run(&store, &run, settings).await?),
    };
    if let Some(path) = &command.output {
        std::fs::write(path, &text).map_err(|error| {
            Failure::usage(format!("{}: cannot be written: {error}.", path.display()), "Name a file in a folder that exists.")
        })?;
    }
    match (context.format, &command.output) {
        (Format::Json, _) => context.give(json!({"format": 1, "subject": subject, "report": text})),
        (_, Some(path)) => context.say(&format!("Wrote {}.\n", path.display())),
        (_, None) => context.say(&text),
    }
    Ok(Exit::Done)
}

/// The one that is named, else the newest emergency, else a run that failed after it.
async fn subject(store: &Store, command: &Incident) -> Outcome<Subject> {
    let (emergencies, runs) = (store.emergencies().await?, store.runs().await?);
    if let Some(asked) = &command.run {
        let known = runs.into_iter().map(|run| (run.id.clone(), run)).collect();
        return only(known, asked, "run", "`flightplan runs` lists them.").map(|run| Subject::Run(Box::new(run)));
    }
    if let Some(asked) = &command.emergency {
        let known = emergencies.into_iter().map(|emergency| (emergency.id.clone(), emergency)).collect();
        let cure = "`flightplan incident` without a name tells of the newest.";
        return only(known, asked, "emergency", cure).map(|emergency| Subject::Emergency(Box::new(emergency)));
    }
    let emergency = emergencies.into_iter().next();
    let failed = runs.into_iter().find(|run| run.state == RunState::Failed);
    match (emergency, failed) {
        (Some(emergency), Some(run)) if run.started_at <= emergency.finished_at.clone().unwrap_or_else(|| "~".to_owned()) => {
            Ok(Subject::Emergency(Box::new(emergency)))
        }
        (_, Some(run)) => Ok(Subject::Run(Box::new(run))),
        (Some(emergency), None) => Ok(Subject::Emergency(Box::new(emergency))),
        (None, None) => Err(Failure::usage(
            "No run has failed, and there was no emergency.",
            "Name a run with --run; `flightplan runs` lists them.",
        )),
    }
}

/// The one whose id begins so.
fn only<T>(known: Vec<(String, T)>, asked: &str, what: &str, cure: &str) -> Outcome<T> {
    let mut meant: Vec<T> = known.into_iter().filter(|(id, _)| id.starts_with(asked)).map(|(_, one)| one).collect();
    match (meant.pop(), meant.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(Failure::usage(format!("Several {what} ids begin with {asked}."), cure)),
        (None, _) => Err(Failure::usage(format!("There is no {what} {asked} in this store."), cure)),
    }
}
