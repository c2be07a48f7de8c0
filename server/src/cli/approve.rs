//! `approve`: a person agrees to a digest, by name in the control store, or with a key beside the plan file.

use std::path::Path;

use clap::Args;
use planner::plan::Plan;
use planner::protocol::Approval;

use crate::actor::TOKEN_VARIABLE;
use crate::approval;
use crate::approval::key::SecretKey;
use crate::approval::settings::Approvers;
use crate::approval::signed::{self, SignedApproval};
use crate::cli::reviewed::{self, Reviewed};
use crate::cli::{Context, Format, migrate, output};
use crate::execution::{self, Refused};
use crate::exit::{Exit, Failure, Outcome};
use crate::identity::Permission;
use crate::store::approvals::Kept;
use crate::store::{Store, from_now, now};
use crate::words;

/// Options of `approve`.
#[derive(Clone, Debug, Args)]
pub struct Approve {
    /// Plan file, or digest of a plan made here.
    plan: String,
    /// Who approves. With --key: whose key it is.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// In your words.
    #[arg(long, default_value = "")]
    comment: String,
    /// Sign with this Ed25519 key (a file, or env:NAME), without asking the database: the approval is written beside the plan
    /// file, and `apply` checks it without a server or store.
    #[arg(long, value_name = "FILE")]
    key: Option<String>,
    /// How long the approval is good: 90s, 30m, 72h, 7d. Default: as the policy of the environment says, else for ever.
    #[arg(long, value_name = "TIME", value_parser = time)]
    valid_for: Option<u64>,
}

/// A length of time in seconds.
pub(super) fn time(text: &str) -> Result<u64, String> {
    words::seconds(text).ok_or_else(|| "write it as 90s, 30m, 72h or 7d".to_owned())
}

/// Runs the command: plans again, and stores the approval only where the digest is the same.
///
/// # Errors
/// [`Exit::Stale`] where files, schema or target have changed.
pub async fn run(context: &Context, command: &Approve) -> Result<Exit, Refused> {
    context.allow(&[])?;
    if let Some(key) = &command.key {
        return with_key(context, command, &SecretKey::read(key)?).await;
    }
    let signed_in = context.identity.as_ref().map(|identity| identity.name.as_str());
    let by = command.by.as_deref().or(signed_in).unwrap_or_default().trim();
    if by.is_empty() {
        return Err(Failure::usage("An approval needs a name.", "Say who approves with --by NAME.").into());
    }
    let store = context.store().await?;
    let mut reviewed = reviewed::find(Some(&store), &command.plan).await?;
    refuse_without_target(&reviewed.plan)?;
    refuse_other_name(context, &store, by).await?;
    context.require(Permission::Approve, &reviewed.plan.environment)?;
    if context.workspace.sections().policy(&reviewed.plan.environment).signed {
        return Err(Failure::new(
            Exit::ApprovalMissing,
            format!("Environment {} asks for signed approvals; a name alone does not count.", reviewed.plan.environment),
            format!("flightplan approve {} --key FILE", command.plan),
        )
        .into());
    }
    let plan = reviewed.plan.clone();
    let seen = reviewed::again(context, &plan, &mut reviewed.choices).await?;
    execution::refuse_blocking(&seen.report.plan.findings)?;
    approval::require_same(&plan, &seen.report.plan)?;
    approval::require_rehearsal(Some(&store), &seen.report.plan).await?;
    let (at, expires_at, policy) = terms(context, &plan, command.valid_for);
    let approval = Approval {
        digest: plan.digest.clone(),
        environment: plan.environment.clone(),
        approver: by.to_owned(),
        at,
        comment: command.comment.clone(),
    };
    keep(&store, &reviewed, &Kept { approval: approval.clone(), expires_at, policy, signed: None }).await?;
    let count = store.approvals(Some(&plan.digest)).await?.len();
    match context.format {
        Format::Json => output::print_json(&output::with_format(&approval)?)?,
        _ => output::print(&format!("{by} approved {} ({count} of {} approvals).", approval.digest, plan.approvals)),
    }
    Ok(Exit::Done)
}

/// Where people sign in, a name on the command line proves nothing.
async fn refuse_other_name(context: &Context, store: &Store, by: &str) -> Outcome<()> {
    match &context.identity {
        Some(identity) if identity.name == by => Ok(()),
        Some(identity) => {
            let message = format!("{} signed in, and cannot approve as {by}.", identity.name);
            Err(Failure::new(Exit::ApprovalMissing, message, "Leave --by out, or sign in as they."))
        }
        None if store.has_users().await? => Err(Failure::new(
            Exit::ApprovalMissing,
            format!("People sign in to this store; the name {by} alone does not count."),
            format!("Approve on the page, with {TOKEN_VARIABLE}, or with a key: flightplan approve PLAN --key FILE"),
        )),
        None => Ok(()),
    }
}

/// When it is, until when an approval is good, and under which policy it is given.
fn terms(context: &Context, plan: &Plan, asked: Option<u64>) -> (String, Option<String>, String) {
    let policy = context.workspace.sections().policy(&plan.environment);
    let seconds = asked.into_iter().chain(policy.valid_for_s).min();
    (now(), seconds.map(from_now), policy.fingerprint())
}

fn refuse_without_target(plan: &Plan) -> Outcome<()> {
    if plan.target.identity.is_some() {
        return Ok(());
    }
    Err(Failure::usage("This plan was made without a database.", "Plan again with the environment's URL."))
}

async fn keep(store: &Store, reviewed: &Reviewed, kept: &Kept) -> Outcome<()> {
    store.keep_plan(&reviewed.plan, &reviewed.choices, &reviewed.made()).await?;
    store.see_policy(&reviewed.plan.environment, &kept.policy).await?;
    if let Some(document) = &reviewed.document {
        store.know_file(&reviewed.plan.digest, &document.sha256).await?;
    }
    store.approve(kept).await
}

/// The signed approval. Whether files and database are still as they were planned is for `apply` to check, which can reach
/// them.
async fn with_key(context: &Context, command: &Approve, key: &SecretKey) -> Result<Exit, Refused> {
    let store = migrate::optional_store(context).await?;
    let reviewed = reviewed::find(store.as_ref(), &command.plan).await?;
    let plan = &reviewed.plan;
    refuse_without_target(plan)?;
    execution::refuse_blocking(&plan.findings)?;
    approval::require_rehearsal(store.as_ref(), plan).await?;
    let approver = owner(&context.workspace.sections().approvers, command.by.as_deref(), key)?;
    let (at, expires_at, policy) = terms(context, plan, command.valid_for);
    let signed = SignedApproval {
        digest: plan.digest.clone(),
        plan_sha256: reviewed.document.as_ref().map(|document| document.sha256.clone()).unwrap_or_default(),
        environment: plan.environment.clone(),
        target: plan.target.identity.clone().unwrap_or_default(),
        fingerprint: plan.target.fingerprint.clone(),
        approver,
        at,
        expires_at,
        policy,
        comment: command.comment.clone(),
        ..SignedApproval::default()
    }
    .sign(key);
    let mut places = Vec::new();
    if let Some(document) = &reviewed.document {
        let path = Path::new(&command.plan);
        signed::add(document, path, signed.clone())?;
        places.push(signed::beside(path).display().to_string());
    }
    if let Some(store) = &store {
        keep(store, &reviewed, &Kept::from(&signed)).await?;
        places.push("the control store".to_owned());
    }
    match context.format {
        Format::Json => output::print_json(&output::with_format(&signed)?)?,
        _ => output::print(&format!(
            "{} approved {} with {} (in {}).",
            signed.approver,
            plan.digest,
            signed.key,
            places.join(" and ")
        )),
    }
    Ok(Exit::Done)
}

/// Whose key it is.
fn owner(approvers: &Approvers, by: Option<&str>, key: &SecretKey) -> Outcome<String> {
    let public = key.public();
    let name = by.map_or("NAME", str::trim);
    let add =
        format!("Add it to flightplan.toml, or to the file of --trusted-keys:\n  [approvers.{name}]\n  keys = [\"{public}\"]");
    if let Some(owner) = approvers.former_owner(&public) {
        let message = format!("The key {public} of {owner} is revoked.");
        return Err(Failure::new(Exit::ApprovalMissing, message, "Approve with another key: flightplan key new NAME"));
    }
    match (approvers.owner(&public), by.map(str::trim)) {
        (Some(owner), None) => Ok(owner.to_owned()),
        (Some(owner), Some(by)) if owner == by => Ok(owner.to_owned()),
        (Some(owner), Some(by)) => {
            Err(Failure::usage(format!("The key {public} is {owner}'s, not {by}'s."), format!("Say --by {owner}, or nothing.")))
        }
        (None, _) => Err(Failure::usage(format!("The key {public} is nobody's: no approver has it."), add)),
    }
}
