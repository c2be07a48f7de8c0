//! `rollback --emergency`: the five steps of `[emergency]` in one command that can be killed anywhere and run again.

use std::time::Instant;

use clap::ValueEnum;
use planner::project::settings::Settings;
use serde_json::json;

use crate::approval::quorum::Enclosed;
use crate::approval::{self, Grounds};
use crate::cli::confirm::{self, Question};
use crate::cli::emergency_rehearsal::rehearse;
use crate::cli::emergency_step::Scene;
use crate::cli::migrate::user;
use crate::cli::way_back::{Goal, WayBack, would_lose};
use crate::cli::{Context, Format, output};
use crate::console;
use crate::emergency::hook::place;
use crate::emergency::settings::Playbook;
use crate::emergency::{Emergency, State, Step, StepState};
use crate::execution::{Refused, new_run_id};
use crate::exit::{Exit, Failure, Outcome};
use crate::failpoint;
use crate::incident;
use crate::integrity::touched::touched;
use crate::run::{elapsed, undo};
use crate::store::{Store, now};
use crate::url::TargetUrl;

/// What a person says of a step whose outcome nobody knows, or that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Settled {
    /// It is done.
    Done,
    /// Do it again.
    Again,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where to; absent: as the playbook says.
    pub goal: Option<Goal>,
    /// What is lost may be lost.
    pub accept_loss: bool,
    /// Only show it.
    pub dry_run: bool,
    /// The database's name.
    pub yes: Option<String>,
    /// What became of the step that is next.
    pub settle: Option<Settled>,
    /// End it where it is.
    pub give_up: bool,
}

/// Runs the playbook, or goes on with it.
///
/// # Errors
/// Before anything is touched: no playbook, the wrong person, no way back, something that would be lost, approvals that are
/// missing. After: the step that failed; what was done stays done.
pub async fn run(context: &Context, asked: &Asked) -> Result<Exit, Refused> {
    let (settings, findings) = context.workspace.settings(&context.workspace.request);
    crate::execution::refuse_blocking(&findings)?;
    let Some(playbook) = context.workspace.sections().emergency.clone() else {
        return Err(Failure::usage(
            "This project has no playbook for an emergency.",
            "Write [emergency.stop], [emergency.start] and [emergency.health] in flightplan.toml: see docs/configuration.md.",
        )
        .into());
    };
    allowed(&playbook)?;
    let url = context.workspace.require_url(&settings)?;
    let store = context.store().await?;
    store.end_all_gone().await?;
    let open = store.open_emergency(&settings.environment, &url.identity()).await?;
    if asked.dry_run {
        return rehearse(context, asked, &playbook, (&url, &settings), open.as_ref()).await;
    }
    if let Some(open) = &open {
        store.hold_emergency(&open.id).await?;
    }
    if asked.give_up {
        return give_up(context, &store, open).await;
    }
    if asked.settle.is_some() && open.is_none() {
        return Err(Failure::usage("There is no emergency to go on with.", "Leave --settle out.").into());
    }
    let goes_on = open.is_some();
    let mut emergency = match open {
        Some(open) => {
            console::say(&format!("Going on with emergency {}, begun by {} at {}.", open.id, open.actor, open.started_at));
            open
        }
        None => begin(context, asked, &playbook, (&url, &settings), &store).await?,
    };
    confirmed(&emergency, &url, asked)?;
    if !goes_on {
        store.hold_emergency(&emergency.id).await?;
        store.keep_emergency(&emergency).await?;
    }
    let mut scene = Scene { context, playbook: &playbook, settings: &settings, url: &url, store: &store, exit: Exit::Failed };
    let ended = go(&mut scene, &mut emergency, asked.settle).await;
    let report = write_report(context, &store, &emergency).await;
    store.release_emergency(&emergency.id).await;
    tell(context, &emergency, &report?)?;
    ended.map(|()| Exit::Done).map_err(Refused::from)
}

/// Refuses whoever is not named, where somebody is.
fn allowed(playbook: &Playbook) -> Outcome<()> {
    let who = user();
    if playbook.operators.is_empty() || playbook.operators.contains(&who) {
        return Ok(());
    }
    Err(Failure::new(
        Exit::ApprovalMissing,
        format!("{who} may not run the emergency rollback; operators of [emergency] names {}.", playbook.operators.join(", ")),
        "Ask one of them.",
    ))
}

/// Where the way back leads.
#[must_use]
pub(super) fn goal(asked: &Asked, playbook: &Playbook) -> Goal {
    let named = asked.goal.clone().or_else(|| playbook.to.clone().map(Goal::To));
    named.unwrap_or(Goal::BeforeLast)
}

/// Looks whether the way back can be gone, before the application is touched.
async fn begin(
    context: &Context,
    asked: &Asked,
    playbook: &Playbook,
    (url, settings): (&TargetUrl, &Settings),
    store: &Store,
) -> Outcome<Emergency> {
    let way = WayBack::look(context, Some(&goal(asked, playbook))).await?;
    let Some(plan) = way.plan()? else {
        let cure = "The application was not touched. `flightplan rollback` says what is applied.";
        return Err(Failure::usage("There is nothing to take back.", cure));
    };
    let accept_loss = asked.accept_loss || playbook.accept_loss;
    if way.lossless() < way.ways.len() && !accept_loss {
        return Err(would_lose(&way.ways, way.lossless()));
    }
    let runner = user();
    let (sections, enclosed) = (context.workspace.sections(), Enclosed::default());
    let grounds = Grounds { store: Some(store), sections, enclosed: &enclosed, runner: Some(&runner) };
    approval::require_way_back(grounds, &plan).await?;
    let mut emergency = Emergency::begin(new_run_id(), &settings.environment, url.identity(), user());
    match (&way.back, goal(asked, playbook)) {
        (Some(undo::Back::Before { run, .. }), _) => emergency.undone = Some(run.clone()),
        (_, Goal::To(to)) => emergency.to = Some(to),
        _ => {}
    }
    emergency.accept_loss = accept_loss;
    emergency.losses = losses(&way);
    if let Some((_, observed)) = &way.seen.live {
        let statements = plan.steps.iter().flat_map(|step| &step.statements).map(|statement| statement.sql.as_str());
        emergency.touched = touched(&observed.schema, statements, plan.target.dialect).into_iter().collect();
    }
    way.stays.iter().for_each(|sentence| console::say(&format!("note: {sentence}")));
    Ok(emergency)
}

/// What a way back loses, as sentences.
#[must_use]
pub(super) fn losses(way: &WayBack) -> Vec<String> {
    let lines = way.ways.iter().flat_map(|back| back.lines().into_iter().map(|line| format!("{}: {line}", back.migration)));
    lines.collect()
}

fn confirmed(emergency: &Emergency, url: &TargetUrl, asked: &Asked) -> Outcome<()> {
    let goal = emergency.goal();
    let question = Question {
        does: &format!("stops the application of {} and takes {url} back to {goal}", emergency.environment),
        command: &format!("The emergency would stop the application and take {url} back to {goal}"),
        not_done: "done",
        option: "--yes",
    };
    confirm::typed(&question, url, asked.yes.as_deref())
}

/// Step after step, from the first that is not done.
async fn go(scene: &mut Scene<'_>, emergency: &mut Emergency, mut settle: Option<Settled>) -> Outcome<()> {
    while let Some(step) = emergency.next() {
        one(scene, emergency, step, settle.take()).await?;
    }
    emergency.state = State::Done;
    emergency.finished_at = Some(now());
    scene.store.keep_emergency(emergency).await
}

/// One step: noted as begun, done, noted as it ended.
async fn one(scene: &mut Scene<'_>, emergency: &mut Emergency, step: Step, settle: Option<Settled>) -> Outcome<()> {
    let at = emergency.steps.iter().position(|record| record.step == step).unwrap_or_default();
    let Some(record) = emergency.steps.get(at).cloned() else { return Ok(()) };
    if settle == Some(Settled::Done) {
        return by_a_person(scene, emergency, at).await;
    }
    if record.state == StepState::Begun && settle != Some(Settled::Again) {
        may_repeat(scene, emergency, step).await?;
    }
    console::say(&format!("{} …", step.words()));
    let begun = Instant::now();
    if let Some(record) = emergency.steps.get_mut(at) {
        record.state = StepState::Begun;
        record.began_at.get_or_insert_with(now);
        record.attempts += 1;
    }
    scene.store.keep_emergency(emergency).await?;
    failpoint::reach(&format!("emergency.{}.begun", step.word()));
    let ended = scene.perform(emergency, step).await;
    failpoint::reach(&format!("emergency.{}.ended", step.word()));
    if let Some(record) = emergency.steps.get_mut(at) {
        record.finished_at = Some(now());
        record.ms = elapsed(begun);
        record.state = if ended.is_ok() { StepState::Done } else { StepState::Failed };
        record.notes.extend(ended.clone().unwrap_or_else(|why| vec![why]));
    }
    scene.store.keep_emergency(emergency).await?;
    failpoint::reach(&format!("emergency.{}.kept", step.word()));
    let time = output::duration(begun.elapsed().as_millis());
    match ended {
        Ok(_) => {
            console::say(&format!("{}: done ({time})", step.words()));
            Ok(())
        }
        Err(why) => Err(Failure::new(
            scene.exit,
            format!("{} failed: {why}", step.words()),
            format!(
                "Mend the cause and run the same command again: it goes on with this step. Or say how it is with --settle done; \
                 or end it here with --give-up. {}",
                left(emergency)
            ),
        )),
    }
}

/// How the application was left.
fn left(emergency: &Emergency) -> &'static str {
    let done = |step| emergency.steps.iter().any(|record| record.step == step && record.state == StepState::Done);
    match (done(Step::Stop), done(Step::Start)) {
        (true, false) => "The application is stopped.",
        (true, true) => "The application was started.",
        (false, _) => "The application was not stopped, as far as is known.",
    }
}

async fn by_a_person(scene: &Scene<'_>, emergency: &mut Emergency, at: usize) -> Outcome<()> {
    let who = user();
    if let Some(record) = emergency.steps.get_mut(at) {
        if record.state == StepState::Pending || record.step == Step::RollBack {
            return Err(Failure::usage(
                format!("{} is not a step that a person can settle now.", record.step.words()),
                "Run the command without --settle: what became of the database is found in its journal.",
            ));
        }
        record.state = StepState::Done;
        record.finished_at = Some(now());
        record.notes.push(format!("{who} says that it is done."));
        record.settled_by = Some(who);
    }
    scene.store.keep_emergency(emergency).await
}

/// A step was begun and nobody knows whether it happened. The database knows about itself, looking may be repeated; of a
/// hook its check knows, or its kind.
async fn may_repeat(scene: &Scene<'_>, emergency: &Emergency, step: Step) -> Outcome<()> {
    let (hook, up) = match step {
        Step::Stop => (&scene.playbook.stop, false),
        Step::Start => (&scene.playbook.start, true),
        Step::RollBack | Step::Verify | Step::Watch => return Ok(()),
    };
    let place = place(&scene.context.workspace.root, emergency, up);
    if hook.may_repeat() || hook.in_effect(&place).await.is_ok_and(|seen| seen.is_some()) {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Stopped,
        format!(
            "Nobody knows whether the step {:?} has happened: it was begun, its end was not seen, and it {}.",
            step.words(),
            hook.sentence()
        ),
        "Look at the application, then say --settle done, or --settle again to do it again. A check, or repeatable = true, in \
         flightplan.toml spares this question.",
    ))
}

async fn give_up(context: &Context, store: &Store, open: Option<Emergency>) -> Result<Exit, Refused> {
    let Some(mut emergency) = open else {
        return Err(Failure::usage("There is no emergency to give up.", "`flightplan incident` tells of the last one.").into());
    };
    emergency.state = State::GivenUp;
    emergency.finished_at = Some(now());
    store.keep_emergency(&emergency).await?;
    let report = write_report(context, store, &emergency).await?;
    store.release_emergency(&emergency.id).await;
    tell(context, &emergency, &report)?;
    Ok(Exit::Done)
}

/// The report as a file beside the store: its path and its text.
async fn write_report(context: &Context, store: &Store, emergency: &Emergency) -> Outcome<(String, String)> {
    let text = incident::of_emergency(store, emergency, &context.workspace.sections().incident).await?;
    let folder = context.workspace.store()?.folder().join("incidents");
    let path = folder.join(format!("{}.md", emergency.id));
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, &text));
    let shown = std::path::absolute(&path).unwrap_or(path.clone()).display().to_string();
    match written {
        Ok(()) => Ok((shown, text)),
        Err(error) => {
            console::say(&format!("note: {shown} cannot be written: {error}. `flightplan incident` prints the report."));
            Ok((String::new(), text))
        }
    }
}

fn tell(context: &Context, emergency: &Emergency, (path, text): &(String, String)) -> Outcome<()> {
    match context.format {
        Format::Json => context.give(output::with_format(&json!({"emergency": emergency, "report": path}))?),
        Format::Markdown => context.say(text),
        _ => {
            let done = emergency.steps.iter().filter(|record| record.state == StepState::Done).count();
            let all = emergency.steps.len();
            let word = match emergency.state {
                State::Done => "is over",
                State::GivenUp => "was given up",
                State::Open => "is NOT over",
            };
            context.say(&format!("Emergency {} {word}: {done} of {all} steps done. Report: {path}\n", emergency.id));
        }
    }
    Ok(())
}
