//! PatternFly's standard controls as plain functions over its style sheets: they hold no state, and a component of Yew or
//! of a library around it costs the page several kilobytes each.

use crate::locale::say;
use yew::prelude::*;

/// How bad it is, in PatternFly's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It stops something.
    Danger,
    /// It wants to be known.
    Warning,
}

/// An alert inside the page. Its words come first, no icon is needed.
pub(crate) fn alert(tone: Tone, title: &str, children: Html) -> Html {
    let (class, spoken) = match tone {
        Tone::Danger => ("pf-m-danger", say::danger_alert()),
        Tone::Warning => ("pf-m-warning", say::warning_alert()),
    };
    html! {
        <div class={classes!("pf-v6-c-alert", "pf-m-inline", class)}>
            <p class="pf-v6-c-alert__title"><span class="visually-hidden">{spoken}</span>{title.to_owned()}</p>
            <div class="pf-v6-c-alert__description">{children}</div>
        </div>
    }
}

/// An alert of one line.
pub(crate) fn alert_line(title: &str) -> Html {
    html! {
        <div class="pf-v6-c-alert pf-m-inline pf-m-plain pf-m-danger">
            <p class="pf-v6-c-alert__title"><span class="visually-hidden">{say::danger_alert()}</span>{title.to_owned()}</p>
        </div>
    }
}

/// What stands where nothing is: why, and what to do.
pub(crate) fn empty_state(title: &str, children: Html) -> Html {
    html! {
        <div class="pf-v6-c-empty-state"><div class="pf-v6-c-empty-state__content">
            <div class="pf-v6-c-empty-state__header"><h2 class="pf-v6-c-title pf-m-lg">{title.to_owned()}</h2></div>
            <div class="pf-v6-c-empty-state__body">{children}</div>
        </div></div>
    }
}

/// A switch with its word.
pub(crate) fn switch(label: &'static str, checked: bool, onchange: Callback<Event>) -> Html {
    html! {
        <label class="pf-v6-c-switch">
            <input class="pf-v6-c-switch__input" type="checkbox" role="switch" {checked} {onchange} />
            <span class="pf-v6-c-switch__toggle"></span>
            <span class="pf-v6-c-switch__label">{label}</span>
        </label>
    }
}
