//! `approve`: a person agrees to a digest.

use clap::Args;
use planner::protocol::Approval;

use crate::approval;
use crate::cli::{Context, Format, output, reviewed};
use crate::execution::{self, Refused};
use crate::exit::{Exit, Failure};
use crate::store::{Store, now};

/// Options of `approve`.
#[derive(Clone, Debug, Args)]
pub struct Approve {
    /// Plan file, or digest of a plan made here.
    plan: String,
    /// Who approves.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// In your words.
    #[arg(long, default_value = "")]
    comment: String,
}

/// Runs the command: plans again, and stores the approval only where the digest is the same.
///
/// # Errors
/// [`Exit::Stale`] where files, schema or target have changed.
pub async fn run(context: &Context, command: &Approve) -> Result<Exit, Refused> {
    context.allow(&[])?;
    if command.by.trim().is_empty() {
        return Err(Failure::usage("An approval needs a name.", "Say who approves with --by NAME.").into());
    }
    let store = Store::open(&context.workspace.store_path()).await?;
    let (plan, mut choices) = reviewed::find(&store, &command.plan).await?;
    if plan.target.identity.is_none() {
        return Err(Failure::usage("This plan was made without a database.", "Plan again with the environment's URL.").into());
    }
    let seen = reviewed::again(context, &plan, &mut choices).await?;
    execution::refuse_blocking(&seen.report.plan.findings)?;
    approval::require_same(&plan, &seen.report.plan)?;
    approval::require_rehearsal(Some(&store), &seen.report.plan).await?;
    store.keep_plan(&seen.report.plan, &choices).await?;
    let approval = Approval {
        digest: plan.digest.clone(),
        environment: plan.environment.clone(),
        approver: command.by.trim().to_owned(),
        at: now(),
        comment: command.comment.clone(),
    };
    store.approve(&approval).await?;
    let count = store.approvals(Some(&plan.digest)).await?.len();
    match context.format {
        Format::Json => output::print_json(&output::with_format(&approval)?)?,
        _ => output::print(&format!("{} approved {} ({count} of {} approvals).", approval.approver, plan.digest, plan.approvals)),
    }
    Ok(Exit::Done)
}
