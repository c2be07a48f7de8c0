//! Which rows and columns of a large table are drawn: those in sight and some around them.

use std::ops::Range;

use web_sys::Element;
use yew::prelude::*;

/// Tables of at most so many rows are drawn whole.
const WHOLE: usize = 200;
/// Height of a row where not all are drawn, in CSS pixels: `.is-windowed` in content.css.
const ROW: usize = 31;
/// Rows drawn above and below those in sight.
const AROUND: usize = 20;
/// The window moves by so many rows, so that not every pixel of scrolling draws anew.
const STRIDE: usize = 10;

/// The rows to draw, and what the table needs so that they change when it is scrolled.
pub(crate) struct Window {
    /// For `onscroll` of the element that scrolls the table.
    pub onscroll: Callback<Event>,
    /// The rows to draw.
    pub rows: Range<usize>,
    count: usize,
}

impl Window {
    /// Class of the table: in a window all rows have one height.
    pub(crate) fn class(&self) -> Option<&'static str> {
        (self.count > WHOLE).then_some("is-windowed")
    }

    /// In place of the rows above; a height as attribute, because the content security policy allows no inline style.
    pub(crate) fn above(&self) -> Html {
        gap(self.rows.start)
    }

    /// In place of the rows below.
    pub(crate) fn below(&self) -> Html {
        gap(self.count - self.rows.end)
    }
}

fn gap(rows: usize) -> Html {
    if rows == 0 {
        return Html::default();
    }
    html! { <tr class="gap" aria-hidden="true"><td height={(rows * ROW).to_string()}></td></tr> }
}

/// The window of a table of `count` rows.
#[hook]
pub(crate) fn use_window(count: usize) -> Window {
    let seen = use_state_eq(|| (0_usize, 40_usize));
    let onscroll = {
        let seen = seen.setter();
        Callback::from(move |event: Event| {
            if let Some(frame) = event.target_dyn_into::<Element>() {
                let pixels = |pixels: i32| usize::try_from(pixels).unwrap_or(0) / ROW;
                seen.set((pixels(frame.scroll_top()) / STRIDE * STRIDE, pixels(frame.client_height())));
            }
        })
    };
    Window { onscroll, rows: rows(count, *seen), count }
}

/// Tables of at most so many columns are drawn whole, and rows of them too while they have no more.
const NARROW: usize = 24;
/// Width of a column where not all are drawn, in CSS pixels: `.is-grid` in pages.css.
const COLUMN: usize = 150;
/// The part of a grid moves by so many columns.
const COLUMNS: usize = 4;

/// The part of a large grid to draw.
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
        self.size.0 > NARROW || self.size.1 > NARROW
    }

    /// In place of the rows above and below.
    pub(crate) fn above(&self) -> Html {
        gap(self.rows.start)
    }

    /// See [`Self::above`].
    pub(crate) fn below(&self) -> Html {
        gap(self.size.0 - self.rows.end)
    }

    /// In place of the columns before and behind; a width as attribute, as the height of rows.
    pub(crate) fn beside(&self, behind: bool) -> Html {
        let columns = if behind { self.size.1 - self.columns.end } else { self.columns.start };
        if columns == 0 {
            return Html::default();
        }
        html! { <td class="gap" aria-hidden="true" width={(columns * COLUMN).to_string()}></td> }
    }
}

/// The part of a grid of that many rows and columns.
#[hook]
pub(crate) fn use_grid(rows: usize, columns: usize) -> Grid {
    let seen = use_state_eq(|| ((0_usize, 24_usize), (0_usize, 10_usize)));
    let onscroll = {
        let seen = seen.setter();
        Callback::from(move |event: Event| {
            if let Some(frame) = event.target_dyn_into::<Element>() {
                let count = |pixels: i32, size: usize| usize::try_from(pixels).unwrap_or(0) / size;
                let down = (count(frame.scroll_top(), ROW) / STRIDE * STRIDE, count(frame.client_height(), ROW));
                let across = (count(frame.scroll_left(), COLUMN) / COLUMNS * COLUMNS, count(frame.client_width(), COLUMN));
                seen.set((down, across));
            }
        })
    };
    let large = rows > NARROW || columns > NARROW;
    let part = |count: usize, (first, seen): (usize, usize), around: usize| {
        let end = (first + seen + around * 2).min(count);
        if large { first.saturating_sub(around).min(end.saturating_sub(seen))..end } else { 0..count }
    };
    // What is seen begins up to a stride behind the first: half of it before, and one and a half behind, are enough.
    Grid { onscroll, rows: part(rows, seen.0, STRIDE / 2), columns: part(columns, seen.1, COLUMNS / 2), size: (rows, columns) }
}

fn rows(count: usize, (first, seen): (usize, usize)) -> Range<usize> {
    if count <= WHOLE {
        return 0..count;
    }
    let end = (first + seen + STRIDE + AROUND).min(count);
    // After a filter the scroll position may lie behind the end until the browser moves it.
    first.saturating_sub(AROUND).min(end.saturating_sub(seen + AROUND))..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tables_are_drawn_whole_and_long_ones_around_what_is_seen() {
        assert_eq!(rows(WHOLE, (0, 10)), 0..WHOLE);
        assert_eq!(rows(1_000, (0, 20)), 0..50);
        assert_eq!(rows(1_000, (500, 20)), 480..550);
        assert_eq!(rows(1_000, (980, 20)), 960..1_000);
        let behind = rows(300, (980, 20));
        assert!(behind.end == 300 && behind.start < 280, "{behind:?}");
    }
}
