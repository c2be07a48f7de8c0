//! `rollback --emergency`: the five steps of `[emergency]` in one command that can be killed anywhere and run again.

use std::fmt::Write as _;
use std::sync::Arc;

use clap::ValueEnum;
use planner::protocol::emergency::{Emergency, SeenEmergency, Settled as Said, State, StepState};
use serde_json::json;
use tokio::sync::Notify;

use crate::actor::user;
use crate::cli::confirm::{self, Question};
use crate::cli::story::Story;
use crate::cli::{Context, Format, output, progress};
use crate::console;
use crate::emergency::report::Report;
use crate::emergency::settings::Playbook;
use crate::emergency::{Audience, Scene};
use crate::event::{Listener, StopSwitch};
use crate::execution::Refused;
use crate::exit::{Exit, Outcome};
use crate::identity::Permission;
use crate::url::TargetUrl;
use crate::way_back::Goal;

/// What a person says of a step whose outcome nobody knows, or that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Settled {
    /// It is done.
    Done,
    /// Do it again.
    Again,
}

impl From<Settled> for Said {
    fn from(settled: Settled) -> Self {
        match settled {
            Settled::Done => Self::Done,
            Settled::Again => Self::Again,
        }
    }
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

/// The terminal.
struct Terminal<'a>(&'a Context, StopSwitch);

impl Audience for Terminal<'_> {
    fn say(&self, sentence: &str) {
        console::say(sentence);
    }

    fn listener(&self) -> Box<dyn Listener> {
        Box::new(Story::new(&self.0.told, self.0.format, self.0.words.quiet, true))
    }

    fn changed(&self) -> Arc<Notify> {
        Arc::default()
    }

    fn switch(&self) -> StopSwitch {
        self.1.clone()
    }
}

/// Runs the playbook, or goes on with it.
///
/// # Errors
/// Before anything is touched: no playbook, the wrong person, no way back, something that would be lost, approvals that are
/// missing. After: the step that failed; what was done stays done.
pub async fn run(context: &Context, asked: &Asked) -> Result<Exit, Refused> {
    let workspace = &context.workspace;
    let (settings, findings) = workspace.settings(&workspace.request);
    crate::execution::refuse_blocking(&findings)?;
    let playbook = Playbook::of(workspace)?;
    let actor = user();
    playbook.allows(&actor)?;
    context.require(if asked.dry_run { Permission::View } else { Permission::Run }, &settings.environment)?;
    let url = workspace.require_url(&settings)?;
    let store = context.store().await?;
    store.end_all_gone().await?;
    let switch = if asked.dry_run { StopSwitch::default() } else { progress::stop_on_signal() };
    let scene = Scene {
        workspace,
        playbook,
        settings: &settings,
        url: &url,
        store: &store,
        actor: &actor,
        lock_wait: context.lock_wait,
        audience: &Terminal(context, switch),
    };
    if asked.dry_run {
        show(context, &scene.ahead(asked.goal.clone(), asked.accept_loss).await?)?;
        return Ok(Exit::Done);
    }
    scene.hold().await?;
    let ended = held(context, &scene, asked).await;
    scene.release().await;
    ended.map_err(Refused::from)
}

/// The emergency is this process's.
async fn held(context: &Context, scene: &Scene<'_>, asked: &Asked) -> Outcome<Exit> {
    if asked.give_up {
        let emergency = scene.give_up().await?;
        tell(context, &emergency, &scene.report(&emergency).await?)?;
        return Ok(Exit::Done);
    }
    let mut emergency = scene.opened(asked.goal.clone(), asked.accept_loss, asked.settle.is_some()).await?;
    confirmed(&emergency, scene.url, asked)?;
    let ended = scene.go(&mut emergency, asked.settle.map(Said::from)).await;
    tell(context, &emergency, &scene.report(&emergency).await?)?;
    ended.map(|()| Exit::Done)
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

fn show(context: &Context, seen: &SeenEmergency) -> Outcome<()> {
    if context.format == Format::Json {
        let value = json!({
            "open": seen.open.as_ref().map(|one| &one.id), "steps": seen.steps, "losses": seen.losses,
            "would_be_refused": seen.refusals,
        });
        context.give(output::with_format(&value)?);
        return Ok(());
    }
    let mut text = String::new();
    if let Some(open) = &seen.open {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "Emergency {} is not over; it would go on.", open.id);
    }
    for (number, ahead) in seen.steps.iter().enumerate() {
        let _ = writeln!(text, "{}. {}", number + 1, ahead.step.words());
        for line in &ahead.would {
            let _ = writeln!(text, "   {line}");
        }
    }
    text.push_str("Rehearsed: nothing was touched.\n");
    context.say(&text);
    Ok(())
}

fn tell(context: &Context, emergency: &Emergency, report: &Report) -> Outcome<()> {
    match context.format {
        Format::Json => context.give(output::with_format(&json!({"emergency": emergency, "report": report.path}))?),
        Format::Markdown => context.say(&report.text),
        _ => {
            let done = emergency.steps.iter().filter(|record| record.state == StepState::Done).count();
            let all = emergency.steps.len();
            let word = match emergency.state {
                State::Done => "is over",
                State::GivenUp => "was given up",
                State::Open => "is NOT over",
            };
            context.say(&format!("Emergency {} {word}: {done} of {all} steps done. Report: {}\n", emergency.id, report.path));
        }
    }
    Ok(())
}
