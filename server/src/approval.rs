//! Whether a plan may run: the same digest, enough people who agreed, and what differs where it may not.

pub mod difference;
pub mod document;
pub mod key;
pub mod policy;
pub mod quorum;
pub mod risk;
pub mod settings;
pub mod signed;
mod way_back;

use planner::plan::{Batch, Plan, PlannedStatement, Step};
use planner::project::{BatchChoice, Request};

pub use difference::{difference, require_same};
pub use quorum::{Grounds, require};
pub use way_back::require_way_back;

use crate::exit::{Exit, Failure, Outcome};
use crate::store::Store;
use crate::store::plans::Choices;

/// Refuses a plan of an environment that asks for a rehearsal, unless one of exactly this plan came back.
///
/// # Errors
/// [`Exit::ApprovalMissing`], saying how the last one ended and what to type.
pub async fn require_rehearsal(store: Option<&Store>, plan: &Plan) -> Outcome<()> {
    if !plan.rehearsal || plan.steps.is_empty() {
        return Ok(());
    }
    let last = match store {
        Some(store) => store.rehearsal(&plan.digest).await?,
        None => None,
    };
    let so_far = match last {
        Some(last) if last.returns => return Ok(()),
        Some(last) => format!("the last, at {}, did not come back", last.at),
        None => "there was none".to_owned(),
    };
    Err(Failure::new(
        Exit::ApprovalMissing,
        format!("Environment {} asks for a rehearsal of plan {}; {so_far}. Nothing was changed.", plan.environment, plan.digest),
        format!("flightplan --env {} rehearse", plan.environment),
    ))
}

/// Whether what is left to do is the end of the approved plan: a run of it was stopped, and goes on.
#[must_use]
pub fn is_rest_of(fresh: &Plan, approved: &Plan) -> bool {
    let same_place = fresh.environment == approved.environment && fresh.target.identity == approved.target.identity;
    let Some(done) = approved.steps.len().checked_sub(fresh.steps.len()) else { return false };
    let rest = approved.steps.iter().skip(done);
    same_place && same_frame(approved, fresh) && rest.zip(&fresh.steps).all(|(approved, fresh)| same_step(approved, fresh))
}

/// What is left of a plan that a run of it was stopped in: its digest, its releases and its gates, whatever the schema that
/// it left makes of them.
#[must_use]
pub fn rest_of(begun: &Plan, fresh: &Plan) -> Plan {
    let mut rest = Plan { digest: begun.digest.clone(), rollout: begun.rollout.clone(), ..fresh.clone() };
    for step in &mut rest.steps {
        step.gate = begun.steps.iter().find(|begun| begun.id == step.id).and_then(|begun| begun.gate.clone());
    }
    rest
}

/// Whether the same gates stand before what is left of a plan. A migration that is half done has passed its own.
#[must_use]
pub fn same_gates(begun: &Plan, fresh: &Plan) -> bool {
    fresh.steps.iter().all(|step| {
        let at = begun.steps.iter().position(|begun| begun.id == step.id);
        let before = at.and_then(|at| begun.steps.get(at)).and_then(|begun| begun.gate.as_ref());
        let half = at.is_some_and(|at| begun.steps.iter().take(at).any(|earlier| earlier.migration == step.migration));
        half || before.map(|gate| &gate.name) == step.gate.as_ref().map(|gate| &gate.name)
    })
}

/// Whether the same callbacks run around the steps, and the same transaction holds them.
fn same_frame(a: &Plan, b: &Plan) -> bool {
    let callbacks = |plan: &Plan| -> Vec<_> {
        let sql = |it: &PlannedStatement| (it.sql.clone(), it.file.clone(), it.line, it.copy_data.clone());
        let all = plan.callbacks.iter();
        all.map(|it| (it.event, it.file.clone(), it.transactional, it.statements.iter().map(sql).collect::<Vec<_>>())).collect()
    };
    a.group == b.group && callbacks(a) == callbacks(b)
}

fn same_step(a: &Step, b: &Step) -> bool {
    let sql = |step: &Step| -> Vec<_> { step.statements.iter().map(|it| (it.sql.clone(), it.copy_data.clone())).collect() };
    a.id == b.id && a.transaction == b.transaction && a.history == b.history && a.fallback == b.fallback && sql(a) == sql(b)
}

/// The request that leads to a reviewed plan, worked out from the plan itself.
#[must_use]
pub fn choices_of(plan: &Plan) -> Choices {
    let batches = plan.steps.iter().flat_map(|step| &step.statements).filter_map(|statement| {
        let batch = statement.batch.as_ref()?;
        Some((statement.id.clone(), choice_of(batch)))
    });
    Choices { environment: plan.environment.clone(), batches: batches.collect(), ..Choices::default() }
}

fn choice_of(batch: &Batch) -> BatchChoice {
    BatchChoice {
        whole: false,
        size: batch.size,
        pause_ms: batch.pause_ms,
        most: Some(batch.most),
        target_ms: Some(batch.brakes.target_ms),
    }
}

/// What the choices must also hold, seen from a fresh plan that differs: statements the reviewer runs whole, the version the
/// plan ends at, and the releases it is for.
pub fn refine(choices: &mut Choices, reviewed: &Plan, fresh: &Plan) {
    let statements =
        |plan: &Plan| -> Vec<PlannedStatement> { plan.steps.iter().flat_map(|step| step.statements.clone()).collect() };
    let old = statements(reviewed);
    for new in statements(fresh) {
        let whole = old.iter().any(|statement| statement.id == new.id && statement.batch.is_none());
        if let (Some(batch), true) = (&new.batch, whole) {
            choices.batches.insert(new.id.clone(), BatchChoice { whole: true, ..choice_of(batch) });
        }
    }
    if reviewed.to != fresh.to && !reviewed.to.is_empty() {
        choices.up_to = Some(reviewed.to.clone());
    }
    if let Some(rollout) = reviewed.rollout.as_ref().filter(|_| reviewed.rollout != fresh.rollout) {
        choices.live.clone_from(&rollout.live);
        choices.next.clone_from(&rollout.next);
    }
}

/// A request with a reviewer's choices in it.
#[must_use]
pub fn with_choices(request: &Request, choices: &Choices) -> Request {
    Request {
        environment: Some(choices.environment.clone()).filter(|name| !name.is_empty()).or_else(|| request.environment.clone()),
        batches: choices.batches.clone(),
        up_to: choices.up_to.clone().or_else(|| request.up_to.clone()),
        live: choices.live.clone(),
        next: choices.next.clone(),
        ..request.clone()
    }
}
