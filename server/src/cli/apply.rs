//! `apply`: executes an approved plan, and nothing else.

use clap::Args;

use crate::approval::{self, Grounds};
use crate::cli::reviewed::{self, Reviewed};
use crate::cli::{Context, migrate};
use crate::execution::{Mandate, Refused};
use crate::exit::{Exit, Failure, Outcome};
use crate::identity::Permission;
use crate::store::Store;
use crate::store::approvals::Kept;

/// Options of `apply`.
#[derive(Clone, Debug, Args)]
pub struct Apply {
    /// Plan file, or digest of a plan made here.
    plan: String,
}

/// Runs the command. A plan file with signed approvals beside it needs no control store.
///
/// # Errors
/// [`Exit::ApprovalMissing`], [`Exit::Stale`], and what a run can end with.
pub async fn run(context: &Context, command: &Apply) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let store = migrate::optional_store(context).await?;
    let mut reviewed = reviewed::find(store.as_ref(), &command.plan).await?;
    let plan = reviewed.plan.clone();
    if plan.target.identity.is_none() {
        return Err(Failure::usage("This plan was made without a database.", "Plan again with the environment's URL.").into());
    }
    context.require(Permission::Run, &plan.environment)?;
    reviewed::require_known(context, store.as_ref(), &reviewed).await?;
    let enclosed = reviewed.enclosed();
    let sections = context.workspace.sections();
    let runner = migrate::user();
    let grounds = Grounds { store: store.as_ref(), sections, enclosed: &enclosed, runner: Some(&runner) };
    approval::require(grounds, &plan).await?;
    let known = match &store {
        Some(store) => {
            let known = store.plan(&plan.digest).await?.is_some();
            take_in(context, store, &reviewed).await?;
            store.see_policy(&plan.environment, &sections.policy(&plan.environment).fingerprint()).await?;
            known
        }
        None => false,
    };
    // Works out the choices; whether the plan still holds is decided under the lock.
    if !known {
        reviewed::again(context, &plan, &mut reviewed.choices).await?;
    }
    let request = approval::with_choices(&context.workspace.request, &reviewed.choices);
    let result = migrate::execute(context, request, Mandate::Approved(Box::new(plan)), store, enclosed).await;
    migrate::report(context, result)
}

/// Keeps the plan and the signed approvals that came with its file, for the way back and for reports.
async fn take_in(context: &Context, store: &Store, reviewed: &Reviewed) -> Outcome<()> {
    let Some(document) = &reviewed.document else { return Ok(()) };
    let approvers = &context.workspace.sections().approvers;
    let good = document.approvals.iter().filter(|one| one.check(&reviewed.plan, Some(&document.sha256), approvers).is_ok());
    let good: Vec<Kept> = good.map(Kept::from).collect();
    if good.is_empty() {
        return Ok(());
    }
    store.keep_plan(&reviewed.plan, &reviewed.choices, &reviewed.made()).await?;
    for kept in &good {
        store.approve(kept).await?;
    }
    Ok(())
}
