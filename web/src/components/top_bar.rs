//! Project, environment, target, plan digest, reader, theme.

use planner::protocol::ProjectResponse;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::button::Button;
use super::digest_chip::DigestChip;
use super::icon::Icon;
use super::keyboard::Keyboard;
use super::language_switch::language_switch;
use super::theme_switch::ThemeSwitch;
use crate::errand::Errand;
use crate::locale::say;
use crate::message::Answer;
use crate::route::{Page, Route};
use crate::state::{Action, Origin, State};

/// Properties of [`TopBar`].
#[derive(Properties, PartialEq)]
pub(crate) struct TopBarProps {
    /// What is known.
    pub state: UseReducerHandle<State>,
    /// Where the reader is.
    pub route: Route,
    /// To choose another environment, and to sign out.
    pub errand: Callback<Errand>,
    /// To choose a language.
    pub dispatch: Callback<Action>,
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
            <a class="skip-link" href="#content">{say::skip()}</a>
            <span class="brand">{"Flightplan"}</span>
            if !project.is_empty() {
                <span class="project" title={say::project()}>{project}</span>
            }
            if let Some(answer) = state.answer.as_ref() {
                {environment(answer, props.errand.clone())}
                {target(state, answer)}
                if state.may("run") {
                    <a class="to-emergency" href={Route::at(Page::Emergency, &answer.settings.environment).href()} data-testid="to-emergency"
                        title={say::emergency_title(&answer.settings.environment)}>{Icon::Octagon.svg()}<span>{say::emergency()}</span></a>
                }
                <DigestChip digest={answer.plan.digest.clone()} stale={state.stale().map(AttrValue::from)} planning={state.planning()} />
            }
            <span class="top-space"></span>
            if let Some(served) = state.served().filter(|served| !served.user.is_empty()) {
                <span class="user" title={who(served)} data-testid="user">{&served.user}</span>
                if served.signed_in {
                    <Button kind="link" testid="sign-out" onclick={props.errand.reform(|()| Errand::SignOut)}>{say::sign_out()}</Button>
                }
            }
            <Keyboard state={state.clone()} route={props.route.clone()} />
            {language_switch(props.dispatch.reform(Action::Speak))}
            <ThemeSwitch />
        </header>
    }
}

/// What they may do here, in words.
fn who(served: &ProjectResponse) -> String {
    if !served.signed_in {
        return say::nobody_signs_in().to_owned();
    }
    let may = if served.may.is_empty() { say::may_nothing().to_owned() } else { served.may.join(", ") };
    say::signed_in(&may)
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
        <label class="environment"><span class="visually-hidden">{say::environment()}</span>
            <select data-testid="environment" {onchange} title={say::environment()}>
                {for names.iter().map(|name| html! { <option value={name.clone()} selected={name == current}>{name}</option> })}
            </select>
        </label>
    }
}

/// Which database, and whether it answers.
fn target(state: &State, answer: &Answer) -> Html {
    let dialect = format!("{} {}", answer.settings.dialect.title(), answer.settings.server_version);
    let Some(status) = state.served().map(|served| &served.target) else {
        return html! { <span class="target" title={say::planned_without()}>{dialect}</span> };
    };
    match (&status.identity, status.reachable) {
        (Some(identity), true) => html! { <span class="target" title={identity.clone()}>{dialect}</span> },
        (identity, _) => {
            let reason =
                status.message.clone().or_else(|| identity.clone()).unwrap_or_else(|| say::names_no_database().to_owned());
            let words = if identity.is_some() { say::target_silent() } else { say::target_none() };
            html! { <span class="target is-away" title={reason}>{format!("{dialect}, {words}")}</span> }
        }
    }
}
