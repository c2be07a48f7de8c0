//! Which rows of a long table are drawn: those in sight and some around them.

use std::ops::Range;

use gloo::timers::callback::Timeout;
use web_sys::Element;
use yew::prelude::*;

/// Tables of at most so many rows are drawn whole.
const WHOLE: usize = 200;
/// Height of a row where not all are drawn, in CSS pixels: `.is-windowed` in content.css.
const ROW: usize = 31;
/// Rows drawn above and below those in sight.
const AROUND: usize = 20;
/// Rows drawn in the first frame: those of a laptop's screen.
const FIRST: usize = 20;
/// Time until the others are drawn, for the first frame to be there before.
const MOMENT_MS: u32 = 60;
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
        gap("above", self.rows.start, ROW)
    }

    /// In place of the rows below.
    pub(crate) fn below(&self) -> Html {
        gap("below", self.count - self.rows.end, ROW)
    }
}

/// In place of rows of one height. Its key keeps the place, without which the rows beside it would lose theirs.
pub(crate) fn gap(key: &'static str, rows: usize, height: usize) -> Html {
    if rows == 0 {
        return html! { <key={key}></> };
    }
    html! { <tr {key} class="gap" aria-hidden="true"><td height={(rows * height).to_string()}></td></tr> }
}

/// The window of a table of `count` rows.
#[hook]
pub(crate) fn use_window(count: usize) -> Window {
    let seen = use_state_eq(|| (0_usize, 40_usize));
    let begun = use_state_eq(|| false);
    {
        let begun = begun.setter();
        // What cannot be seen comes a moment after what can, so that neither keeps the page long.
        use_effect_with((), move |()| {
            let later = Timeout::new(MOMENT_MS, move || begun.set(true));
            move || drop(later)
        });
    }
    let onscroll = {
        let seen = seen.setter();
        Callback::from(move |event: Event| {
            if let Some(frame) = event.target_dyn_into::<Element>() {
                let pixels = |pixels: i32| usize::try_from(pixels).unwrap_or(0) / ROW;
                seen.set((pixels(frame.scroll_top()) / STRIDE * STRIDE, pixels(frame.client_height())));
            }
        })
    };
    let mut rows = rows(count, *seen);
    if !*begun {
        rows.end = rows.end.min(rows.start + FIRST);
    }
    Window { onscroll, rows, count }
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
