//! The whole graph in a corner, with the part that is seen; pointing at it moves the view. Hidden from screen readers: the
//! table beside the drawing has the same content.

use web_sys::PointerEvent;
use yew::prelude::*;

use crate::folding::Folded;

/// Its width and height in CSS pixels: `.minimap` in pages.css.
const SIZE: (f64, f64) = (140.0, 110.0);
/// The most it enlarges to: a small graph stays small in it.
const MOST: f64 = 0.15;
/// A mark for a node, and the least of the frame for the part that is seen.
const MARK: f64 = 3.0;

/// The minimap: its marks, the upper left and lower right corner of the part that is seen in units of the drawing, and the
/// point that the reader wants in the middle.
pub(crate) fn minimap(
    size: (f64, f64),
    marks: &AttrValue,
    ((left, top), (right, bottom)): ((f64, f64), (f64, f64)),
    onmove: Callback<(f64, f64)>,
) -> Html {
    let scale = scale(size);
    let go = Callback::from(move |event: PointerEvent| {
        // The drawing behind would take the drag for its own.
        event.stop_propagation();
        if event.buttons() != 0 {
            onmove.emit((f64::from(event.offset_x()) / scale.0, f64::from(event.offset_y()) / scale.1));
        }
    });
    let span = |from: f64, to: f64, scale: f64, most: f64| {
        let from = (from * scale).clamp(0.0, most - MARK);
        (from, ((to * scale).clamp(0.0, most) - from).max(MARK))
    };
    let (x, width) = span(left, right, scale.0, SIZE.0);
    let (y, height) = span(top, bottom, scale.1, SIZE.1);
    let number = |value: f64| format!("{value:.1}");
    html! {
        <div class="minimap" aria-hidden="true" data-testid="minimap" onpointerdown={go.clone()} onpointermove={go}>
            // Apart from what moves, so that a large one is drawn once.
            <svg class="minimap-marks"><path d={marks.clone()} /></svg>
            <svg><rect class="minimap-seen" x={number(x)} y={number(y)} width={number(width)} height={number(height)} data-testid="minimap-seen" /></svg>
        </div>
    }
}

/// Each direction by itself: a chain of thousands would be a hair otherwise.
fn scale(size: (f64, f64)) -> (f64, f64) {
    ((SIZE.0 / size.0.max(1.0)).min(MOST), (SIZE.1 / size.1.max(1.0)).min(MOST))
}

/// A mark for each item; those that follow each other and fall together are one.
pub(crate) fn marks(folded: &Folded) -> AttrValue {
    let scale = scale(folded.size);
    let (mut marks, mut last) = (String::new(), String::new());
    for item in &folded.items {
        let mark = format!("M{:.0} {:.0}h{MARK}", item.place.0 * scale.0 - MARK / 2.0, item.place.1 * scale.1);
        if mark != last {
            marks.push_str(&mark);
            last = mark;
        }
    }
    marks.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folding::Item;

    #[test]
    fn a_long_chain_fills_the_height_and_marks_that_fall_together_are_one() {
        let size = (400.0, 800_000.0);
        assert_eq!(scale(size), (MOST, SIZE.1 / 800_000.0));
        let item = |at: u32| Item { node: at as usize, chain: None, place: (200.0, f64::from(at) * 80.0) };
        let folded = Folded { items: (0..10_000).map(item).collect(), size, ..Folded::default() };
        let marks = marks(&folded);
        assert!((100..=111).contains(&marks.matches('M').count()), "{marks}");
    }
}
