//! The incident report, in Markdown: what ran, when, who approved, what failed, what was undone, what is left to tick.
//!
//! All of it comes from the control store; nothing is asked of the database.

pub mod settings;
pub mod text;

use std::fmt::Write as _;

use planner::protocol::emergency::{Emergency, State, StepState};
use planner::protocol::{Run, RunEventKind, RunState};

use crate::exit::Outcome;
use crate::store::Store;
use settings::IncidentSettings;
use text::{cell, moment, span};

/// The report on an emergency.
///
/// # Errors
/// The store's refusal.
pub async fn of_emergency(store: &Store, emergency: &Emergency, settings: &IncidentSettings) -> Outcome<String> {
    let mut out = format!("# Incident: {} was rolled back\n\n", cell(&emergency.environment));
    let outcome = match emergency.state {
        State::Done => "done: the application is back".to_owned(),
        State::GivenUp => "given up before its end".to_owned(),
        State::Open => match emergency.next() {
            Some(step) => format!("NOT over: the step {:?} is next", step.words()),
            None => "not over".to_owned(),
        },
    };
    facts(
        &mut out,
        &[
            ("Emergency", emergency.id.clone()),
            ("Environment", emergency.environment.clone()),
            ("Database", emergency.target.clone()),
            ("Begun by", emergency.actor.clone()),
            ("Begun", moment(&emergency.started_at)),
            ("Ended", emergency.finished_at.as_deref().map_or_else(|| "not yet".to_owned(), moment)),
            ("Outcome", outcome),
            ("Back to", emergency.goal()),
        ],
    );
    steps(&mut out, emergency);
    lost(&mut out, emergency);
    if let Some(undone) = &emergency.undone {
        match store.run(undone).await? {
            Some(run) => tell(&mut out, store, "What was rolled back", &run).await?,
            None => {
                let _ = writeln!(out, "\n## What was rolled back\n\nRun {undone}, of which this store knows nothing.");
            }
        }
    }
    for run in runs_of(store, emergency).await? {
        tell(&mut out, store, "The rollback", &run).await?;
    }
    let items = emergency.steps.iter().map(|record| (record.state == StepState::Done, record.step.words().to_owned()));
    checklist(&mut out, items.collect(), settings);
    Ok(out)
}

/// The report on a run.
///
/// # Errors
/// The store's refusal.
pub async fn of_run(store: &Store, run: &Run, settings: &IncidentSettings) -> Outcome<String> {
    let mut out = format!("# Incident: run {} on {}\n\n", run.id, cell(&run.environment));
    let rollbacks = store.rollbacks_of(&run.id).await?;
    let undone = rollbacks.iter().any(|one| one.state == RunState::Done);
    facts(
        &mut out,
        &[
            ("Environment", run.environment.clone()),
            ("Database", run.target.clone()),
            ("Begun by", run.actor.clone()),
            ("Begun", moment(&run.started_at)),
            ("Ended", run.finished_at.as_deref().map_or_else(|| "not yet".to_owned(), moment)),
            ("Outcome", format!("{}: {}", run.state.word(), run.message)),
            ("Undone", if undone { "yes".to_owned() } else { "no".to_owned() }),
        ],
    );
    tell(&mut out, store, "What ran", run).await?;
    for rollback in &rollbacks {
        tell(&mut out, store, "What was undone", rollback).await?;
    }
    for emergency in store.emergencies().await?.iter().filter(|one| one.undone.as_ref() == Some(&run.id)) {
        steps(&mut out, emergency);
        lost(&mut out, emergency);
    }
    let approved = !store.approvals(Some(&run.digest)).await?.is_empty();
    let items = vec![
        (approved, "The plan was approved".to_owned()),
        (run.state == RunState::Done, "The run got through".to_owned()),
        (undone, "What it applied was taken back".to_owned()),
    ];
    checklist(&mut out, items, settings);
    Ok(out)
}

/// The runs of the way back, oldest first: those on its database since its second step was begun.
async fn runs_of(store: &Store, emergency: &Emergency) -> Outcome<Vec<Run>> {
    let begun = emergency.steps.get(1).and_then(|record| record.began_at.clone());
    let Some(begun) = begun else { return Ok(Vec::new()) };
    let end = emergency.finished_at.clone();
    let within = |run: &Run| {
        let after_end = end.as_ref().is_some_and(|end| run.started_at > *end);
        run.environment == emergency.environment && run.target == emergency.target && run.started_at >= begun && !after_end
    };
    let mut runs: Vec<Run> = store.runs().await?.into_iter().filter(within).collect();
    runs.reverse();
    Ok(runs)
}

fn facts(out: &mut String, rows: &[(&str, String)]) {
    out.push_str("| | |\n|---|---|\n");
    for (name, value) in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| {name} | {} |", cell(value));
    }
}

/// The five steps.
fn steps(out: &mut String, emergency: &Emergency) {
    out.push_str("\n## Timeline\n\n| Begun | Step | Took | Attempts | Outcome |\n|---|---|---|---|---|\n");
    for record in &emergency.steps {
        let outcome = match (record.state, &record.settled_by) {
            (StepState::Done, Some(by)) => format!("done, said {}", cell(by)),
            (StepState::Done, None) => "done".to_owned(),
            (StepState::Failed, _) => "**failed**".to_owned(),
            (StepState::Begun, _) => "**begun, its end is not known**".to_owned(),
            (StepState::Pending, _) => "not begun".to_owned(),
        };
        let begun = record.began_at.as_deref().map(moment).unwrap_or_default();
        let took = if record.began_at.is_some() { span(record.ms) } else { String::new() };
        let _ = writeln!(out, "| {begun} | {} | {took} | {} | {} |", record.step.words(), record.attempts, outcome);
    }
    for record in emergency.steps.iter().filter(|record| !record.notes.is_empty()) {
        let _ = writeln!(out, "\n{}:\n", record.step.words());
        for note in &record.notes {
            let _ = writeln!(out, "- {}", cell(note));
        }
    }
}

fn lost(out: &mut String, emergency: &Emergency) {
    out.push_str("\n## What was lost\n\n");
    if emergency.losses.is_empty() {
        out.push_str("Nothing, as it was counted before.\n");
    }
    for loss in &emergency.losses {
        let _ = writeln!(out, "- {}", cell(loss));
    }
}

/// A run with its approvals and what happened in it.
async fn tell(out: &mut String, store: &Store, head: &str, run: &Run) -> Outcome<()> {
    let _ = writeln!(out, "\n## {head}\n\nRun {}, begun by {} at {}.", run.id, cell(&run.actor), moment(&run.started_at));
    let _ = writeln!(out, "It is {}: {}\n", run.state.word(), cell(&run.message));
    let approvals = store.approvals(Some(&run.digest)).await?;
    let _ = writeln!(out, "Plan `{}`.", run.digest);
    if approvals.is_empty() {
        out.push_str("No approval names this plan.\n");
    }
    for approval in &approvals {
        let comment = if approval.comment.is_empty() { String::new() } else { format!(": {}", cell(&approval.comment)) };
        let _ = writeln!(out, "- Approved by {} at {}{comment}", cell(&approval.approver), moment(&approval.at));
    }
    out.push_str("\n| Time | What |\n|---|---|\n");
    for event in store.events(&run.id, 0).await? {
        if let Some(what) = what(&event.kind) {
            let _ = writeln!(out, "| {} | {} |", moment(&event.at), cell(&what));
        }
    }
    for point in store.recovery_points(&run.id).await? {
        let _ = writeln!(out, "\n```text\n{}\n```", point.text());
    }
    Ok(())
}

/// An event as a line; batches are left to `runs show`.
fn what(kind: &RunEventKind) -> Option<String> {
    Some(match kind {
        RunEventKind::Started { steps } => format!("begun, {steps} step(s)"),
        RunEventKind::StepStarted { step, description, .. } => format!("{step}: {description}"),
        RunEventKind::Waiting { step, reason } => format!("{step} waits: {reason}"),
        RunEventKind::Captured { step, statements } => format!("{step}: Python sent {} statement(s)", statements.len()),
        RunEventKind::AtGate { step, gate, reason } => format!("waits at gate {gate} before {step}: {reason}"),
        RunEventKind::GateOpened { step, gate, by, reason } => format!("{by} opened gate {gate} before {step}: {reason}"),
        RunEventKind::Kept { step, table, rows, .. } => {
            format!("{step}: {rows} row(s) that were changed meanwhile keep their values; the old ones are in {table}")
        }
        RunEventKind::StepDone { step, duration_ms } => format!("{step} done in {}", span(*duration_ms)),
        RunEventKind::Finished { state, message } => format!("{}: {message}", state.word()),
        RunEventKind::Batch(_) | RunEventKind::Checked { .. } => return None,
    })
}

fn checklist(out: &mut String, items: Vec<(bool, String)>, settings: &IncidentSettings) {
    out.push_str("\n## Checklist\n\n");
    for (done, item) in items.into_iter().chain(settings.checklist.iter().map(|item| (false, item.clone()))) {
        let _ = writeln!(out, "- [{}] {}", if done { "x" } else { " " }, cell(&item));
    }
    out.push_str("\n## Contacts\n\n");
    if settings.contacts.is_empty() {
        out.push_str("None are named: contacts of [incident] in flightplan.toml.\n");
    }
    for contact in &settings.contacts {
        let _ = writeln!(out, "- {}", cell(contact));
    }
}
