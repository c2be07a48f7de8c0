//! A step of the plan as a card: what it does, whom it blocks, how long, and whether there is a way back.

use planner::effect::{Blocks, Reversibility};
use planner::plan::{Step, Undo, UndoOrigin};
use yew::prelude::*;

use super::chip::{self, Chip};
use super::icon::Icon;
use crate::locale::{say, use_language};
use crate::message::Answer;
use crate::places::Counts;
use crate::route::{Page, Route};
use crate::shared::Shared;
use crate::words;

/// Properties of [`StepCard`].
#[derive(Properties, PartialEq)]
pub(crate) struct StepCardProps {
    /// The answer with the plan.
    pub answer: Shared<Answer>,
    /// Place of the step in the plan.
    pub at: usize,
    /// Its findings.
    pub counts: Counts,
    /// It is looked at.
    pub selected: bool,
}

/// The card: a link to its detail.
#[component]
pub(crate) fn StepCard(props: &StepCardProps) -> Html {
    use_language();
    let Some(step) = props.answer.plan.steps.get(props.at) else { return Html::default() };
    let opaque = step.statements.iter().filter(|statement| statement.effect.opaque.is_some()).count();
    html! {
        <a class={classes!("step-card", props.selected.then_some("is-selected"))} href={Route::at(Page::Plan, &step.id).href()}
            aria-current={props.selected.then_some("true")} data-testid="step-card" data-step={step.id.clone()}>
            <span class="step-head"><span class="step-number">{step.number}</span><code>{&step.id}</code>
                <span class="step-time">{duration(step).map_or_else(|| say::duration_unknown().to_owned(), words::range)}</span></span>
            <span class="step-words" lang="en">{&step.description}</span>
            <span class="chips">
                {chip::blocks(blocks(step))}
                if step.fallback.is_some() {
                    <Chip icon={Icon::Question} text={say::runs_python()} tone="severity-warning" />
                }
                if opaque > 0 {
                    <Chip icon={Icon::Question} text={words::plural(opaque, say::opaque_statements)} tone="severity-warning" />
                }
                {way_back(&step.undo)}
                {chip::findings(props.counts)}
            </span>
        </a>
    }
}

/// The chip of the way back.
pub(crate) fn way_back(undo: &Undo) -> Html {
    let tone = match undo.reversibility {
        Reversibility::Lossless if undo.origin != UndoOrigin::None => "plain",
        _ => "severity-warning",
    };
    html! { <Chip icon={Icon::Back} text={words::way_back(undo)} {tone} /> }
}

/// The worst any statement of a step does to others. What Python sends is not known before it is sent.
pub(crate) fn blocks(step: &Step) -> Blocks {
    if step.fallback.is_some() {
        return Blocks::Unknown;
    }
    step.statements.iter().map(|statement| statement.effect.blocks).max().unwrap_or_default()
}

/// Milliseconds of all statements; none where one of them is unknown.
pub(crate) fn duration(step: &Step) -> Option<(u64, u64)> {
    if step.fallback.is_some() {
        return None;
    }
    step.statements.iter().try_fold((0_u64, 0_u64), |(low, high), statement| {
        let (from, to) = match &statement.batch {
            Some(batch) => batch.duration_ms?,
            None => statement.effect.lock_ms?,
        };
        Some((low.saturating_add(from), high.saturating_add(to)))
    })
}
