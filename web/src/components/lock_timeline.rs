//! Locks over the plan: one row a table, time to the right, bars coloured by what they block.

use std::collections::BTreeMap;

use planner::effect::{Blocks, LockMode};
use planner::plan::{PlannedStatement, Step};
use yew::prelude::*;

use crate::route::{Page, Route};
use crate::words;

const NAME: u32 = 180;
const ROW: u32 = 22;
const HEAD: u32 = 20;

/// Properties of [`LockTimeline`].
#[derive(Properties, PartialEq)]
pub(crate) struct LockTimelineProps {
    /// The steps in order.
    pub steps: Vec<Step>,
    /// The selected step.
    pub selected: Option<AttrValue>,
}

/// An object with its bars.
type Row = (String, Vec<Bar>);

/// Left edge, number and id of a step.
type Mark = (u32, u32, String);

/// One bar.
struct Bar {
    left: u32,
    width: u32,
    step: String,
    mode: LockMode,
    title: String,
}

/// The timeline. Columns are not to scale: next to a backfill of an hour a lock of 10 ms could not be seen. A statement that
/// takes ten times as long is some steps wider.
#[component]
pub(crate) fn LockTimeline(props: &LockTimelineProps) -> Html {
    let (rows, marks, width) = bars(&props.steps);
    if rows.is_empty() {
        return html! { <p class="quiet">{"No statement of this plan takes a lock that anyone could notice."}</p> };
    }
    let height = HEAD + ROW * u32::try_from(rows.len()).unwrap_or(u32::MAX / ROW - 1);
    html! {
        <div class="timeline" tabindex="0" role="group" aria-label="Lock timeline, scrolls sideways">
            <svg width={width.to_string()} height={height.to_string()} viewBox={format!("0 0 {width} {height}")} data-testid="lock-timeline">
                {for marks.iter().map(|(left, number, id)| html! {
                    <>
                        <line class={classes!("timeline-mark", (props.selected.as_deref() == Some(id)).then_some("is-selected"))}
                            x1={left.to_string()} x2={left.to_string()} y1="14" y2={height.to_string()} />
                        <text class="timeline-step" x={(left + 3).to_string()} y="12">{number}</text>
                    </>
                })}
                {for rows.iter().enumerate().map(|(at, (object, bars))| row(u32::try_from(at).unwrap_or(0), object, bars))}
            </svg>
        </div>
    }
}

fn row(at: u32, object: &str, bars: &[Bar]) -> Html {
    let y = HEAD + at * ROW;
    html! {
        <g>
            <text class="timeline-name" x="0" y={(y + 15).to_string()}>{shorten(object)}<title>{object.to_owned()}</title></text>
            {for bars.iter().map(|bar| html! {
                <a href={Route::at(Page::Plan, &bar.step).href()} aria-label={bar.title.clone()}>
                    <rect class={format!("bar bar-{}", words::blocks_key(bar.mode.blocks()))} x={bar.left.to_string()} y={(y + 4).to_string()}
                        width={bar.width.to_string()} height="14" rx="2"><title>{&bar.title}</title></rect>
                </a>
            })}
        </g>
    }
}

fn shorten(name: &str) -> String {
    if name.chars().count() <= 24 { name.to_owned() } else { format!("{}…", name.chars().take(23).collect::<String>()) }
}

/// Rows by object in the order of their first lock, the left edge of each step, and the width of the whole.
fn bars(steps: &[Step]) -> (Vec<Row>, Vec<Mark>, u32) {
    let mut order: Vec<String> = Vec::new();
    let mut rows: BTreeMap<String, Vec<Bar>> = BTreeMap::new();
    let mut marks = Vec::new();
    let mut left = NAME;
    for step in steps {
        marks.push((left, step.number, step.id.clone()));
        for statement in &step.statements {
            let width = column(statement);
            for lock in
                statement.effect.locks.iter().filter(|lock| lock.mode.blocks() != Blocks::Nothing || statement.batch.is_some())
            {
                if !rows.contains_key(&lock.object) {
                    order.push(lock.object.clone());
                }
                let ms = statement.batch.as_ref().map(|batch| batch.lock_ms).or(statement.effect.lock_ms);
                let title = format!("Step {}: {}", step.number, words::lock_sentence(&lock.object, lock.mode, ms));
                rows.entry(lock.object.clone()).or_default().push(Bar {
                    left,
                    width,
                    step: step.id.clone(),
                    mode: lock.mode,
                    title,
                });
            }
            left += width + 2;
        }
        left = left.max(marks.last().map_or(0, |mark| mark.0) + 18) + 6;
    }
    let rows = order.into_iter().filter_map(|object| rows.remove(&object).map(|bars| (object, bars))).collect();
    (rows, marks, left + 8)
}

/// Width of a statement: 8 units, and 6 more for each tenfold duration from 1 ms on.
fn column(statement: &PlannedStatement) -> u32 {
    let batched = statement.batch.as_ref().and_then(|batch| batch.duration_ms);
    let ms = batched.or(statement.effect.lock_ms).map_or(0, |(_, high)| high);
    8 + 6 * ms.checked_ilog10().map_or(0, |tenfolds| tenfolds + 1)
}
