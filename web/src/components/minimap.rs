//! The whole graph in a corner, with the part that is seen; pointing at it moves the view. Hidden from screen readers: the
//! table beside the drawing has the same content.

use std::collections::BTreeSet;

use planner::sort::Gather;
use web_sys::{Element, PointerEvent};
use yew::prelude::*;

use crate::folding::Folded;
use crate::shared::Shared;

/// Its width and height in CSS pixels: `.minimap` in pages.css.
const SIZE: (f64, f64) = (140.0, 110.0);
/// The most it enlarges to: a small graph stays small in it.
const MOST: f64 = 0.15;
/// A mark for a node, and the least of the frame for the part that is seen.
const MARK: f64 = 3.0;

/// Properties of [`Minimap`].
#[derive(Properties, PartialEq)]
pub(crate) struct MinimapProps {
    /// What is drawn.
    pub folded: Shared<Folded>,
    /// Upper left and lower right corner of the part that is seen, in units of the drawing.
    pub seen: ((f64, f64), (f64, f64)),
    /// The reader wants this point in the middle.
    pub onmove: Callback<(f64, f64)>,
}

/// The minimap.
#[component]
pub(crate) fn Minimap(props: &MinimapProps) -> Html {
    let scale = scale(props.folded.size);
    let marks = use_memo(props.folded.clone(), move |folded| marks(folded, scale));
    let frame = use_node_ref();
    let go = {
        let (onmove, frame) = (props.onmove.clone(), frame.clone());
        Callback::from(move |event: PointerEvent| {
            // The drawing behind would take the drag for its own.
            event.stop_propagation();
            if let Some(frame) = frame.cast::<Element>().filter(|_| event.buttons() != 0) {
                let edge = frame.get_bounding_client_rect();
                let (x, y) = (f64::from(event.client_x()) - edge.left(), f64::from(event.client_y()) - edge.top());
                onmove.emit((x / scale.0, y / scale.1));
            }
        })
    };
    let ((left, top), (right, bottom)) = props.seen;
    let span = |from: f64, to: f64, scale: f64, most: f64| {
        let from = (from * scale).clamp(0.0, most - MARK);
        (from, ((to * scale).clamp(0.0, most) - from).max(MARK))
    };
    let (x, width) = span(left, right, scale.0, SIZE.0);
    let (y, height) = span(top, bottom, scale.1, SIZE.1);
    let number = |value: f64| format!("{value:.1}");
    html! {
        <div class="minimap" ref={frame} aria-hidden="true" data-testid="minimap" onpointerdown={go.clone()} onpointermove={go}>
            // Apart from what moves, so that a large one is drawn once.
            <svg class="minimap-marks" width={SIZE.0.to_string()} height={SIZE.1.to_string()}><path d={(*marks).clone()} /></svg>
            <svg width={SIZE.0.to_string()} height={SIZE.1.to_string()}>
                <rect class="minimap-seen" x={number(x)} y={number(y)} width={number(width)} height={number(height)} data-testid="minimap-seen" />
            </svg>
        </div>
    }
}

/// Each direction by itself: a chain of thousands would be a hair otherwise.
fn scale(size: (f64, f64)) -> (f64, f64) {
    ((SIZE.0 / size.0.max(1.0)).min(MOST), (SIZE.1 / size.1.max(1.0)).min(MOST))
}

/// A mark for each item, those that fall together once.
fn marks(folded: &Folded, scale: (f64, f64)) -> AttrValue {
    let mark = |(x, y): (f64, f64)| format!("M{:.0} {:.0}h{MARK}", x * scale.0 - MARK / 2.0, y * scale.1);
    let marks: BTreeSet<String> = folded.items.iter().map(|item| mark(item.place)).gather();
    marks.into_iter().collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folding::Item;

    #[test]
    fn a_long_chain_fills_the_height_and_marks_that_fall_together_are_one() {
        let size = (400.0, 800_000.0);
        assert_eq!(scale(size), (MOST, SIZE.1 / 800_000.0));
        let items =
            (0..10_000).map(|at| Item { nodes: [at].into(), place: (200.0, f64::from(u32::try_from(at).unwrap_or(0)) * 80.0) });
        let folded = Folded { items: items.collect(), lines: Vec::new(), places: Vec::new(), size };
        let marks = marks(&folded, scale(size));
        assert!((100..=111).contains(&marks.matches('M').count()), "{marks}");
    }
}
