//! `rollback --emergency --dry-run`: what each step would do and how things stand now. Nothing is touched: what is asked
//! only reads.

use std::fmt::Write as _;

use planner::project::settings::Settings;
use serde_json::json;

use crate::cli::emergency::{Asked, goal, losses};
use crate::cli::way_back::{Goal, WayBack};
use crate::cli::{Context, Format, output};
use crate::emergency::hook::place;
use crate::emergency::settings::{Hook, Playbook};
use crate::emergency::{Emergency, Step, StepState};
use crate::execution::{Refused, new_run_id};
use crate::exit::{Exit, Outcome};
use crate::integrity;
use crate::observe;
use crate::target::Access;
use crate::url::TargetUrl;

/// Shows the playbook on this database.
///
/// # Errors
/// No way back, or a database that cannot be reached: the emergency would be refused, too.
pub async fn rehearse(
    context: &Context,
    asked: &Asked,
    playbook: &Playbook,
    (url, settings): (&TargetUrl, &Settings),
    open: Option<&Emergency>,
) -> Result<Exit, Refused> {
    let goal = match open {
        Some(Emergency { undone: Some(run), .. }) => Goal::Before(run.clone()),
        Some(Emergency { to: Some(to), .. }) => Goal::To(to.clone()),
        _ => goal(asked, playbook),
    };
    let way = WayBack::look(context, Some(&goal)).await?;
    let plan = way.plan()?;
    let accept_loss = asked.accept_loss || playbook.accept_loss;
    let refusals = way.refusals(context, plan.as_ref(), accept_loss).await;
    let stand = Emergency::begin(new_run_id(), &settings.environment, url.identity(), String::new());
    let stand = open.unwrap_or(&stand);
    let mut lines = Vec::new();
    for record in &stand.steps {
        let mut now = match record.step {
            Step::Stop => vec![playbook.stop.sentence(), standing(context, &playbook.stop, stand, false).await],
            Step::RollBack => way.text(plan.as_ref(), &refusals).lines().map(str::to_owned).collect(),
            Step::Verify => checks(context, url, settings).await?,
            Step::Start => vec![playbook.start.sentence(), standing(context, &playbook.start, stand, true).await],
            Step::Watch => {
                let answer = playbook.health.ask(url, settings).await;
                let word = if answer.opens { "well" } else { "not well" };
                vec![playbook.health.sentence(), format!("now: {word}: {}", answer.said)]
            }
        };
        if record.state != StepState::Pending {
            now.insert(0, format!("it is {:?} already", record.state).to_lowercase());
        }
        lines.push((record.step, now));
    }
    if context.format == Format::Json {
        let steps: Vec<_> = lines.iter().map(|(step, lines)| json!({"step": step, "would": lines})).collect();
        let value = json!({
            "open": open.map(|one| &one.id), "steps": steps, "losses": losses(&way), "would_be_refused": refusals,
        });
        context.give(output::with_format(&value)?);
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    if let Some(open) = open {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "Emergency {} is not over; it would go on.", open.id);
    }
    for (number, (step, lines)) in lines.iter().enumerate() {
        let _ = writeln!(text, "{}. {}", number + 1, step.words());
        for line in lines.iter().filter(|line| !line.is_empty()) {
            let _ = writeln!(text, "   {line}");
        }
    }
    text.push_str("Rehearsed: nothing was touched.\n");
    context.say(&text);
    Ok(Exit::Done)
}

/// How a hook stands now.
async fn standing(context: &Context, hook: &Hook, emergency: &Emergency, up: bool) -> String {
    match hook.in_effect(&place(&context.workspace.root, emergency, up)).await {
        Ok(Some(true)) => "now: it is so already".to_owned(),
        Ok(Some(false)) => "now: it is not so".to_owned(),
        Ok(None) if hook.may_repeat() => "it has no check; killed meanwhile, it would be done again".to_owned(),
        Ok(None) => "it has no check; killed meanwhile, a person would have to say how it is (--settle)".to_owned(),
        Err(why) => format!("now: {why}"),
    }
}

/// The project's checks, as they are answered now.
async fn checks(context: &Context, url: &TargetUrl, settings: &Settings) -> Outcome<Vec<String>> {
    let mut lines = vec!["counts the rows of each table before and after, asks foreign keys and checks".to_owned()];
    let checks = &context.workspace.sections().verify.checks;
    if checks.is_empty() {
        return Ok(lines);
    }
    let mut target = observe::connect(url, settings, "flightplan verify", Access::Read).await?;
    let found = integrity::ask(&mut target, checks).await;
    target.close().await;
    lines.extend(found.iter().map(|check| {
        let word = if check.holds { "holds" } else { "does NOT hold" };
        format!("{} {word} now: {}", check.name, check.said)
    }));
    Ok(lines)
}
