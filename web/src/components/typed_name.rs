//! The field in which a person types a name before something that cannot be taken back.

use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::*;

use super::coded::coded;
use crate::locale::say;

/// The field. What was typed stands in `typed`; the caller compares it.
pub(crate) fn typed_name(name: &str, typed: &UseStateHandle<String>) -> Html {
    let oninput = {
        let typed = typed.setter();
        Callback::from(move |event: InputEvent| typed.set(event.target_unchecked_into::<HtmlInputElement>().value()))
    };
    html! {
        <label class="reason">
            <span>{coded(&say::type_name(name))}</span>
            <input type="text" autocomplete="off" autocapitalize="off" spellcheck="false" value={(**typed).clone()} {oninput} data-testid="typed-name" />
        </label>
    }
}

/// A box to tick where something would be lost.
pub(crate) fn accept_loss(accepted: &UseStateHandle<bool>) -> Html {
    let onchange = {
        let accepted = accepted.clone();
        Callback::from(move |_: Event| accepted.set(!*accepted))
    };
    html! {
        <label class="accept"><input type="checkbox" checked={**accepted} {onchange} data-testid="accept-loss" />
            <span>{say::accept_loss()}</span></label>
    }
}

/// Sentences under what they are; nothing where there are none.
pub(crate) fn sentences(heading: &str, testid: &'static str, tone: &'static str, sentences: &[String]) -> Html {
    if sentences.is_empty() {
        return Html::default();
    }
    html! {
        <section class={classes!("told", format!("is-{tone}"))} data-testid={testid}>
            <p><strong>{heading.to_owned()}</strong></p>
            <ul>{for sentences.iter().map(|sentence| html! { <li>{sentence}</li> })}</ul>
        </section>
    }
}
