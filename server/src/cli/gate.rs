//! `gate`: the gates that runs wait at, and opening them.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use planner::protocol::{GateOpening, WaitingGate};
use serde_json::json;

use crate::cli::migrate::user;
use crate::cli::{Context, Format};
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::identity::Permission;
use crate::store::{Store, now};

/// Options of `gate`.
#[derive(Clone, Debug, Args)]
pub struct GateCommand {
    #[command(subcommand)]
    asked: Option<Asked>,
}

#[derive(Clone, Debug, Subcommand)]
enum Asked {
    /// The gates that runs wait at, what for and why.
    List,
    /// Open a gate: the run goes on, with this plan and no other.
    Open(Open),
}

#[derive(Clone, Debug, Args)]
struct Open {
    /// The gate: green-deployed or blue-drained.
    gate: String,
    /// The run that waits there; may be left out where only one waits at this gate.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Who opens it. Default: FLIGHTPLAN_USER, else the user of this process.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Why it may open; it is kept with the run.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Usage`] where no run waits at that gate, or nothing is said why it may open.
pub async fn run(context: &Context, command: &GateCommand) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let store = context.store().await?;
    match &command.asked {
        None | Some(Asked::List) => list(context, &store.waiting_gates().await?),
        Some(Asked::Open(open)) => pass(context, &store, open).await,
    }
}

fn list(context: &Context, gates: &[WaitingGate]) -> Result<Exit, Refused> {
    if context.format == Format::Json {
        context.give(json!({"format": 1, "gates": gates}));
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for waits in gates {
        let gate = &waits.gate;
        let _ = writeln!(text, "{}  {} before {} on {}", waits.run, gate.name, waits.step, waits.environment);
        let _ = writeln!(text, "  {}", gate.waits_for);
        for reason in &gate.because {
            let _ = writeln!(text, "    {reason}");
        }
        if let Some(probe) = &gate.probe {
            let _ = writeln!(text, "  opens by itself when {}", probe.sentence());
        }
        if let Some(GateOpening { by, at, reason }) = &waits.opened {
            let _ = writeln!(text, "  opened by {by} at {at}: {reason}");
        }
    }
    context.say(if text.is_empty() { "No run waits at a gate.\n" } else { &text });
    Ok(Exit::Done)
}

async fn pass(context: &Context, store: &Store, open: &Open) -> Result<Exit, Refused> {
    if open.reason.trim().is_empty() {
        return Err(Failure::usage("A gate is not opened without a reason.", "Say why with --reason \"…\".").into());
    }
    let run = match &open.run {
        Some(run) => run.clone(),
        None => only(&store.waiting_gates().await?, &open.gate)?,
    };
    if let (Some(_), Some(waits)) = (&context.identity, store.run(&run).await?) {
        context.require(Permission::Gate, &waits.environment)?;
    }
    let by = open.by.as_deref().map(str::trim).filter(|by| !by.is_empty() && context.identity.is_none());
    let by = by.map_or_else(user, str::to_owned);
    let opening = GateOpening { by, at: now(), reason: open.reason.trim().to_owned() };
    let run = store.open_gate(&run, &open.gate, &opening).await?;
    if context.format == Format::Json {
        context.give(json!({"format": 1, "run": run.id, "digest": run.digest, "step": run.step, "gate": open.gate,
            "opened": opening}));
        return Ok(Exit::Done);
    }
    let next = if run.served {
        "The server goes on with it.".to_owned()
    } else {
        format!("Go on with the command that was stopped, or with: flightplan --env {} apply {}", run.environment, run.digest)
    };
    context.say(&format!("Gate {} of run {} is open for this plan. {next}\n", open.gate, run.id));
    Ok(Exit::Done)
}

/// The only run that waits at this gate.
fn only(gates: &[WaitingGate], name: &str) -> Outcome<String> {
    let here: Vec<&WaitingGate> = gates.iter().filter(|waits| waits.gate.name == name).collect();
    match here.as_slice() {
        [one] => Ok(one.run.clone()),
        [] => Err(Failure::usage(
            format!("No run waits at a gate {name:?}."),
            "`flightplan gate list` shows the gates that runs wait at.",
        )),
        _ => Err(Failure::usage(
            format!("{} runs wait at gate {name}.", here.len()),
            "Name one with --run; `flightplan gate list` shows them.",
        )),
    }
}
