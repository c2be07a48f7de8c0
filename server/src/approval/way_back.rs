//! Whether a way back may be gone: the digest of a plan covers the way back of each of its steps.

use planner::plan::{HistoryEntry, Plan, Step, UndoOrigin};

use crate::approval::quorum::{self, Grounds};
use crate::exit::{Exit, Failure, Outcome};

/// Refuses a way back that no approved plan covers: the digest of a plan covers the way back of each of its steps.
///
/// # Errors
/// [`Exit::ApprovalMissing`], naming the migration and what to type.
pub async fn require_way_back(grounds: Grounds<'_>, back: &Plan) -> Outcome<()> {
    if !quorum::is_asked_for(grounds.sections, back) {
        return Ok(());
    }
    if let Some(callback) = back.callbacks.first() {
        return Err(Failure::new(
            Exit::ApprovalMissing,
            format!("{} would run with the undo, and no approved plan holds it. Nothing was changed.", callback.file),
            "Leave the undo callbacks out (skipDefaultCallbacks=true), or write a new migration that goes forward to the old state.",
        ));
    }
    let mut here = Vec::new();
    for plan in approved(grounds, back).await? {
        if quorum::was_approved(grounds, &plan, back.approvals).await? {
            here.push(plan);
        }
    }
    let covered = |step: &&Step| here.iter().any(|plan| covers(plan, back, step));
    let Some(step) = back.steps.iter().find(|step| !covered(step)) else { return Ok(()) };
    let (what, python) = match &step.fallback {
        Some(fallback) => (format!("by {} as it is now", fallback.file), " --allow-python"),
        None => ("with the statements that would run now".to_owned(), ""),
    };
    Err(Failure::new(
        Exit::ApprovalMissing,
        format!(
            "Environment {} asks for {}, and no plan approved for this database takes back {} {what}. Nothing was changed.",
            back.environment,
            quorum::wanted(grounds.sections, back),
            step.migration
        ),
        format!(
            "Put its way back as it was approved, or write a new migration that goes forward to the old state, then:\n  \
             flightplan --env {env}{python} plan --output plan.json\n  flightplan --env {env} approve plan.json --by NAME\n  \
             flightplan --env {env} apply plan.json",
            env = back.environment
        ),
    ))
}

/// The plans for this database that anybody approved.
async fn approved(grounds: Grounds<'_>, back: &Plan) -> Outcome<Vec<Plan>> {
    let Some(store) = grounds.store else { return Ok(Vec::new()) };
    let mut plans = store.approved_plans(&back.environment).await?;
    plans.retain(|plan| plan.target.identity == back.target.identity);
    Ok(plans)
}

/// Whether what is taken back was half applied: the history has nothing of it.
fn is_half(step: &Step) -> bool {
    match &step.history {
        Some(HistoryEntry::Forget { .. }) => true,
        Some(HistoryEntry::Alembic { delete, insert }) => delete.is_empty() && insert.is_empty(),
        _ => false,
    }
}

/// Whether a person who approved the plan has read exactly this way back. Rows of a COPY are in no plan's way back.
fn covers(approved: &Plan, plan: &Plan, back: &Step) -> bool {
    // The author's way back of a migration stands whole at the last of its steps; the others have none of their own. A
    // derived one stands at each of them.
    let last = approved.steps.iter().rfind(|step| step.migration == back.migration);
    // What restores old values has a step of its own.
    let parts = plan.steps.iter().filter(|step| step.migration == back.migration);
    let mut runs = parts.clone().flat_map(|step| &step.statements).map(|statement| statement.sql.as_str());
    let own: Vec<&Step> = approved.steps.iter().rev().filter(|step| step.migration == back.migration).collect();
    if !own.is_empty() && own.iter().all(|step| step.undo.origin == UndoOrigin::Derived) && back.fallback.is_none() {
        let mut whole = own.iter().flat_map(|step| &step.undo.statements).map(String::as_str);
        // Of a migration that is half applied a part of it runs, in its order.
        return match parts.clone().any(is_half) {
            true => runs.all(|sql| whole.any(|one| one == sql)),
            false => whole.eq(runs),
        };
    }
    last.is_some_and(|step| match (&back.fallback, &step.undo.python) {
        // What the project's Python sends nobody has read; the file that makes it is the one that was approved.
        (Some(fallback), Some(python)) => fallback.file == python.file && fallback.file_sha256 == python.sha256,
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => {
            step.undo.origin == UndoOrigin::Author
                && step.undo.statements.iter().map(String::as_str).eq(runs)
                && back.statements.iter().all(|statement| statement.copy_data.is_none())
        }
    })
}
