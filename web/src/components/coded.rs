//! Commands and names inside of a sentence, which stand between backticks in it.

use yew::prelude::*;

/// The sentence with what is between backticks as code.
pub(crate) fn coded(text: &str) -> Html {
    let piece = |(at, part): (usize, &str)| {
        let part = part.to_owned();
        if at % 2 == 1 {
            html! { <code>{part}</code> }
        } else {
            html! { {part} }
        }
    };
    text.split('`').enumerate().map(piece).collect()
}
