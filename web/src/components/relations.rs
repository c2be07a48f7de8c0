//! What a table hangs together with by foreign keys, drawn: who names it, itself, whom it names.

use yew::prelude::*;

use crate::locale::{say, use_language};
use crate::words;

/// Height of a row, and of the box in it.
const ROW: usize = 34;
const BOX: usize = 26;
/// Width of the drawing, and of a box.
const WIDTH: usize = 420;
const WIDE: usize = 124;
/// Boxes to a side; the others are counted.
const MOST: usize = 12;

/// Properties of [`Relations`].
#[derive(Properties, PartialEq)]
pub(crate) struct RelationsProps {
    /// The table.
    pub name: String,
    /// The tables it names.
    pub parents: Vec<String>,
    /// The tables that name it.
    pub children: Vec<String>,
    /// Address of a table.
    pub href: Callback<String, AttrValue>,
}

/// The drawing; nothing where there are no foreign keys.
#[component]
pub(crate) fn Relations(props: &RelationsProps) -> Html {
    use_language();
    if props.parents.is_empty() && props.children.is_empty() {
        return Html::default();
    }
    let rows = props.parents.len().max(props.children.len()).clamp(1, MOST);
    let height = rows * ROW;
    let middle = (WIDTH - WIDE) / 2;
    let centre = height / 2;
    let side = |names: &[String], left: usize| -> Html {
        let first = (height - names.len().min(MOST) * ROW) / 2;
        names
            .iter()
            .take(MOST)
            .enumerate()
            .map(|(at, name)| {
                let y = first + at * ROW + ROW / 2;
                let (from, to) = if left == 0 { (WIDE, middle) } else { (middle + WIDE, left) };
                let (from_y, to_y) = if left == 0 { (y, centre) } else { (centre, y) };
                let bend = (from + to) / 2;
                html! {
                    <>
                        <path class="edge-line" d={format!("M{from} {from_y}C{bend} {from_y} {bend} {to_y} {to} {to_y}")} />
                        <a class="relation" href={props.href.emit(name.clone())}>{table(name, left, y, "")}</a>
                    </>
                }
            })
            .collect()
    };
    let more = props.parents.len().saturating_sub(MOST) + props.children.len().saturating_sub(MOST);
    html! {
        <>
            <h3>{say::foreign_keys()}</h3>
            <p class="relation-heads quiet"><span>{say::named_by()}</span><span>{say::names()}</span></p>
            <svg class="relations" viewBox={format!("0 0 {WIDTH} {height}")} width={WIDTH.to_string()} height={height.to_string()} role="group" aria-label={say::relations()} data-testid="relations">
                {side(&props.children, 0)}
                {table(&props.name, middle, centre, "is-own")}
                {side(&props.parents, WIDTH - WIDE)}
            </svg>
            if more > 0 {
                <p class="quiet">{say::and_more(&words::amount(more))}</p>
            }
        </>
    }
}

fn table(name: &str, left: usize, y: usize, class: &'static str) -> Html {
    // The schema is the same for most, and the box is narrow; the whole name is the link's own.
    let short = name.rsplit('.').next().unwrap_or(name);
    let text = if short.chars().count() <= 15 { short.to_owned() } else { short.chars().take(14).chain(['…']).collect() };
    html! {
        <>
            <title>{name.to_owned()}</title>
            <rect class={classes!("relation-box", class)} x={left.to_string()} y={(y - BOX / 2).to_string()} width={WIDE.to_string()} height={BOX.to_string()} rx="3" />
            <text class="node-id" x={(left + 8).to_string()} y={(y + 4).to_string()}>{text}</text>
        </>
    }
}
