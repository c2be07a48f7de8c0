//! Project, environment, target, plan digest, reader, theme.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::digest_chip::DigestChip;
use super::theme_switch::ThemeSwitch;
use crate::errand::Errand;
use crate::message::Answer;
use crate::state::{Origin, State};

/// Properties of [`TopBar`].
#[derive(Properties, PartialEq)]
pub(crate) struct TopBarProps {
    /// What is known.
    pub state: UseReducerHandle<State>,
    /// To choose another environment.
    pub errand: Callback<Errand>,
}

/// The bar.
#[component]
pub(crate) fn TopBar(props: &TopBarProps) -> Html {
    let state = &props.state;
    let project = match (&state.origin, &state.answer) {
        (Some(Origin::Dropped { name, .. }), answer) => answer
            .as_ref()
            .map(|answer| answer.settings.project.clone())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| name.clone()),
        (_, Some(answer)) => answer.settings.project.clone(),
        _ => String::new(),
    };
    html! {
        <header class="top-bar">
            <a class="skip-link" href="#content">{"Skip to the content"}</a>
            <span class="brand">{"Flightplan"}</span>
            if !project.is_empty() {
                <span class="project" title="Project">{project}</span>
            }
            if let Some(answer) = state.answer.as_ref() {
                {environment(answer, props.errand.clone())}
                {target(state, answer)}
                <DigestChip digest={answer.plan.digest.clone()} stale={state.stale().map(AttrValue::from)} planning={state.planning()} />
            }
            <span class="top-space"></span>
            if let Some(user) = state.served().map(|served| served.user.clone()).filter(|user| !user.is_empty()) {
                <span class="user" title="Who approves and runs from this page">{user}</span>
            }
            <ThemeSwitch />
        </header>
    }
}

fn environment(answer: &Answer, errand: Callback<Errand>) -> Html {
    let current = &answer.settings.environment;
    let mut names = answer.settings.environments.clone();
    if !names.contains(current) {
        names.insert(0, current.clone());
    }
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            errand.emit(Errand::Environment(select.value()));
        }
    });
    html! {
        <label class="environment"><span class="visually-hidden">{"Environment"}</span>
            <select data-testid="environment" {onchange} title="Environment">
                {for names.iter().map(|name| html! { <option value={name.clone()} selected={name == current}>{name}</option> })}
            </select>
        </label>
    }
}

/// Which database, and whether it answers.
fn target(state: &State, answer: &Answer) -> Html {
    let dialect = format!("{} {}", answer.settings.dialect.title(), answer.settings.server_version);
    let Some(status) = state.served().map(|served| &served.target) else {
        return html! { <span class="target" title="Planned without a database: durations are unknown">{dialect}</span> };
    };
    match (&status.identity, status.reachable) {
        (Some(identity), true) => html! { <span class="target" title={identity.clone()}>{dialect}</span> },
        (identity, _) => {
            let reason = status
                .message
                .clone()
                .or_else(|| identity.clone())
                .unwrap_or_else(|| "This environment names no database.".to_owned());
            let words = if identity.is_some() { "does not answer" } else { "no database" };
            html! { <span class="target is-away" title={reason}>{format!("{dialect}, {words}")}</span> }
        }
    }
}
