//! Plan: will this hurt anyone, what exactly runs, can we go back?

use patternfly_yew::prelude::EmptyState;
use planner::effect::Blocks;
use planner::finding::Finding;
use planner::phase::Phase;
use planner::plan::{self, Step};
use yew::prelude::*;

use super::PageProps;
use crate::components::chip;
use crate::components::icon::Icon;
use crate::components::lock_timeline::LockTimeline;
use crate::components::statement_detail::{clock, legend};
use crate::components::step_card::{self, StepCard};
use crate::message::Answer;
use crate::words;

mod decision;
mod detail;

/// The page.
#[component]
pub(crate) fn Plan(props: &PageProps) -> Html {
    let answer = match props.answer() {
        Ok(answer) => answer,
        Err(waiting) => return html! { <div class="page"><h1>{"Plan"}</h1>{waiting}</div> },
    };
    let plan = &answer.plan;
    if plan.steps.is_empty() {
        return html! { <div class="page"><h1>{"Plan"}</h1>{nothing(&answer)}</div> };
    }
    let selected = props.route.selected.as_ref().and_then(|id| plan.steps.iter().find(|step| &step.id == id));
    html! {
        <div class="page with-inspector">
            <div class="page-main">
                <div class="page-head">
                    <div><h1>{"Plan"}</h1>{summary(&answer)}</div>
                    {decision::bar(props, &answer)}
                </div>
                <div class="lanes">
                    {for [Phase::Expand, Phase::Migrate, Phase::Contract].into_iter().map(|phase| lane(phase, plan, selected))}
                </div>
                <h2 class="section-title">{"Locks over time"}</h2>
                {legend()}
                <LockTimeline steps={plan.steps.clone()} selected={selected.map(|step| AttrValue::from(step.id.clone()))} />
                <p class="quiet">{"One column a statement; a column that takes ten times as long is some steps wider."}</p>
            </div>
            if let Some(step) = selected {
                {detail::inspect(step, props, &answer)}
            }
        </div>
    }
}

fn nothing(answer: &Answer) -> Html {
    if answer.findings.iter().any(|finding| finding.blocking) {
        return html! { <EmptyState title="No plan can be made"><p>{"Mend what is listed above; the plan appears as soon as the files can be read."}</p></EmptyState> };
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
    html! { <EmptyState title="Nothing to run"><p>{words}</p></EmptyState> }
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
                {chip::findings(plan.findings.iter())}
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

/// The findings of a step: those of its migration whose place is in one of its statements, or that have no place.
fn findings_of(step: &Step, plan: &plan::Plan) -> Vec<Finding> {
    let inside =
        |finding: &&Finding| finding.migration.as_ref() == Some(&step.migration) && detail::is_in_step(finding, step, plan);
    plan.findings.iter().filter(inside).cloned().collect()
}

fn lane(phase: Phase, plan: &plan::Plan, selected: Option<&Step>) -> Html {
    let steps: Vec<&Step> = plan.steps.iter().filter(|step| step.phase == phase).collect();
    let words = match phase {
        Phase::Expand => "Adds. The old release goes on. Run before you deploy.",
        Phase::Migrate => "Moves data. Both releases go on.",
        Phase::Contract => "Takes away. Run when the old release is gone.",
    };
    html! {
        <section class={format!("lane lane-{}", words::phase(phase))} aria-label={format!("{} steps", words::phase(phase))}>
            <header class="lane-head"><h2>{words::phase(phase)}</h2><p>{words}</p></header>
            if steps.is_empty() {
                <p class="quiet lane-empty">{"No step in this phase."}</p>
            }
            {for steps.into_iter().map(|step| html! {
                <>
                    if let Some(gate) = &step.gate {
                        <p class="gate" data-testid="gate">{Icon::Gate.svg()}<span><strong>{"Gate: "}</strong>{gate}</span></p>
                    }
                    <StepCard step={step.clone()} findings={findings_of(step, plan)} selected={selected == Some(step)} />
                </>
            })}
        </section>
    }
}
