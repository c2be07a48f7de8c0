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
            return html! { <div class="page"><div class="title-row"><h1>{"Plan"}</h1>{tools::row(props, false)}</div>{waiting}</div> };
        }
    };
    let plan = &answer.plan;
    if plan.steps.is_empty() {
        return html! { <div class="page"><div class="title-row"><h1>{"Plan"}</h1>{tools::row(props, true)}</div>{nothing(&answer)}</div> };
    }
    let selected = props.route.selected.as_ref().and_then(|id| plan.steps.iter().position(|step| &step.id == id));
    let step = selected.and_then(|at| plan.steps.get(at));
    html! {
        <div class="page with-inspector">
            <div class="page-main">
                <div class="page-head">
                    <div><div class="title-row"><h1>{"Plan"}</h1>{tools::row(props, true)}</div>{summary(&answer)}</div>
                    {decision::bar(props, &answer)}
                </div>
                <Mended state={props.state.clone()} errand={props.errand.clone()} dispatch={props.dispatch.clone()} />
                <div class="lanes">
                    {for [Phase::Expand, Phase::Migrate, Phase::Contract].into_iter().map(|phase| html! {
                        <Lane {phase} answer={answer.clone()} findings={findings.clone()} {selected} />
                    })}
                </div>
                {callbacks::around(plan)}
                <h2 class="section-title">{"Locks over time"}</h2>
                {legend()}
                <LockTimeline answer={answer.clone()} selected={step.map(|step| AttrValue::from(step.id.clone()))} />
                <p class="quiet">{"One column a statement; a column that takes ten times as long is some steps wider."}</p>
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
        let words = "Mend what is listed above; the plan appears as soon as the files can be read.";
        return empty_state("No plan can be made", html! { <p>{words}</p> });
    }
    let own = answer.migrations.iter().filter(|migration| migration.source == answer.settings.source);
    let (applied, waiting): (Vec<_>, Vec<_>) = own.partition(|migration| migration.applied);
    let source = words::source(answer.settings.source);
    let words = match (applied.len(), waiting.len()) {
        (0, 0) => format!("{} runs {source}, and these files hold no {source} migration.", answer.settings.environment),
        (_, 0) => format!(
            "All {} of {} are applied. A new file makes the next plan.",
            words::plural(applied.len(), "migration", "migrations"),
            answer.settings.environment
        ),
        (_, left) => format!(
            "{} not applied, and none of them runs here: see its findings under Migrations.",
            words::plural(left, "migration is", "migrations are")
        ),
    };
    empty_state("Nothing to run", html! { <p>{words}</p> })
}

/// The answer to the first question, as a sentence.
fn summary(answer: &Answer) -> Html {
    let plan = &answer.plan;
    let worst = plan.steps.iter().max_by_key(|step| step_card::blocks(step));
    let hurts = worst.map_or(Blocks::Nothing, step_card::blocks);
    let first = match (hurts, worst) {
        (Blocks::Nothing, _) | (_, None) => "Nobody has to wait for this plan.".to_owned(),
        (Blocks::SchemaChanges, _) => "Readers and writers go on; only other schema changes wait.".to_owned(),
        (Blocks::Writes, Some(step)) => {
            format!("Writers have to wait, first in step {}.", first_with(plan, Blocks::Writes).unwrap_or(step.number))
        }
        (Blocks::ReadsAndWrites, Some(step)) => {
            format!(
                "Readers and writers have to wait, first in step {}.",
                first_with(plan, Blocks::ReadsAndWrites).unwrap_or(step.number)
            )
        }
        (Blocks::Unknown, Some(step)) => {
            format!("Anyone may have to wait, first in step {}.", first_with(plan, Blocks::Unknown).unwrap_or(step.number))
        }
    };
    let unread = answer.findings.iter().filter(|finding| finding.blocking).count();
    let unknown = plan.estimate.opaque_statements;
    let first = match (unread, unknown) {
        (0, 0) => first,
        (0, unknown) => {
            format!("{first} Nothing certain can be said about {}.", words::plural(unknown as usize, "statement", "statements"))
        }
        (unread, _) => {
            format!("This plan is not whole: {} to mend. What can be read: {first}", words::plural(unread, "finding", "findings"))
        }
    };
    let lock = plan
        .estimate
        .longest_lock_ms
        .filter(|_| hurts != Blocks::Nothing)
        .map_or(String::new(), |ms| format!(" The longest wait is {}.", words::range(ms)));
    let time = plan.estimate.duration_ms.map_or("duration unknown without the tables' sizes".to_owned(), words::range);
    html! {
        <>
            <p class="lead" data-testid="plan-summary">{first}{lock}</p>
            <p class="chips">
                {clock(format!("{}, {time}", words::plural(plan.steps.len(), "step", "steps")))}
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
    if plan.from.is_empty() {
        format!("from an empty history to {}", plan.to)
    } else {
        format!("from {} to {}", plan.from, plan.to)
    }
}
