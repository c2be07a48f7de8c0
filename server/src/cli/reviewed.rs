//! A reviewed plan, named by file or digest, and the same plan made again from files and target.

use std::path::Path;

use planner::plan::Plan;

use crate::approval;
use crate::cli::Context;
use crate::cli::look::{self, Look};
use crate::exit::{Failure, Outcome};
use crate::store::Store;
use crate::store::plans::Choices;

/// Finds the plan a person means.
///
/// # Errors
/// A file that is no plan; a digest nobody knows.
pub async fn find(store: &Store, name: &str) -> Outcome<(Plan, Choices)> {
    let path = Path::new(name);
    if path.is_file() {
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("{name}: cannot be read: {error}."), ""))?;
        let plan: Plan = serde_json::from_str(&text).map_err(|error| {
            Failure::usage(
                format!("{name}:{}:{}: this is no plan: {error}.", error.line(), error.column()),
                "Make one with `flightplan plan --output FILE`.",
            )
        })?;
        let choices = match store.plan(&plan.digest).await? {
            Some((_, choices)) if !plan.digest.is_empty() => choices,
            _ => approval::choices_of(&plan),
        };
        return Ok((plan, choices));
    }
    let is_digest = name.len() >= 8 && name.chars().all(|c| c.is_ascii_hexdigit());
    let found = if is_digest { store.plan(name).await? } else { None };
    found.ok_or_else(|| {
        let cure = "Name the file of `flightplan plan --output FILE`, or the digest of a plan made on this machine.";
        Failure::usage(format!("{name} is neither a plan file nor the digest of a known plan."), cure)
    })
}

/// Plans again with the reviewer's choices.
///
/// # Errors
/// See [`look::look`].
pub async fn again(context: &Context, reviewed: &Plan, choices: &mut Choices) -> Outcome<Look> {
    let mut request = approval::with_choices(&context.workspace.request, choices);
    let python = request.alembic.allow_python || reviewed.steps.iter().any(|step| step.fallback.is_some());
    request.alembic.allow_python = python;
    let seen = look::look(context, &request).await?;
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
    let second = look::look(context, &request).await?;
    if second.report.plan.digest == reviewed.digest {
        *choices = refined;
        return Ok(second);
    }
    Ok(seen)
}
