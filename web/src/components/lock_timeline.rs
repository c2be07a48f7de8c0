//! Locks over the plan: one row a table, time to the right, bars coloured by what they block.

use std::ops::Range;

use gloo::events::EventListener;
use planner::plan::Plan;
use web_sys::Element;
use yew::prelude::*;

use self::bars::{Bar, Bars, Row};
use super::button::Button;
use super::grid::part;
use crate::locale::{say, use_language};
use crate::message::Answer;
use crate::route::{Page, Route};
use crate::shared::Shared;
use crate::words;

mod bars;

const ROW: u32 = 22;
const HEAD: u32 = 20;
/// The part that is drawn begins and ends at multiples of this, so that it changes seldom.
const TILE: usize = 600;

/// Properties of [`LockTimeline`].
#[derive(Properties, PartialEq)]
pub(crate) struct LockTimelineProps {
    /// The answer with the plan.
    pub answer: Shared<Answer>,
    /// The selected step.
    pub selected: Option<AttrValue>,
}

/// The timeline, as far as it is in sight. Columns are not to scale: next to a backfill of an hour a lock of 10 ms could not be
/// seen. A statement that takes ten times as long is some steps wider.
#[component]
pub(crate) fn LockTimeline(props: &LockTimelineProps) -> Html {
    use_language();
    let all = use_state_eq(|| false);
    let bars = use_memo(props.answer.clone(), |answer| Bars::of(&answer.plan.steps));
    let frame = use_node_ref();
    let (sight, onscroll) = use_sight(bars.width as usize, &frame);
    if bars.rows.is_empty() {
        return html! { <p class="quiet">{say::no_lock()}</p> };
    }
    let rows: Vec<&Row> = if *all { bars.rows.iter().collect() } else { bars.worst() };
    let (shown, count) = (rows.len(), bars.rows.len());
    let height = (HEAD + ROW * u32::try_from(shown).unwrap_or(u32::MAX / ROW - 1)).to_string();
    let width = bars.width.to_string();
    let show_all = {
        let all = all.setter();
        Callback::from(move |()| all.set(true))
    };
    let plan = &props.answer.plan;
    let marks = bars.marks.iter().zip(&plan.steps).filter(|(left, _)| sight.contains(&(**left as usize)));
    html! {
        <>
            if shown < count {
                <p class="quiet">{say::worst_objects(&words::amount(shown), &words::amount(count))}{" "}
                    <Button kind="link" onclick={show_all}>{say::show_all(&words::amount(count))}</Button></p>
            }
            <div ref={frame} class="timeline" {onscroll} tabindex="0" role="group" aria-label={say::timeline()}>
                <svg width={width.clone()} height={height.clone()} viewBox={format!("0 0 {width} {height}")} data-testid="lock-timeline">
                    {for marks.map(|(left, step)| html! {
                        <g key={step.number}>
                            <line class={classes!("timeline-mark", (props.selected.as_deref() == Some(&step.id)).then_some("is-selected"))}
                                x1={left.to_string()} x2={left.to_string()} y1="14" y2={height.clone()} />
                            <text class="timeline-step" x={(left + 3).to_string()} y="12">{step.number}</text>
                        </g>
                    })}
                    {for rows.into_iter().enumerate().map(|(at, row)| draw(HEAD + u32::try_from(at).unwrap_or(0) * ROW, row, plan, &sight))}
                </svg>
            </div>
        </>
    }
}

/// The part of the width that is drawn: what is in sight and a tile to either side; and what hears that it is scrolled.
#[hook]
fn use_sight(width: usize, frame: &NodeRef) -> (Range<usize>, Callback<Event>) {
    // Until it is known how wide the frame is: a laptop's.
    let seen = use_state_eq(|| (0_usize, 1_080_usize));
    let look = {
        let (seen, frame) = (seen.setter(), frame.clone());
        Callback::from(move |()| {
            if let Some(frame) = frame.cast::<Element>() {
                let pixels = |pixels: i32| usize::try_from(pixels).unwrap_or(0);
                seen.set((pixels(frame.scroll_left()) / TILE * TILE, pixels(frame.client_width())));
            }
        })
    };
    {
        let look = look.clone();
        use_effect_with(width, move |_| {
            look.emit(());
            let listener = EventListener::new(&gloo::utils::window(), "resize", move |_| look.emit(()));
            move || drop(listener)
        });
    }
    let (first, length) = *seen;
    let around = (first.saturating_sub(TILE), length + 3 * TILE);
    (part(width, around, 1, TILE), look.reform(|_: Event| ()))
}

fn draw(y: u32, row: &Row, plan: &Plan, sight: &Range<usize>) -> Html {
    let in_sight = |bar: &&Bar| (bar.left as usize) < sight.end && (bar.left + bar.width) as usize > sight.start;
    html! {
        <g key={row.object.clone()}>
            <text class="timeline-name" x="0" y={(y + 15).to_string()}>{shorten(&row.object)}<title>{row.object.clone()}</title></text>
            {for row.bars.iter().filter(in_sight).map(|bar| draw_bar(y, bar, plan))}
        </g>
    }
}

fn draw_bar(y: u32, bar: &Bar, plan: &Plan) -> Html {
    let (step, statement, lock) = bar.of;
    let Some(step) = plan.steps.get(step) else { return Html::default() };
    let Some(statement) = step.statements.get(statement) else { return Html::default() };
    let ms = statement.batch.as_ref().map(|batch| batch.lock_ms).or(statement.effect.lock_ms);
    let lock = statement.effect.locks.get(lock).map(|lock| words::lock_of(&statement.effect, lock, ms));
    let title = say::step_lock(&step.number.to_string(), &lock.unwrap_or_default());
    html! {
        <a key={bar.left} href={Route::at(Page::Plan, &step.id).href()} aria-label={title.clone()}>
            <rect class={format!("bar bar-{}", words::blocks_key(bar.blocks))} x={bar.left.to_string()} y={(y + 4).to_string()}
                width={bar.width.to_string()} height="14" rx="2"><title>{title}</title></rect>
        </a>
    }
}

fn shorten(name: &str) -> String {
    if name.chars().count() <= 24 { name.to_owned() } else { format!("{}…", name.chars().take(23).collect::<String>()) }
}
