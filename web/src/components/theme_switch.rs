//! Light or dark; `theme.js` sets the same class before the first paint.

use gloo::storage::{LocalStorage, Storage};
use yew::prelude::*;

use super::icon::Icon;
use crate::locale::{say, use_language};

const DARK: &str = "pf-v6-theme-dark";

/// The switch.
#[component]
pub(crate) fn ThemeSwitch() -> Html {
    use_language();
    let root = gloo::utils::document_element();
    let dark = use_state(|| root.class_list().contains(DARK));
    let onclick = {
        let dark = dark.clone();
        Callback::from(move |_: MouseEvent| {
            let next = !*dark;
            // Neither can fail in a way the reader could mend: the class is valid, and storage may be forbidden.
            let _ = gloo::utils::document_element().class_list().toggle_with_force(DARK, next);
            let _ = raw_set(if next { "dark" } else { "light" });
            dark.set(next);
        })
    };
    let label = if *dark { say::theme_light() } else { say::theme_dark() };
    html! { <button type="button" class="icon-button" {onclick} aria-label={label} title={label}>{Icon::Theme.svg()}</button> }
}

/// Without JSON quotes, as `theme.js` reads it.
fn raw_set(theme: &str) -> Result<(), wasm_bindgen::JsValue> {
    LocalStorage::raw().set_item("flightplan.theme", theme)
}
