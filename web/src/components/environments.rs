//! Where each environment is, and which release lives there.

use planner::protocol::SeenEnvironment;
use yew::prelude::*;

use super::button::Button;
use super::icon;
use crate::errand::{self, Errand};
use crate::locale::say;
use crate::route::{Page, Route};
use crate::state::State;
use crate::words;

/// Properties of [`Environments`].
#[derive(Properties, PartialEq)]
pub(crate) struct EnvironmentsProps {
    /// What is known.
    pub state: UseReducerHandle<State>,
    /// To ask, and to look at another environment.
    pub errand: Callback<Errand>,
}

/// Asks the server when it is first shown and after each run, and says so meanwhile.
#[component]
pub(crate) fn Environments(props: &EnvironmentsProps) -> Html {
    {
        let errand = props.errand.clone();
        use_effect_with(props.state.ended_runs, move |_| errand.emit(Errand::Environments));
    }
    let names = props.state.answer.as_ref().map(|answer| answer.settings.environments.clone()).unwrap_or_default();
    let seen = props.state.environments.as_deref();
    let unseen = names.iter().filter(|name| !seen.unwrap_or_default().iter().any(|one| one.environment == **name));
    html! {
        <>
            <h2 class="section-title">{say::what_is_deployed()}</h2>
            <div class="table-frame" tabindex="0" role="region" aria-label={say::what_is_deployed()}><table class="table" data-testid="environments">
                <thead><tr><th>{say::environment()}</th><th>{say::at()}</th><th>{say::pending_column()}</th><th>{say::releases_there()}</th><th>{say::going_back()}</th></tr></thead>
                <tbody>
                    {for seen.unwrap_or_default().iter().map(|one| row(one, props))}
                    {for unseen.map(|name| html! {
                        <tr><th scope="row">{plan_of(name, props)}</th><td colspan="4" class="quiet">{if seen.is_none() { say::asking_database() } else { say::no_database_known() }}</td></tr>
                    })}
                </tbody>
            </table></div>
        </>
    }
}

/// The environment's name, which leads to its plan.
fn plan_of(name: &str, props: &EnvironmentsProps) -> Html {
    let (errand, environment) = (props.errand.clone(), name.to_owned());
    let onclick = Callback::from(move |()| {
        errand.emit(Errand::Environment(environment.clone()));
        errand::go(&Route::page(Page::Plan));
    });
    html! { <Button kind="link" {onclick} title={say::plan_for(name)}>{name.to_owned()}</Button> }
}

fn row(one: &SeenEnvironment, props: &EnvironmentsProps) -> Html {
    let at = match (&one.at, &one.problem) {
        (Some(at), _) if at.is_empty() => say::nothing_applied(),
        (Some(at), _) => at,
        (None, Some(problem)) => problem,
        (None, None) => say::not_known(),
    };
    let pending = match one.pending {
        Some(0) => say::nothing().to_owned(),
        Some(steps) => words::plural(steps as usize, say::steps),
        None => say::not_known().to_owned(),
    };
    html! {
        <tr>
            <th scope="row" title={one.target.clone()}>{plan_of(&one.environment, props)}</th>
            <td class={one.problem.is_some().then_some("wide")}>{at}</td>
            <td>{pending}</td>
            <td><p class="chips">{for one.releases.iter().map(|one| html! {
                <span class={format!("chip is-verdict-{}", words::verdict_key(one.verdict))}>
                    {icon::of_verdict(one.verdict).svg()}{format!("{} {}", one.release, words::verdict(one.verdict))}
                </span>
            })}</p></td>
            <td class="wide">{for one.back.iter().map(|back| {
                let what = if back.lossless { say::nothing_lost().to_owned() } else { back.loses.join(" ") };
                html! { <p>{say::back_to(&back.release, &what)}</p> }
            })}</td>
        </tr>
    }
}
