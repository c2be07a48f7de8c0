//! One phase of the plan: its gate and its steps as cards, top to bottom.

use std::rc::Rc;

use gloo::timers::callback::Timeout;
use planner::phase::Phase;
use web_sys::Element;
use yew::prelude::*;

use crate::components::icon::Icon;
use crate::components::step_card::StepCard;
use crate::locale::{say, use_language};
use crate::message::Answer;
use crate::places::Counts;
use crate::shared::Shared;
use crate::words;

/// Cards drawn in the first frame: those of a laptop's screen.
const FIRST: usize = 6;
/// Time until more are drawn, for the first frame to be there before.
const MOMENT_MS: u32 = 60;
/// Cards that are drawn then; more come as the lane is scrolled.
const PORTION: usize = 20;
/// The next portion comes when so many pixels are left below.
const NEAR: i32 = 800;

/// Properties of [`Lane`].
#[derive(Properties, PartialEq)]
pub(super) struct LaneProps {
    /// The phase.
    pub phase: Phase,
    /// The answer with the plan.
    pub answer: Shared<Answer>,
    /// Findings of each step, by their places in the plan.
    pub findings: Rc<Vec<Vec<usize>>>,
    /// Place of the selected step.
    pub selected: Option<usize>,
}

/// The lane.
#[component]
pub(super) fn Lane(props: &LaneProps) -> Html {
    use_language();
    let drawn = use_state_eq(|| FIRST);
    {
        let drawn = drawn.setter();
        use_effect_with((), move |()| {
            let later = Timeout::new(MOMENT_MS, move || drawn.set(PORTION));
            move || drop(later)
        });
    }
    let plan = &props.answer.plan;
    let steps: Vec<usize> =
        (0..plan.steps.len()).filter(|at| plan.steps.get(*at).is_some_and(|step| step.phase == props.phase)).collect();
    // What is selected is drawn, wherever it stands.
    let selected = props.selected.and_then(|at| steps.iter().position(|step| *step == at)).map_or(0, |at| at + PORTION / 2);
    let shown = steps.get(..(*drawn).max(selected).min(steps.len())).unwrap_or_default();
    let onscroll = {
        let (drawn, now) = (drawn.setter(), shown.len());
        Callback::from(move |event: Event| {
            if let Some(lane) = event.target_dyn_into::<Element>()
                && lane.scroll_top() + lane.client_height() + NEAR > lane.scroll_height()
            {
                drawn.set(now + PORTION);
            }
        })
    };
    let words = match props.phase {
        Phase::Expand => say::lane_expand(),
        Phase::Migrate => say::lane_migrate(),
        Phase::Contract => say::lane_contract(),
    };
    html! {
        <section class={format!("lane lane-{}", words::phase(props.phase))} aria-label={say::phase_steps(words::phase(props.phase))} {onscroll}>
            <header class="lane-head"><h2>{words::phase(props.phase)}<span class="quiet">{count(steps.len())}</span></h2><p>{words}</p></header>
            if steps.is_empty() {
                <p class="quiet lane-empty">{say::lane_empty()}</p>
            }
            {for shown.iter().map(|at| card(*at, props))}
            if shown.len() < steps.len() {
                <p class="quiet lane-empty">{say::scroll_on(&words::amount(steps.len() - shown.len()))}</p>
            }
        </section>
    }
}

fn count(steps: usize) -> String {
    if steps == 0 { String::new() } else { [" ", &words::plural(steps, say::steps)].concat() }
}

fn card(at: usize, props: &LaneProps) -> Html {
    let plan = &props.answer.plan;
    let Some(step) = plan.steps.get(at) else { return Html::default() };
    let findings = props.findings.get(at).into_iter().flatten().filter_map(|number| plan.findings.get(*number));
    html! {
        <>
            if let Some(gate) = &step.gate {
                <p class="gate" data-testid="gate">{Icon::Gate.svg()}<span title={gate.because.join("\n")}><strong>{say::gate()}{" "}</strong><span lang="en">{&gate.waits_for}</span></span></p>
            }
            <StepCard answer={props.answer.clone()} {at} counts={Counts::of(findings)} selected={props.selected == Some(at)} />
        </>
    }
}
