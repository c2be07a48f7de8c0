//! A reviewed plan, named by file or digest, and the same plan made again from files and target.

use std::path::Path;

use planner::plan::Plan;

use crate::approval::document::Document;
use crate::approval::quorum::Enclosed;
use crate::approval::{self, difference, quorum};
use crate::cli::Context;
use crate::cli::look::{self, Look};
use crate::exit::{Exit, Failure, Outcome};
use crate::store::Store;
use crate::store::plans::{Choices, Made};

/// A plan that a person named.
#[derive(Clone, Debug)]
pub struct Reviewed {
    /// The plan.
    pub plan: Plan,
    /// What leads to it.
    pub choices: Choices,
    /// The file; absent: it came from the store.
    pub document: Option<Document>,
}

impl Reviewed {
    /// What came with the file.
    #[must_use]
    pub fn enclosed(&self) -> Enclosed {
        self.document.as_ref().map(Enclosed::from).unwrap_or_default()
    }

    /// Who made it, and until when it is good, as the file says.
    #[must_use]
    pub fn made(&self) -> Made {
        let margin = self.document.as_ref().map(|document| document.margin.clone()).unwrap_or_default();
        Made { author: margin.author, valid_until: margin.valid_until }
    }
}

/// Finds the plan a person means.
///
/// # Errors
/// A file that is no plan, or whose steps are not what its digest was made of; a digest nobody knows.
pub async fn find(store: Option<&Store>, name: &str) -> Outcome<Reviewed> {
    let path = Path::new(name);
    if path.is_file() {
        let document = Document::read(path)?;
        let kept = match store {
            Some(store) if !document.plan.digest.is_empty() => store.plan(&document.plan.digest).await?,
            _ => None,
        };
        document.require_own_digest(kept.as_ref().map(|(plan, _)| plan))?;
        let plan = document.plan.clone();
        let choices = kept.map_or_else(|| approval::choices_of(&plan), |(_, choices)| choices);
        return Ok(Reviewed { plan, choices, document: Some(document) });
    }
    let is_digest = name.len() >= 8 && name.chars().all(|c| c.is_ascii_hexdigit());
    let found = match store.filter(|_| is_digest) {
        Some(store) => store.plan(name).await?,
        None => None,
    };
    let (plan, choices) = found.ok_or_else(|| {
        let cure = "Name the file of `flightplan plan --output FILE`, or the digest of a plan made on this machine.";
        Failure::usage(format!("{name} is neither a plan file nor the digest of a known plan."), cure)
    })?;
    Ok(Reviewed { plan, choices, document: None })
}

/// Refuses a plan file whose bytes nobody made or approved here: what stands beside the steps, and is not in the digest, was
/// edited. A signed approval says so by itself.
///
/// # Errors
/// [`Exit::Stale`], with what differs.
pub async fn require_known(context: &Context, store: Option<&Store>, reviewed: &Reviewed) -> Outcome<()> {
    let (Some(store), Some(document)) = (store, &reviewed.document) else { return Ok(()) };
    let signed = document.approvals.iter().any(|approval| approval.plan_sha256 == document.sha256);
    if signed || !quorum::is_asked_for(context.workspace.sections(), &reviewed.plan) {
        return Ok(());
    }
    let digest = &reviewed.plan.digest;
    if store.knows_file(digest, &document.sha256).await? != Some(false) {
        return Ok(());
    }
    let what = match store.plan(digest).await? {
        Some((kept, _)) if kept != reviewed.plan => difference::told(&kept, &reviewed.plan),
        _ => "its author, its validity or its white space is another.".to_owned(),
    };
    Err(Failure::new(
        Exit::Stale,
        format!("The plan {digest} is stale: this file (SHA-256 {}) was edited after it was made: {what}", document.sha256),
        format!("Nothing was changed. Use the file as it was made, or the digest: flightplan apply {digest}"),
    ))
}

/// Plans again with the reviewer's choices.
///
/// # Errors
/// See [`look::look`].
pub async fn again(context: &Context, reviewed: &Plan, choices: &mut Choices) -> Outcome<Look> {
    let mut request = approval::with_choices(&context.workspace.request, choices);
    let python = request.alembic.allow_python || reviewed.steps.iter().any(|step| step.fallback.is_some());
    request.alembic.allow_python = python;
    let seen = look::look(&context.workspace, &request).await?;
    if seen.report.plan.digest == reviewed.digest {
        return Ok(seen);
    }
    let mut refined = choices.clone();
    approval::refine(&mut refined, reviewed, &seen.report.plan);
    if refined == *choices {
        return Ok(seen);
    }
    let mut request = approval::with_choices(&context.workspace.request, &refined);
    request.alembic.allow_python = python;
    let second = look::look(&context.workspace, &request).await?;
    if second.report.plan.digest == reviewed.digest {
        *choices = refined;
        return Ok(second);
    }
    Ok(seen)
}
