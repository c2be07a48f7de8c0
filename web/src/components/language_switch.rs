//! The language of the page.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::locale::{Language, say, spoken};

/// The choice of a language; `choose` hears which.
pub(crate) fn language_switch(choose: Callback<Language>) -> Html {
    let onchange = Callback::from(move |event: Event| {
        let select = event.target_dyn_into::<HtmlSelectElement>();
        if let Some(language) = select.and_then(|select| Language::of(&select.value())) {
            language.keep();
            choose.emit(language);
        }
    });
    let spoken = spoken();
    html! {
        <label class="language"><span class="visually-hidden">{say::language()}</span>
            <select {onchange} title={say::language_title()} data-testid="language">
                {for Language::ALL.into_iter().map(|language| html! {
                    <option value={language.tag()} lang={language.tag()} selected={language == spoken}>{language.name()}</option>
                })}
            </select>
        </label>
    }
}
