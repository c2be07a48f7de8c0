//! `apply`: executes an approved plan, and nothing else.

use clap::Args;

use crate::approval;
use crate::cli::{Context, migrate, reviewed};
use crate::execution::{Mandate, Refused};
use crate::exit::{Exit, Failure};
use crate::store::Store;

/// Options of `apply`.
#[derive(Clone, Debug, Args)]
pub struct Apply {
    /// Plan file, or digest of a plan made here.
    plan: String,
}

/// Runs the command.
///
/// # Errors
/// [`Exit::ApprovalMissing`], [`Exit::Stale`], and what a run can end with.
pub async fn run(context: &Context, command: &Apply) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let store = Store::open(&context.workspace.store_path()).await?;
    let (plan, mut choices) = reviewed::find(&store, &command.plan).await?;
    if plan.target.identity.is_none() {
        return Err(Failure::usage("This plan was made without a database.", "Plan again with the environment's URL.").into());
    }
    approval::require(Some(&store), &plan, &plan.digest).await?;
    // Works out the choices; whether the plan still holds is decided under the lock.
    if store.plan(&plan.digest).await?.is_none() {
        reviewed::again(context, &plan, &mut choices).await?;
    }
    let request = approval::with_choices(&context.workspace.request, &choices);
    let result = migrate::execute(context, request, Mandate::Approved(Box::new(plan)), Some(store)).await;
    migrate::report(context, result)
}
