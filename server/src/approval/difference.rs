//! What makes two plans two, for people.

use std::sync::Arc;

use planner::effect::Effect;
use planner::plan::{Plan, PlannedStatement, Step};
use similar::{ChangeTag, TextDiff};

use super::{choice_of, same_frame, same_step};
use crate::exit::{Exit, Failure, Outcome};

/// Differences told of, at most.
const TOLD: usize = 8;
/// Lines shown of a changed statement, at most.
const LINES: usize = 8;

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
        format!("The plan {} is stale: {}", reviewed.digest, told(reviewed, fresh)),
        "Nothing was changed. Plan again, and have the new plan approved.",
    ))
}

/// Whether a person who read one has read the other. A file whose steps were edited under an old digest does not.
fn reads_the_same(a: &Plan, b: &Plan) -> bool {
    let shown = |step: &Step| -> Vec<_> {
        let batch = |it: &PlannedStatement| it.batch.as_deref().map(choice_of);
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
    serde_json::to_value(plan).map(|value| planner::plan::canonical::canonical_json(&value)).unwrap_or_default()
}

/// What makes two plans two, the first of [`differences`].
#[must_use]
pub fn difference(old: &Plan, new: &Plan) -> String {
    differences(old, new).into_iter().next().unwrap_or_default()
}

/// What makes two plans two: what they are for, which steps, which statements, which findings. Never empty.
#[must_use]
pub fn differences(old: &Plan, new: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    if old.environment != new.environment {
        found.push(format!("it was made for environment {}, this is {}.", old.environment, new.environment));
    }
    if old.target.identity != new.target.identity {
        let name = |plan: &Plan| plan.target.identity.clone().unwrap_or_else(|| "no database".to_owned());
        found.push(format!("it was made for {}, this is {}.", name(old), name(new)));
    }
    let old_ids: Vec<&str> = old.steps.iter().map(|step| step.id.as_str()).collect();
    let new_ids: Vec<&str> = new.steps.iter().map(|step| step.id.as_str()).collect();
    if old_ids != new_ids {
        let list = |ids: &[&str]| if ids.is_empty() { "nothing".to_owned() } else { ids.join(", ") };
        found.push(format!("it runs {}, now there is to run {}.", list(&old_ids), list(&new_ids)));
    }
    for new in &new.steps {
        found.extend(old.steps.iter().find(|old| old.id == new.id).and_then(|old| step_difference(old, new)));
    }
    if old.rollout != new.rollout {
        let live = |plan: &Plan| plan.rollout.as_ref().map(|rollout| rollout.live.join(", ")).unwrap_or_default();
        found.push(format!("it was made for other releases (live: {}; now: {}).", live(old), live(new)));
    }
    if !same_frame(old, new) {
        found.push("its callbacks, or whether all of it is one transaction, are others now.".to_owned());
    }
    if old.target.fingerprint != new.target.fingerprint && old.target.identity == new.target.identity {
        found.push("the schema of the database changed since it was planned (drift).".to_owned());
    }
    found.extend(finding_difference(old, new));
    if old.approvals != new.approvals {
        found.push(format!("it asked for {} approval(s), now {} are asked for.", old.approvals, new.approvals));
    }
    if found.is_empty() {
        let edited = old.digest != new.digest && canonical(&without_digest(old)) == canonical(&without_digest(new));
        let limits = || old.steps.iter().zip(&new.steps).find(|(old, new)| old != new).map(|(old, _)| &old.id);
        found.push(match (edited, limits()) {
            (true, _) => "its text does not match its digest; the file was edited.".to_owned(),
            (false, Some(step)) => format!("step {step} has other limits, effects or gates."),
            (false, None) => "its limits, estimates or settings are others now.".to_owned(),
        });
    }
    found
}

/// The differences behind the first, a line each; empty where there is only one.
fn more(found: &[String]) -> String {
    let mut text = String::new();
    for sentence in found.iter().skip(1).take(TOLD) {
        text.push_str("\n  Also: ");
        text.push_str(sentence);
    }
    let left = found.len().saturating_sub(TOLD + 1);
    if left > 0 { format!("{text}\n  And {left} more.") } else { text }
}

/// All differences as they stand in a message.
#[must_use]
pub fn told(old: &Plan, new: &Plan) -> String {
    let found = differences(old, new);
    format!("{}{}", found.first().map_or("", String::as_str), more(&found))
}

fn without_digest(plan: &Plan) -> Plan {
    Plan { digest: String::new(), ..plan.clone() }
}

fn finding_difference(old: &Plan, new: &Plan) -> Option<String> {
    let name = |finding: &Arc<planner::finding::Finding>| match &finding.span {
        Some(span) => format!("{} at {}:{}", finding.rule, span.file, span.line),
        None => finding.rule.clone(),
    };
    let only =
        |a: &Plan, b: &Plan| -> Vec<String> { a.findings.iter().filter(|it| !b.findings.contains(it)).map(name).collect() };
    let (came, went) = (only(new, old), only(old, new));
    match (came.as_slice(), went.as_slice()) {
        ([], []) => None,
        (came, []) => Some(format!("there are new findings: {}.", came.join(", "))),
        ([], went) => Some(format!("findings are gone: {}.", went.join(", "))),
        (came, went) => Some(format!("its findings are others now (new: {}; gone: {}).", came.join(", "), went.join(", "))),
    }
}

/// The lines of a statement that differ.
fn lines(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let changed = diff.iter_all_changes().filter_map(|change| {
        let sign = match change.tag() {
            ChangeTag::Equal => return None,
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        Some(format!("\n    {sign} {}", change.value().trim_end()))
    });
    changed.take(LINES).collect()
}

fn step_difference(a: &Step, b: &Step) -> Option<String> {
    if a == b {
        return None;
    }
    let place = |statement: &PlannedStatement| format!("{}:{}", statement.file, statement.line);
    for (old, new) in a.statements.iter().zip(&b.statements) {
        if old.sql != new.sql || old.copy_data != new.copy_data {
            return Some(format!("step {} changed at {}.{}", a.id, place(new), lines(&old.sql, &new.sql)));
        }
        if old.batch.as_deref().map(choice_of) != new.batch.as_deref().map(choice_of) {
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
    if a.undo != b.undo {
        return Some(format!("step {} has another way back.", a.id));
    }
    let timeouts = |step: &Step| (step.lock_timeout_ms, step.statement_timeout_ms);
    if timeouts(a) != timeouts(b) {
        let of = |step: &Step| format!("lock_timeout {} ms, statement_timeout {} ms", timeouts(step).0, timeouts(step).1);
        return Some(format!("step {} runs with {}; it was planned with {}.", a.id, of(b), of(a)));
    }
    (a.gate != b.gate).then(|| format!("step {} has another gate.", a.id))
}
