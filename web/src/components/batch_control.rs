//! How a data change is cut: rows per batch, pause, or as one statement; and what that costs.

use planner::plan::PlannedStatement;
use planner::project::BatchChoice;
use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::*;

use super::batch_curve::BatchCurve;
use super::button::Button;
use super::standard::switch;
use crate::locale::{say, use_language};
use crate::message::CurvePoint;
use crate::words;

/// Slider positions: rows per batch grow by about a quarter a step, so that 100 and 100,000 are equally easy to hit.
const STEPS: [u32; 28] = [
    50, 100, 200, 300, 400, 500, 750, 1_000, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000, 6_000, 7_500, 10_000, 12_500, 15_000,
    20_000, 25_000, 30_000, 40_000, 50_000, 60_000, 75_000, 100_000, 200_000,
];
const MAX_SIZE: u32 = 1_000_000;
const MAX_PAUSE_MS: u32 = 60_000;

/// Properties of [`BatchControl`].
#[derive(Properties, PartialEq)]
pub(crate) struct BatchControlProps {
    /// The statement.
    pub statement: PlannedStatement,
    /// What the reader chose; absent: the plan's own choice.
    pub choice: Option<BatchChoice>,
    /// The curve, when it is there.
    pub curve: Option<Vec<CurvePoint>>,
    /// A new choice.
    pub onchange: Callback<BatchChoice>,
    /// Back to the plan's own choice.
    pub onreset: Callback<()>,
    /// The curve is looked at.
    pub onlook: Callback<()>,
}

/// The control.
#[component]
pub(crate) fn BatchControl(props: &BatchControlProps) -> Html {
    use_language();
    {
        let onlook = props.onlook.clone();
        use_effect_with(props.statement.id.clone(), move |_| onlook.emit(()));
    }
    let batch = props.statement.batch.as_ref();
    let planned = batch.map_or((5_000, 0), |batch| (batch.size, batch.pause_ms));
    let now = props.choice.unwrap_or(BatchChoice {
        whole: batch.is_none(),
        size: planned.0,
        pause_ms: planned.1,
        ..BatchChoice::default()
    });
    let typed = |apply: fn(&mut BatchChoice, u32)| {
        let onchange = props.onchange.clone();
        Callback::from(move |value: u32| {
            let mut choice = now;
            apply(&mut choice, value);
            if choice != now {
                onchange.emit(choice);
            }
        })
    };
    let on_size = typed(|choice, size| choice.size = size.clamp(1, MAX_SIZE));
    let on_pause = typed(|choice, pause| choice.pause_ms = pause.min(MAX_PAUSE_MS));
    let on_slider = {
        let on_step = typed(|choice, at| choice.size = STEPS.get(at as usize).copied().unwrap_or(choice.size));
        Callback::from(move |event: InputEvent| number(event.target_dyn_into()).into_iter().for_each(|at| on_step.emit(at)))
    };
    let on_whole = {
        let onchange = props.onchange.clone();
        Callback::from(move |event: Event| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                onchange.emit(BatchChoice { whole: input.checked(), ..now });
            }
        })
    };
    let nearest = STEPS.iter().position(|&step| step >= now.size).unwrap_or(STEPS.len() - 1);
    html! {
        <section class="batch" aria-label={say::batches_heading()} data-testid="batch-control" data-statement={props.statement.id.clone()}>
            <p class="batch-sentence" data-testid="batch-sentence" aria-live="polite">{sentence(&props.statement, now.whole)}</p>
            <div class="batch-fields">
                <label class="batch-slider"><span>{say::rows_per_batch()}</span>
                    <input type="range" min="0" max={(STEPS.len() - 1).to_string()} step="1" value={nearest.to_string()} oninput={on_slider}
                        disabled={now.whole} data-testid="batch-slider" aria-valuetext={say::rows(&words::count(u64::from(now.size)))} />
                </label>
                <label><span class="visually-hidden">{say::rows_per_batch_number()}</span>
                    <NumberField id="batch-size" value={now.size} least={1} most={MAX_SIZE} step={1} disabled={now.whole} onchange={on_size} />{" "}{say::rows_unit()}
                </label>
                <label><span>{say::pause()}</span>
                    <NumberField id="batch-pause" value={now.pause_ms} least={0} most={MAX_PAUSE_MS} step={10} disabled={now.whole} onchange={on_pause} />{" ms"}
                </label>
                {switch(say::run_as_one(), now.whole, on_whole)}
                if props.choice.is_some() {
                    <Button kind="link" onclick={props.onreset.clone()}>{say::plans_choice()}</Button>
                }
            </div>
            if let Some(curve) = props.curve.clone().filter(|curve| curve.len() > 1 && !now.whole) {
                <BatchCurve points={curve} size={now.size} />
            }
        </section>
    }
}

/// What [`NumberField`] shows and takes.
#[derive(Clone, PartialEq, Properties)]
struct NumberProps {
    /// Name for tests.
    id: &'static str,
    value: u32,
    least: u32,
    most: u32,
    /// What an arrow key adds.
    step: u32,
    disabled: bool,
    onchange: Callback<u32>,
}

/// A number that counts when it is finished (Enter, Tab, arrow keys): 2, 20 and 200 on the way to 2000 would each be a plan.
/// Until then an answer of the planner does not put the old one back over what is being typed.
#[component]
fn NumberField(props: &NumberProps) -> Html {
    let typing = use_state_eq(|| None::<String>);
    let oninput = {
        let typing = typing.setter();
        Callback::from(move |event: InputEvent| {
            typing.set(event.target_dyn_into::<HtmlInputElement>().map(|input| input.value()))
        })
    };
    let onchange = {
        let (typing, onchange) = (typing.setter(), props.onchange.clone());
        Callback::from(move |event: Event| {
            typing.set(None);
            number(event.target_dyn_into()).into_iter().for_each(|value| onchange.emit(value));
        })
    };
    let onblur = {
        let typing = typing.setter();
        Callback::from(move |_: FocusEvent| typing.set(None))
    };
    let shown = (*typing).clone().unwrap_or_else(|| props.value.to_string());
    html! {
        <input class="number" type="number" min={props.least.to_string()} max={props.most.to_string()} step={props.step.to_string()} value={shown}
            {oninput} {onchange} {onblur} disabled={props.disabled} data-testid={props.id} />
    }
}

fn number(input: Option<HtmlInputElement>) -> Option<u32> {
    input?.value().parse().ok()
}

fn sentence(statement: &PlannedStatement, whole: bool) -> String {
    match &statement.batch {
        Some(batch) => words::batch_sentence(batch),
        None if whole => {
            statement.effect.lock_ms.map_or_else(|| say::whole_unknown().to_owned(), |ms| say::whole_for(&words::range(ms)))
        }
        None => say::small_enough().to_owned(),
    }
}
