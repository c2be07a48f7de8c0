//! `comment`: words about a plan or one of its steps, kept with it.

use std::fmt::Write as _;

use clap::Args;
use planner::protocol::Comment;
use serde_json::json;

use crate::cli::migrate::user;
use crate::cli::{Context, Format, reviewed};
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::identity::Permission;
use crate::store::now;

/// Options of `comment`.
#[derive(Clone, Debug, Args)]
pub struct CommentCommand {
    /// Plan file, or digest of a plan made here.
    plan: String,
    /// What you say; without it the comments on the plan are shown.
    text: Option<String>,
    /// The step: its id (V3), or its number in the plan. Default: the plan as a whole.
    #[arg(long, value_name = "STEP")]
    step: Option<String>,
    /// Who says it. Default: FLIGHTPLAN_USER, else the user of this process.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Usage`] where plan or step are not known.
pub async fn run(context: &Context, command: &CommentCommand) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let store = context.store().await?;
    let reviewed = reviewed::find(Some(&store), &command.plan).await?;
    let digest = reviewed.plan.digest.clone();
    if let Some(text) = command.text.as_deref() {
        context.require(Permission::Comment, &reviewed.plan.environment)?;
        if text.trim().is_empty() {
            return Err(Failure::usage("A comment needs words.", "").into());
        }
        let step = command.step.as_deref().map(|asked| step(&reviewed.plan, asked)).transpose()?.unwrap_or_default();
        store.keep_plan(&reviewed.plan, &reviewed.choices, &reviewed.made()).await?;
        let by = command.by.as_deref().map(str::trim).filter(|by| !by.is_empty() && context.identity.is_none());
        let by = by.map_or_else(user, str::to_owned);
        store.comment(&Comment { digest: digest.clone(), step, by, at: now(), comment: text.trim().to_owned() }).await?;
    }
    let comments = store.comments(&digest).await?;
    if context.format == Format::Json {
        context.give(json!({"format": 1, "digest": digest, "comments": comments}));
    } else {
        context.say(&list(&comments));
    }
    Ok(Exit::Done)
}

/// The step a person means.
///
/// # Errors
/// [`Exit::Usage`] with the steps there are.
pub fn step(plan: &planner::plan::Plan, asked: &str) -> Outcome<String> {
    let found = plan.steps.iter().find(|step| step.id == asked || step.number.to_string() == asked);
    found.map(|step| step.id.clone()).ok_or_else(|| {
        let steps: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
        Failure::usage(format!("The plan has no step {asked:?}."), format!("It has: {}.", steps.join(", ")))
    })
}

fn list(comments: &[Comment]) -> String {
    let mut text = String::new();
    for comment in comments {
        let step = if comment.step.is_empty() { "plan" } else { comment.step.as_str() };
        let _ = writeln!(text, "{step}  {} at {}: {}", comment.by, comment.at, comment.comment);
    }
    if text.is_empty() { "Nobody has said anything about this plan.\n".to_owned() } else { text }
}
