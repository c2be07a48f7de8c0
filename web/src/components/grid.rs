//! Which part of a large grid is drawn: the blocks of columns and the rows in sight, and a little around them.

use std::ops::Range;

use gloo::events::EventListener;
use web_sys::Element;
use yew::prelude::*;

use super::window::gap;

/// Grids of at most so many rows and columns are drawn whole.
const WHOLE: usize = 24;
/// Height of a row where not all are drawn, in CSS pixels: `.is-grid` in pages.css.
const ROW: usize = 31;
/// Width of a column there.
const COLUMN: usize = 184;
/// The rows drawn begin and end at multiples of this.
const ROWS: usize = 4;
/// Columns of a block, which comes and goes as a whole and stands still between.
pub(crate) const BLOCK: usize = 4;

/// The part of a grid to draw.
pub(crate) struct Grid {
    /// For `onscroll` of the element that scrolls the table.
    pub onscroll: Callback<Event>,
    /// The rows to draw.
    pub rows: Range<usize>,
    /// The columns to draw.
    pub columns: Range<usize>,
    size: (usize, usize),
}

impl Grid {
    /// Whether only a part is drawn.
    pub(crate) fn is_part(&self) -> bool {
        self.size.0 > WHOLE || self.size.1 > WHOLE
    }

    /// The columns to draw, block by block.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Range<usize>> {
        let end = self.columns.end;
        self.columns.clone().step_by(BLOCK).map(move |first| first..(first + BLOCK).min(end))
    }

    /// In place of the rows above.
    pub(crate) fn above(&self) -> Html {
        gap("above", self.rows.start, ROW)
    }

    /// In place of the rows below.
    pub(crate) fn below(&self) -> Html {
        gap("below", self.size.0 - self.rows.end, ROW)
    }

    /// In place of the columns before; a width as attribute, because the content security policy allows no inline style.
    pub(crate) fn before(&self) -> Html {
        beside("before", self.columns.start)
    }

    /// In place of the columns behind.
    pub(crate) fn behind(&self) -> Html {
        beside("behind", self.size.1 - self.columns.end)
    }
}

fn beside(key: &'static str, columns: usize) -> Html {
    // Its key keeps the place, without which the cells beside it would lose theirs.
    if columns == 0 {
        return html! { <key={key}></> };
    }
    html! { <td {key} class="gap" aria-hidden="true" width={(columns * COLUMN).to_string()}></td> }
}

/// The part of a grid of that many rows and columns, in the element that scrolls it.
#[hook]
pub(crate) fn use_grid(rows: usize, columns: usize, frame: &NodeRef) -> Grid {
    let seen = use_state_eq(|| (part(rows, (0, 560), ROW, ROWS), part(columns, (0, 1_080), COLUMN, BLOCK)));
    let look = {
        let (seen, frame) = (seen.setter(), frame.clone());
        Callback::from(move |()| {
            if let Some(frame) = frame.cast::<Element>() {
                let span = |first: i32, size: i32| (usize::try_from(first).unwrap_or(0), usize::try_from(size).unwrap_or(0));
                let down = part(rows, span(frame.scroll_top(), frame.client_height()), ROW, ROWS);
                seen.set((down, part(columns, span(frame.scroll_left(), frame.client_width()), COLUMN, BLOCK)));
            }
        })
    };
    {
        let look = look.clone();
        use_effect_with((rows, columns), move |_| {
            look.emit(());
            let listener = EventListener::new(&gloo::utils::window(), "resize", move |_| look.emit(()));
            move || drop(listener)
        });
    }
    let large = rows > WHOLE || columns > WHOLE;
    let within = |part: &Range<usize>, count: usize| if large { part.start.min(count)..part.end.min(count) } else { 0..count };
    Grid {
        onscroll: look.reform(|_: Event| ()),
        rows: within(&seen.0, rows),
        columns: within(&seen.1, columns),
        size: (rows, columns),
    }
}

/// Of `count` items of one size those between two pixels and one around them, from a multiple of `step` to another.
pub(super) fn part(count: usize, (first, length): (usize, usize), size: usize, step: usize) -> Range<usize> {
    let start = (first / size).saturating_sub(1) / step * step;
    let end = ((first + length).div_ceil(size) + 1).div_ceil(step) * step;
    start.min(count)..end.min(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_holds_what_is_seen_and_moves_in_steps() {
        assert_eq!(part(200, (0, 1_080), COLUMN, BLOCK), 0..8);
        assert_eq!(part(200, (1_000, 1_080), COLUMN, BLOCK), 4..16);
        assert_eq!(part(200, (1_100, 1_080), COLUMN, BLOCK), 4..16, "a short way draws nothing anew");
        assert_eq!(part(200, (35_720, 1_080), COLUMN, BLOCK), 192..200);
        assert_eq!(part(6, (0, 1_080), COLUMN, BLOCK), 0..6);
    }
}
