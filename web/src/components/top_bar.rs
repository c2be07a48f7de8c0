//! Project, environment, target, plan digest, reader, theme.

use planner::protocol::ProjectResponse;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::button::Button;
use super::digest_chip::DigestChip;
use super::icon::Icon;
use super::keyboard::Keyboard;
use super::theme_switch::ThemeSwitch;
use crate::errand::Errand;
use crate::message::Answer;
use crate::route::{Page, Route};
use crate::state::{Origin, State};

/// Properties of [`TopBar`].
#[derive(Properties, PartialEq)]
pub(crate) struct TopBarProps {
    /// What is known.
    pub state: UseReducerHandle<State>,
    /// Where the reader is.
    pub route: Route,
    /// To choose another environment, and to sign out.
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
                if state.may("run") {
                    <a class="to-emergency" href={Route::at(Page::Emergency, &answer.settings.environment).href()} data-testid="to-emergency"
                        title={format!("Stops the application, takes {} back and starts it again", answer.settings.environment)}>{Icon::Octagon.svg()}<span>{"Emergency"}</span></a>
                }
                <DigestChip digest={answer.plan.digest.clone()} stale={state.stale().map(AttrValue::from)} planning={state.planning()} />
            }
            <span class="top-space"></span>
            if let Some(served) = state.served().filter(|served| !served.user.is_empty()) {
                <span class="user" title={who(served)} data-testid="user">{&served.user}</span>
                if served.signed_in {
                    <Button kind="link" testid="sign-out" onclick={props.errand.reform(|()| Errand::SignOut)}>{"Sign out"}</Button>
                }
            }
            <Keyboard state={state.clone()} route={props.route.clone()} />
            <ThemeSwitch />
        </header>
    }
}

/// What they may do here, in words.
fn who(served: &ProjectResponse) -> String {
    if !served.signed_in {
        return "Nobody signs in to this server: who is at its machine approves and runs".to_owned();
    }
    let may = if served.may.is_empty() { "nothing".to_owned() } else { served.may.join(", ") };
    format!("Signed in. May here: {may}")
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
