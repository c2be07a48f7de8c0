//! `runs`: what ran and what runs, what happened in it, and asking a run to pause, to go on or to stop.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use planner::protocol::{Run, RunEvent, RunEventKind, RunState};
use serde_json::json;

use crate::cli::migrate::user;
use crate::cli::{Context, Format, progress};
use crate::event::Wish;
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::identity::Permission;
use crate::measure::Measures;
use crate::store::Store;
use crate::store::alive::is_under_way;

/// Options of `runs`.
#[derive(Clone, Debug, Args)]
pub struct Runs {
    #[command(subcommand)]
    asked: Option<Asked>,
}

#[derive(Clone, Debug, Subcommand)]
enum Asked {
    /// Begin no batch until it may go on; nothing stays locked meanwhile.
    Pause(Which),
    /// Take a pause back.
    Resume(Which),
    /// Stop at the next safe point; run the plan again to go on from there.
    Cancel(Which),
    /// Everything that happened in a run, in order.
    Show(Which),
}

#[derive(Clone, Debug, Args)]
struct Which {
    /// The run; may be left out where only one is under way (show: the newest is meant then).
    run: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Usage`] where the run is not known, is over, or is not the only one.
pub async fn run(context: &Context, command: &Runs) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let store = context.store().await?;
    store.end_all_gone().await?;
    let runs = store.runs().await?;
    let (which, wish) = match &command.asked {
        None => return list(context, &runs),
        Some(Asked::Pause(which)) => (which, Wish::Pause),
        Some(Asked::Resume(which)) => (which, Wish::GoOn),
        Some(Asked::Cancel(which)) => (which, Wish::Stop),
        Some(Asked::Show(which)) => return show(context, &store, &runs, which.run.as_deref()).await,
    };
    if let Some(asked) = runs.iter().find(|run| which.run.as_deref().is_none_or(|id| run.id == id)) {
        context.require(Permission::Run, &asked.environment)?;
    }
    if let (Wish::Stop, Some(id)) = (wish, waiting(&runs, which.run.as_deref())) {
        let run = store.end_waiting(&id, &user()).await?;
        match context.format {
            Format::Json => context.give(json!({"format": 1, "run": run.id, "wish": wish})),
            _ => context.say(&format!("Run {} is over: {}\n", run.id, run.message)),
        }
        return Ok(Exit::Done);
    }
    let run = pick(&runs, which.run.as_deref())?;
    store.wish(&run.id, wish, &user()).await?;
    let said = match wish {
        Wish::Pause => "pauses before its next batch",
        Wish::GoOn => "goes on",
        Wish::Stop => "stops at the next safe point",
    };
    match context.format {
        Format::Json => context.give(json!({"format": 1, "run": run.id, "wish": wish})),
        _ => context.say(&format!("Run {} {said}.\n", run.id)),
    }
    Ok(Exit::Done)
}

fn list(context: &Context, runs: &[Run]) -> Result<Exit, Refused> {
    if context.format == Format::Json {
        context.give(json!({"format": 1, "runs": runs}));
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for run in runs {
        let (state, at) = (run.state.word(), run.gate.as_ref().map(|gate| format!("gate {gate}: ")).unwrap_or_default());
        let (id, started, done, steps) = (&run.id, &run.started_at, run.steps_done, run.steps);
        let _ = writeln!(text, "{id}  {state:<8} {started}  {done}/{steps} steps  {at}{}", run.message);
    }
    context.say(if text.is_empty() { "Nothing has run yet.\n" } else { &text });
    Ok(Exit::Done)
}

async fn show(context: &Context, store: &Store, runs: &[Run], id: Option<&str>) -> Result<Exit, Refused> {
    let run = match id {
        Some(id) => runs.iter().find(|run| run.id == id).ok_or_else(|| unknown(id))?,
        None => runs
            .iter()
            .max_by(|a, b| a.started_at.cmp(&b.started_at))
            .ok_or_else(|| Failure::usage("Nothing has run yet.", "`flightplan migrate` or `flightplan apply` begin a run."))?,
    };
    let events = store.events(&run.id, 0).await?;
    let undone = store.undone_by(&run.id).await?;
    let points = store.recovery_points(&run.id).await?;
    let measures = store.measures_of(&run.id).await?;
    match context.format {
        Format::Json => {
            context.give(json!({"format": 1, "run": run, "undone": undone, "events": events, "recovery_points": points, "measures": measures}));
        }
        _ => {
            let goal = undone.map(|undone| format!("Goes back to the state before run {undone}.\n")).unwrap_or_default();
            let points: String = points.iter().map(|point| point.text() + "\n").collect();
            let cost = measures.map(|measures| cost(&measures)).unwrap_or_default();
            context.say(&(goal + &events.iter().map(line).collect::<String>() + &points + &cost));
        }
    }
    Ok(Exit::Done)
}

/// What a run cost, as a line.
fn cost(measures: &Measures) -> String {
    let Measures { duration_ms, lock_wait_ms, transactions, rows: _, errors, table_bytes } = measures;
    let grown: String = table_bytes.iter().map(|(table, bytes)| format!(", {table} {bytes:+} bytes")).collect();
    format!("{duration_ms} ms, longest lock wait {lock_wait_ms} ms, {transactions} transaction(s), {errors} error(s){grown}\n")
}

/// An event as a line of a log.
fn line(event: &RunEvent) -> String {
    let what = match &event.kind {
        RunEventKind::Started { steps } => format!("begins, {steps} steps"),
        RunEventKind::StepStarted { step, description, .. } => format!("{step}: {description}"),
        RunEventKind::Batch(batch) => {
            let (of, waiting) = (batch.batches.map(|all| format!(" of {all}")), batch.waiting);
            let waiting = if waiting > 0 { format!(", {waiting} waited") } else { String::new() };
            let (number, of) = (batch.batch, of.unwrap_or_default());
            format!("{}: batch {number}{of}, {} rows so far, {} ms{waiting}", batch.statement, batch.rows, batch.last_ms)
        }
        RunEventKind::Waiting { step, reason } => format!("{step}: {reason}"),
        RunEventKind::Checked { statement, before, changed, after, .. } => {
            format!("{statement}: {}", progress::checked(*before, *changed, *after))
        }
        RunEventKind::Kept { step, table, rows, keys } => format!("{step}: {}", progress::kept(table, *rows, keys)),
        RunEventKind::Captured { step, statements } => format!("{step}: Python sent {}", statements.join("; ")),
        RunEventKind::AtGate { step, gate, reason } => format!("waits at gate {gate} before {step}: {reason}"),
        RunEventKind::GateOpened { step, gate, by, reason } => format!("{by} opened gate {gate} before {step}: {reason}"),
        RunEventKind::StepDone { step, duration_ms } => format!("{step} done in {duration_ms} ms"),
        RunEventKind::Finished { state, message } => format!("{}: {message}", state.word()),
    };
    format!("{}  {what}\n", event.at)
}

fn unknown(id: &str) -> Failure {
    Failure::usage(format!("There is no run {id} in this store."), "`flightplan runs` lists them.")
}

/// The run that is meant, where it waits at a gate: the one named, or the only one that is not over.
fn waiting(runs: &[Run], id: Option<&str>) -> Option<String> {
    let open: Vec<&Run> = runs.iter().filter(|run| is_under_way(run.state) || run.state == RunState::Waiting).collect();
    let meant = match (id, open.as_slice()) {
        (Some(id), _) => open.iter().copied().find(|run| run.id == id),
        (None, [one]) => Some(*one),
        (None, _) => None,
    };
    meant.filter(|run| run.state == RunState::Waiting).map(|run| run.id.clone())
}

/// The run that is meant.
fn pick<'a>(runs: &'a [Run], id: Option<&str>) -> Outcome<&'a Run> {
    let under_way: Vec<&Run> = runs.iter().filter(|run| is_under_way(run.state)).collect();
    let Some(id) = id else {
        return match under_way.as_slice() {
            [one] => Ok(one),
            [] => Err(Failure::usage("No run is under way.", "`flightplan runs` lists what ran.")),
            _ => Err(Failure::usage("Several runs are under way.", "Name one; `flightplan runs` lists them.")),
        };
    };
    match (under_way.iter().find(|run| run.id == id), runs.iter().find(|run| run.id == id)) {
        (Some(run), _) => Ok(run),
        (None, Some(run)) => {
            let state = run.state.word();
            Err(Failure::usage(
                format!("Run {id} is {state}: there is nothing left to ask of it."),
                "`flightplan runs` lists them.",
            ))
        }
        (None, None) => Err(unknown(id)),
    }
}
