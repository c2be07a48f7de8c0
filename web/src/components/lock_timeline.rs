//! Locks over the plan: one row a table, time to the right, bars coloured by what they block.

use std::collections::BTreeMap;

use planner::effect::Blocks;
use planner::plan::{PlannedStatement, Step};
use planner::sort::Sort;
use yew::prelude::*;

use super::button::Button;
use crate::locale::{say, use_language};
use crate::message::Answer;
use crate::route::{Page, Route};
use crate::shared::Shared;
use crate::words;

/// Rows drawn at first: more than this nobody reads, and thousands of bars make the page slow.
const FIRST_ROWS: usize = 40;
const NAME: u32 = 180;
const ROW: u32 = 22;
const HEAD: u32 = 20;

/// Properties of [`LockTimeline`].
#[derive(Properties, PartialEq)]
pub(crate) struct LockTimelineProps {
    /// The answer with the plan.
    pub answer: Shared<Answer>,
    /// The selected step.
    pub selected: Option<AttrValue>,
}

/// The bars of one object.
struct Row {
    object: String,
    bars: Vec<Bar>,
}

impl Row {
    /// What it is judged by where not all rows are shown: the worst anyone has to wait for, and how often.
    fn harm(&self) -> (Option<Blocks>, usize) {
        (self.bars.iter().map(|bar| bar.blocks).max(), self.bars.len())
    }
}

/// Left edge, number and id of a step.
type Mark = (u32, u32, String);

/// One bar.
struct Bar {
    left: u32,
    width: u32,
    step: String,
    blocks: Blocks,
    title: String,
}

/// The timeline. Columns are not to scale: next to a backfill of an hour a lock of 10 ms could not be seen. A statement that
/// takes ten times as long is some steps wider.
#[component]
pub(crate) fn LockTimeline(props: &LockTimelineProps) -> Html {
    use_language();
    let all = use_state_eq(|| false);
    let (rows, marks, width) = bars(&props.answer.plan.steps);
    if rows.is_empty() {
        return html! { <p class="quiet">{say::no_lock()}</p> };
    }
    let count = rows.len();
    let rows = if *all { rows } else { worst(rows) };
    let height = HEAD + ROW * u32::try_from(rows.len()).unwrap_or(u32::MAX / ROW - 1);
    let show_all = {
        let all = all.setter();
        Callback::from(move |()| all.set(true))
    };
    html! {
        <>
            if rows.len() < count {
                <p class="quiet">{say::worst_objects(&words::amount(rows.len()), &words::amount(count))}{" "}
                    <Button kind="link" onclick={show_all}>{say::show_all(&words::amount(count))}</Button></p>
            }
            <div class="timeline" tabindex="0" role="group" aria-label={say::timeline()}>
                <svg width={width.to_string()} height={height.to_string()} viewBox={format!("0 0 {width} {height}")} data-testid="lock-timeline">
                    {for marks.iter().map(|(left, number, id)| html! {
                        <>
                            <line class={classes!("timeline-mark", (props.selected.as_deref() == Some(id)).then_some("is-selected"))}
                                x1={left.to_string()} x2={left.to_string()} y1="14" y2={height.to_string()} />
                            <text class="timeline-step" x={(left + 3).to_string()} y="12">{number}</text>
                        </>
                    })}
                    {for rows.iter().enumerate().map(|(at, row)| draw(u32::try_from(at).unwrap_or(0), row))}
                </svg>
            </div>
        </>
    }
}

/// The rows that are shown first, still in the order of their first lock.
fn worst(rows: Vec<Row>) -> Vec<Row> {
    if rows.len() <= FIRST_ROWS {
        return rows;
    }
    let mut ranked: Vec<(usize, Row)> = rows.into_iter().enumerate().collect();
    ranked.order_by_key(|(at, row)| (std::cmp::Reverse(row.harm()), *at));
    ranked.truncate(FIRST_ROWS);
    ranked.order_by_key(|(at, _)| *at);
    ranked.into_iter().map(|(_, row)| row).collect()
}

fn draw(at: u32, Row { object, bars }: &Row) -> Html {
    let y = HEAD + at * ROW;
    html! {
        <g>
            <text class="timeline-name" x="0" y={(y + 15).to_string()}>{shorten(object)}<title>{object.clone()}</title></text>
            {for bars.iter().map(|bar| html! {
                <a href={Route::at(Page::Plan, &bar.step).href()} aria-label={bar.title.clone()}>
                    <rect class={format!("bar bar-{}", words::blocks_key(bar.blocks))} x={bar.left.to_string()} y={(y + 4).to_string()}
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
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut marks = Vec::new();
    let mut left = NAME;
    for step in steps {
        marks.push((left, step.number, step.id.clone()));
        for statement in &step.statements {
            let width = column(statement);
            let ms = statement.batch.as_ref().map(|batch| batch.lock_ms).or(statement.effect.lock_ms);
            for lock in &statement.effect.locks {
                let blocks = statement.effect.blocked_by(lock);
                // What the migration itself made is nobody's to wait for; a batch shows where it works.
                if blocks == Blocks::Nothing && statement.batch.is_none() {
                    continue;
                }
                let title = say::step_lock(&step.number.to_string(), &words::lock_of(&statement.effect, lock, ms));
                let place = *places.entry(lock.object.clone()).or_insert_with(|| {
                    rows.push(Row { object: lock.object.clone(), bars: Vec::new() });
                    rows.len() - 1
                });
                if let Some(row) = rows.get_mut(place) {
                    row.bars.push(Bar { left, width, step: step.id.clone(), blocks, title });
                }
            }
            left += width + 2;
        }
        left = left.max(marks.last().map_or(0, |mark| mark.0) + 18) + 6;
    }
    (rows, marks, left + 8)
}

/// Width of a statement: 8 units, and 6 more for each tenfold duration from 1 ms on.
fn column(statement: &PlannedStatement) -> u32 {
    let batched = statement.batch.as_ref().and_then(|batch| batch.duration_ms);
    let ms = batched.or(statement.effect.lock_ms).map_or(0, |(_, high)| high);
    8 + 6 * ms.checked_ilog10().map_or(0, |tenfolds| tenfolds + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_shown_first_are_the_worst_in_the_order_of_the_plan() {
        let bar = |blocks| Bar { left: 0, width: 8, step: "V1".to_owned(), blocks, title: String::new() };
        let row = |at: usize| {
            let blocks = if at % 3 == 0 { Blocks::ReadsAndWrites } else { Blocks::Writes };
            Row { object: at.to_string(), bars: vec![bar(blocks)] }
        };
        let shown: Vec<String> = worst((0..90).map(row).collect()).into_iter().map(|row| row.object).collect();
        assert_eq!(shown.len(), FIRST_ROWS);
        assert!((0..30).all(|third| shown.contains(&(third * 3).to_string())), "{shown:?}");
        assert!(shown.is_sorted_by_key(|object| object.parse::<usize>().unwrap_or(0)), "{shown:?}");
        assert_eq!(worst((0..5).map(row).collect()).len(), 5);
    }
}
