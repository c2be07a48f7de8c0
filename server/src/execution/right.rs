//! Which plan may run, by what right.

use planner::plan::{Plan, Step};

use crate::approval::{self, quorum};
use crate::execution::sight::{Sight, callback_findings, validate};
use crate::execution::{Mandate, Order, Refused, refuse_blocking};
use crate::exit::{Exit, Failure, Outcome};
use crate::history::History;
use crate::journal::Journal;
use crate::run::half::{self, Found};
use crate::run::undo::Back;
use crate::run::{self, Events, undo};
use crate::store::plans::{Choices, Made};
use crate::target::Target;
use crate::url::TargetUrl;
use crate::workspace::Workspace;

/// The migration that is half applied, where a way back is asked: what was seen then says that what is done of it is all of it.
///
/// # Errors
/// It is not on the way that was asked for, or is not as it was when the way was looked at.
pub(super) async fn half(
    workspace: &Workspace,
    order: &Order,
    (url, history): (&TargetUrl, &History),
    target: &mut Target,
    sight: &mut Sight,
) -> Outcome<Option<Found>> {
    let journal = Journal::beside(&history.table);
    let back = match &order.mandate {
        Mandate::TakeBack(back) => back,
        Mandate::Rehearsal(_) => return Ok(None),
        Mandate::AtOnce | Mandate::Approved(_) => {
            return match journal.half_returned(target).await? {
                Some(half) => Err(half::returning(&half)),
                None => Ok(None),
            };
        }
    };
    let asked = match back {
        Back::Before { half, .. } => half.as_ref(),
        Back::Newest | Back::To(_) => {
            return match journal.half_applied(target).await? {
                Some(half) => Err(half::first(&half)),
                None => Ok(None),
            };
        }
    };
    let found = half::find(workspace, (target, url, history), &order.request).await?;
    if found.as_ref().map(|found| &found.half) != asked {
        return Err(Failure::new(
            Exit::Stale,
            "What is half applied changed since it was looked at. Nothing was changed.",
            "Look again with `flightplan rollback --failed --dry-run`.",
        ));
    }
    if let Some(found) = &found {
        found.half.take_for_whole(&mut sight.report, &mut sight.observed.request);
    }
    Ok(found)
}

/// The plan that runs by the order's right, and the events that go with it.
///
/// # Errors
/// What keeps it from running; nothing is changed but by callbacks of `validate` that the order grants.
pub(super) async fn granted(
    workspace: &Workspace,
    order: &Order,
    (url, history): (&TargetUrl, &History),
    target: &mut Target,
    sight: &mut Sight,
) -> Result<(Plan, &'static Events), Refused> {
    if let Mandate::TakeBack(back) | Mandate::Rehearsal(Some(back)) = &order.mandate {
        refuse_blocking(&callback_findings(&sight.report))?;
        let plan = undo::plan(&sight.report, &sight.observed.request, back)?;
        if matches!(order.mandate, Mandate::TakeBack(_)) {
            approval::require_way_back(order.grounds(workspace), &plan).await?;
        }
        return Ok((plan, &run::UNDO));
    }
    let validated = validate(workspace, order, url, history, target, sight).await?;
    let fresh = &sight.report.plan;
    let plan = match (&order.mandate, validated) {
        // The approval was checked before its callbacks ran, which may have changed the schema since.
        (Mandate::Approved(approved), true) if approval::is_rest_of(fresh, approved) => approval::rest_of(approved, fresh),
        _ => check(workspace, order, history, target, fresh).await?,
    };
    Ok((plan, &run::MIGRATE))
}

/// The plan that runs, if it may: the fresh one, under the digest that was approved.
pub(super) async fn check(
    workspace: &Workspace,
    order: &Order,
    history: &History,
    target: &mut Target,
    fresh: &Plan,
) -> Outcome<Plan> {
    match &order.mandate {
        Mandate::AtOnce if !quorum::is_asked_for(workspace.sections(), fresh) => {
            approval::require_rehearsal(order.store.as_ref(), fresh).await?;
            begun(order, history, target, fresh).await
        }
        // Nothing waits, so nothing runs: no callback either, which nobody approved.
        Mandate::AtOnce if fresh.steps.is_empty() => Ok(Plan { callbacks: Vec::new(), ..fresh.clone() }),
        Mandate::Rehearsal(_) => {
            let open = |step: &Step| Step { gate: None, ..step.clone() };
            Ok(Plan { steps: fresh.steps.iter().map(open).collect(), rollout: None, ..fresh.clone() })
        }
        Mandate::AtOnce | Mandate::TakeBack(_) => Err(Failure::new(
            Exit::ApprovalMissing,
            format!(
                "Environment {} asks for {} before anything runs.",
                fresh.environment,
                quorum::wanted(workspace.sections(), fresh)
            ),
            format!(
                "flightplan --env {env} plan --output plan.json\n  flightplan --env {env} approve plan.json --by NAME\n  \
                 flightplan --env {env} apply plan.json",
                env = fresh.environment
            ),
        )),
        Mandate::Approved(approved) => {
            approval::require(order.grounds(workspace), approved).await?;
            let begun = Journal::beside(&history.table).last_digest(target).await?;
            let goes_on = begun.as_deref() == Some(&approved.digest) && approval::is_rest_of(fresh, approved);
            if !goes_on {
                approval::require_same(approved, fresh)?;
            }
            Ok(approval::rest_of(approved, fresh))
        }
    }
}

/// The rest of the plan that the last run began, where the gates that are left are the same: what is open is open for that
/// plan. Else the fresh one.
async fn begun(order: &Order, history: &History, target: &mut Target, fresh: &Plan) -> Outcome<Plan> {
    if let (Some(store), Some(_)) = (&order.store, &fresh.rollout)
        && let Some(digest) = Journal::beside(&history.table).last_digest(target).await?
        && let Some((begun, _)) = store.plan(&digest).await?
        && begun.digest == digest
        && approval::is_rest_of(fresh, &begun)
        && approval::same_gates(&begun, fresh)
    {
        return Ok(approval::rest_of(&begun, fresh));
    }
    Ok(fresh.clone())
}

/// Keeps a plan with gates, so that a later run goes on with it. Where another plan ran since, this one begins anew, and
/// what was opened for it then is closed.
pub(super) async fn keep_gated(order: &Order, plan: &Plan, journal: &Journal, target: &mut Target) -> Outcome<()> {
    let Some(store) = order.store.as_ref().filter(|_| plan.steps.iter().any(|step| step.gate.is_some())) else { return Ok(()) };
    if journal.last_digest(target).await?.as_ref() != Some(&plan.digest) {
        store.close_gates(&plan.digest).await?;
    }
    store.keep_plan(plan, &Choices::of(&order.request, &plan.environment), &Made::default()).await
}
