//! Plan: will this hurt anyone, what exactly runs, can we go back?

use planner::effect::Blocks;
use planner::phase::Phase;
use planner::plan;
use yew::prelude::*;

use super::PageProps;
use crate::components::chip;
use crate::components::lock_timeline::LockTimeline;
use crate::components::mended::Mended;
use crate::components::remarks::Remarks;
use crate::components::standard::empty_state;
use crate::components::statement_detail::{clock, legend};
use crate::components::step_card;
use crate::locale::say;
use crate::message::Answer;
use crate::places::{Counts, by_step};
use crate::words;

mod callbacks;
mod decision;
mod detail;
mod lane;
pub(super) mod tools;

use lane::Lane;

/// The page.
#[component]
pub(crate) fn Plan(props: &PageProps) -> Html {
    let findings =
        use_memo(props.state.answer.clone(), |answer| answer.as_ref().map(|answer| by_step(&answer.plan)).unwrap_or_default());
    let answer = match props.answer() {
        Ok(answer) => answer,
        Err(waiting) => {
            return html! { <div class="page"><div class="title-row"><h1>{say::plan()}</h1>{tools::row(props, false)}</div>{waiting}</div> };
        }
    };
    let plan = &answer.plan;
    if plan.steps.is_empty() {
        return html! { <div class="page"><div class="title-row"><h1>{say::plan()}</h1>{tools::row(props, true)}</div>{nothing(&answer)}</div> };
    }
    let selected = props.route.selected.as_ref().and_then(|id| plan.steps.iter().position(|step| &step.id == id));
    let step = selected.and_then(|at| plan.steps.get(at));
    html! {
        <div class="page with-inspector">
            <div class="page-main">
                <div class="page-head">
                    <div><div class="title-row"><h1>{say::plan()}</h1>{tools::row(props, true)}</div>{summary(&answer)}</div>
                    {decision::bar(props, &answer)}
                </div>
                <Mended state={props.state.clone()} errand={props.errand.clone()} dispatch={props.dispatch.clone()} />
                <div class="lanes">
                    {for [Phase::Expand, Phase::Migrate, Phase::Contract].into_iter().map(|phase| html! {
                        <Lane {phase} answer={answer.clone()} findings={findings.clone()} {selected} />
                    })}
                </div>
                {callbacks::around(plan)}
                <h2 class="section-title">{say::locks_over_time()}</h2>
                {legend()}
                <LockTimeline answer={answer.clone()} selected={step.map(|step| AttrValue::from(step.id.clone()))} />
                <p class="quiet">{say::timeline_note()}</p>
                if props.state.served().is_some() {
                    <Remarks comments={props.state.comments.get(&plan.digest).cloned().unwrap_or_default()} may={props.state.may("comment")}
                        step={step.map(|step| step.id.clone()).unwrap_or_default()} errand={props.errand.clone()} />
                }
            </div>
            if let Some((at, step)) = selected.zip(step) {
                {detail::inspect(step, findings.get(at).map_or(&[], Vec::as_slice), props, &answer)}
            }
        </div>
    }
}

fn nothing(answer: &Answer) -> Html {
    if answer.findings.iter().any(|finding| finding.blocking) {
        let words = say::no_plan_what();
        return empty_state(say::no_plan(), html! { <p>{words}</p> });
    }
    let own = answer.migrations.iter().filter(|migration| migration.source == answer.settings.source);
    let (applied, waiting): (Vec<_>, Vec<_>) = own.partition(|migration| migration.applied);
    let source = words::source(answer.settings.source);
    let words = match (applied.len(), waiting.len()) {
        (0, 0) => say::no_own_migration(&answer.settings.environment, source),
        (_, 0) => say::all_applied(&words::amount(applied.len()), &answer.settings.environment),
        (_, left) => say::none_runs(&words::amount(left)),
    };
    empty_state(say::nothing_to_run(), html! { <p>{words}</p> })
}

/// The answer to the first question, as a sentence.
fn summary(answer: &Answer) -> Html {
    let plan = &answer.plan;
    let worst = plan.steps.iter().max_by_key(|step| step_card::blocks(step));
    let hurts = worst.map_or(Blocks::Nothing, step_card::blocks);
    let first = match (hurts, worst) {
        (Blocks::Nothing, _) | (_, None) => say::hurts_nobody().to_owned(),
        (Blocks::SchemaChanges, _) => say::hurts_schema_changes().to_owned(),
        (Blocks::Writes, Some(step)) => say::hurts_writers(&first_with(plan, Blocks::Writes).unwrap_or(step.number).to_string()),
        (Blocks::ReadsAndWrites, Some(step)) => {
            say::hurts_all(&first_with(plan, Blocks::ReadsAndWrites).unwrap_or(step.number).to_string())
        }
        (Blocks::Unknown, Some(step)) => {
            say::hurts_unknown(&first_with(plan, Blocks::Unknown).unwrap_or(step.number).to_string())
        }
    };
    let unread = answer.findings.iter().filter(|finding| finding.blocking).count();
    let unknown = plan.estimate.opaque_statements;
    let first = match (unread, unknown) {
        (0, 0) => first,
        (0, unknown) => say::uncertain(&first, &unknown.to_string()),
        (unread, _) => say::not_whole(&words::amount(unread), &first),
    };
    let lock = plan
        .estimate
        .longest_lock_ms
        .filter(|_| hurts != Blocks::Nothing)
        .map_or(String::new(), |ms| say::longest_wait(&words::range(ms)));
    let time = plan.estimate.duration_ms.map_or_else(|| say::duration_unknown_tables().to_owned(), words::range);
    html! {
        <>
            <p class="lead" data-testid="plan-summary">{first}{lock}</p>
            <p class="chips">
                {clock(format!("{}, {time}", words::plural(plan.steps.len(), say::steps)))}
                {chip::blocks(hurts)}
                {chip::findings(Counts::of(&plan.findings))}
                <span class="quiet">{from_to(plan)}</span>
            </p>
        </>
    }
}

fn first_with(plan: &plan::Plan, blocks: Blocks) -> Option<u32> {
    plan.steps.iter().find(|step| step_card::blocks(step) == blocks).map(|step| step.number)
}

fn from_to(plan: &plan::Plan) -> String {
    if plan.from.is_empty() { say::from_empty(&plan.to) } else { say::from_to(&plan.from, &plan.to) }
}
