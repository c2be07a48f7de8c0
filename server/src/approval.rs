//! Whether a plan may run: the same digest, enough people who agreed, and what differs where it may not.

use std::collections::BTreeSet;

use planner::effect::Effect;
use planner::plan::{Batch, Plan, PlannedStatement, Step, UndoOrigin};
use planner::project::{BatchChoice, Request};

use crate::exit::{Exit, Failure, Outcome};
use crate::store::Store;
use crate::store::plans::Choices;

/// Refuses a plan that too few people approved.
///
/// # Errors
/// [`Exit::ApprovalMissing`], saying who approved and what to type.
pub async fn require(store: Option<&Store>, plan: &Plan, digest: &str) -> Outcome<()> {
    if plan.approvals == 0 || plan.steps.is_empty() {
        return Ok(());
    }
    let approvals = match store {
        Some(store) => store.approvals(Some(digest)).await?,
        None => Vec::new(),
    };
    let people: BTreeSet<&str> = approvals.iter().map(|approval| approval.approver.as_str()).collect();
    let wanted = usize::try_from(plan.approvals).unwrap_or(usize::MAX);
    if people.len() >= wanted {
        return Ok(());
    }
    let so_far = if people.is_empty() {
        "nobody has approved it yet".to_owned()
    } else {
        format!("approved so far by {}", people.into_iter().collect::<Vec<_>>().join(", "))
    };
    Err(Failure::new(
        Exit::ApprovalMissing,
        format!("Environment {} asks for {wanted} approval(s) of plan {digest}; {so_far}.", plan.environment),
        format!(
            "Review it with `flightplan plan` or `flightplan serve`, then: flightplan --env {env} approve {digest} --by NAME \
             && flightplan --env {env} apply {digest}",
            env = plan.environment
        ),
    ))
}

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

/// Refuses a way back that no approved plan covers: the digest of a plan covers the way back of each of its steps.
///
/// # Errors
/// [`Exit::ApprovalMissing`], naming the migration and what to type.
pub async fn require_way_back(store: Option<&Store>, back: &Plan) -> Outcome<()> {
    if back.approvals == 0 {
        return Ok(());
    }
    if let Some(callback) = back.callbacks.first() {
        return Err(Failure::new(
            Exit::ApprovalMissing,
            format!("{} would run with the undo, and no approved plan holds it. Nothing was changed.", callback.file),
            "Leave the undo callbacks out (skipDefaultCallbacks=true), or write a new migration that goes forward to the old state.",
        ));
    }
    let approved = match store {
        Some(store) => store.approved_plans(&back.environment, back.approvals).await?,
        None => Vec::new(),
    };
    let same_place = |plan: &&Plan| plan.environment == back.environment && plan.target.identity == back.target.identity;
    let here: Vec<&Plan> = approved.iter().filter(same_place).collect();
    let covered = |step: &&Step| here.iter().any(|plan| covers(plan, back, step));
    let Some(step) = back.steps.iter().find(|step| !covered(step)) else { return Ok(()) };
    let (what, python) = match &step.fallback {
        Some(fallback) => (format!("by {} as it is now", fallback.file), " --allow-python"),
        None => ("with the statements that would run now".to_owned(), ""),
    };
    Err(Failure::new(
        Exit::ApprovalMissing,
        format!(
            "Environment {} asks for {} approval(s), and no plan approved for this database takes back {} {what}. Nothing was \
             changed.",
            back.environment, back.approvals, step.migration
        ),
        format!(
            "Put its way back as it was approved, or write a new migration that goes forward to the old state, then:\n  \
             flightplan --env {env}{python} plan --output plan.json\n  flightplan --env {env} approve plan.json --by NAME\n  \
             flightplan --env {env} apply plan.json",
            env = back.environment
        ),
    ))
}

/// Whether a person who approved the plan has read exactly this way back. Rows of a COPY are in no plan's way back.
fn covers(approved: &Plan, plan: &Plan, back: &Step) -> bool {
    // The author's way back of a migration stands whole at the last of its steps; the others have none of their own. A
    // derived one stands at each of them.
    let last = approved.steps.iter().rfind(|step| step.migration == back.migration);
    // What restores old values has a step of its own.
    let parts = plan.steps.iter().filter(|step| step.migration == back.migration);
    let runs = parts.flat_map(|step| &step.statements).map(|statement| statement.sql.as_str());
    let own: Vec<&Step> = approved.steps.iter().rev().filter(|step| step.migration == back.migration).collect();
    if !own.is_empty() && own.iter().all(|step| step.undo.origin == UndoOrigin::Derived) && back.fallback.is_none() {
        return own.iter().flat_map(|step| &step.undo.statements).map(String::as_str).eq(runs);
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

/// Refuses a fresh plan that is not the one that was reviewed.
///
/// # Errors
/// [`Exit::Stale`], saying what differs.
pub fn require_same(reviewed: &Plan, fresh: &Plan) -> Outcome<()> {
    if reviewed.digest == fresh.digest && reads_the_same(reviewed, fresh) {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Stale,
        format!("The plan {} is stale: {}", reviewed.digest, difference(reviewed, fresh)),
        "Nothing was changed. Plan again, and have the new plan approved.",
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

/// Whether a person who read one has read the other. A file whose steps were edited under an old digest does not.
fn reads_the_same(a: &Plan, b: &Plan) -> bool {
    let shown = |step: &Step| -> Vec<_> {
        let batch = |it: &PlannedStatement| it.batch.as_ref().map(choice_of);
        step.statements.iter().map(|it| (it.id.clone(), it.file.clone(), it.line, unmeasured(&it.effect), batch(it))).collect()
    };
    a.steps.len() == b.steps.len()
        && same_frame(a, b)
        && a.steps.iter().zip(&b.steps).all(|(a, b)| {
            same_step(a, b)
                && shown(a) == shown(b)
                && (a.lock_timeout_ms, a.statement_timeout_ms) == (b.lock_timeout_ms, b.statement_timeout_ms)
                && (&a.undo, &a.gate, a.phase) == (&b.undo, &b.gate, b.phase)
        })
        && (a.approvals, &a.environment, &a.target, &a.rollout) == (b.approvals, &b.environment, &b.target, &b.rollout)
}

/// An effect without what was measured and only informs: that changes with every row, and the approval stays good.
fn unmeasured(effect: &Effect) -> Effect {
    Effect { lock_ms: None, rests_on: Vec::new(), ..effect.clone() }
}

fn canonical(plan: &Plan) -> String {
    serde_json::to_value(plan).map(|value| planner::plan::digest::canonical_json(&value)).unwrap_or_default()
}

/// One sentence on what makes two plans two.
#[must_use]
pub fn difference(old: &Plan, new: &Plan) -> String {
    if old.environment != new.environment {
        return format!("it was made for environment {}, this is {}.", old.environment, new.environment);
    }
    if old.target.identity != new.target.identity {
        let name = |plan: &Plan| plan.target.identity.clone().unwrap_or_else(|| "no database".to_owned());
        return format!("it was made for {}, this is {}.", name(old), name(new));
    }
    let old_ids: Vec<&str> = old.steps.iter().map(|step| step.id.as_str()).collect();
    let new_ids: Vec<&str> = new.steps.iter().map(|step| step.id.as_str()).collect();
    if old_ids != new_ids {
        let list = |ids: &[&str]| if ids.is_empty() { "nothing".to_owned() } else { ids.join(", ") };
        return format!("it runs {}, now there is to run {}.", list(&old_ids), list(&new_ids));
    }
    for (a, b) in old.steps.iter().zip(&new.steps) {
        if let Some(sentence) = step_difference(a, b) {
            return sentence;
        }
    }
    if old.rollout != new.rollout {
        let live = |plan: &Plan| plan.rollout.as_ref().map(|rollout| rollout.live.join(", ")).unwrap_or_default();
        return format!("it was made for other releases (live: {}; now: {}).", live(old), live(new));
    }
    if !same_frame(old, new) {
        return "its callbacks, or whether all of it is one transaction, are others now.".to_owned();
    }
    if old.target.fingerprint != new.target.fingerprint {
        return "the schema of the database changed since it was planned (drift).".to_owned();
    }
    if old.findings != new.findings {
        return "its findings are others now.".to_owned();
    }
    if old.digest != new.digest && canonical(&without_digest(old)) == canonical(&without_digest(new)) {
        return "its text does not match its digest; the file was edited.".to_owned();
    }
    "its limits, estimates or settings are others now.".to_owned()
}

fn without_digest(plan: &Plan) -> Plan {
    Plan { digest: String::new(), ..plan.clone() }
}

fn step_difference(a: &Step, b: &Step) -> Option<String> {
    if a == b {
        return None;
    }
    let place = |statement: &PlannedStatement| format!("{}:{}", statement.file, statement.line);
    for (old, new) in a.statements.iter().zip(&b.statements) {
        if old.sql != new.sql || old.copy_data != new.copy_data {
            return Some(format!("step {} changed at {}.", a.id, place(new)));
        }
        if old.batch.as_ref().map(choice_of) != new.batch.as_ref().map(choice_of) {
            return Some(format!("step {} cuts {} in other batches.", a.id, place(new)));
        }
    }
    if a.statements.len() != b.statements.len() {
        return Some(format!("step {} has {} statements, it had {}.", a.id, b.statements.len(), a.statements.len()));
    }
    if a.fallback != b.fallback {
        return Some(format!("step {} is run by the project's own Alembic, and its file or how it is called changed.", b.id));
    }
    if a.history != b.history {
        return Some(format!("the file of step {} changed (its checksum or name).", a.id));
    }
    Some(format!("step {} has other limits, effects or gates.", a.id))
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
