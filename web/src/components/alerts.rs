//! What must be said above every page: what went wrong, and what blocks the plan.

use yew::prelude::*;

use super::button::Button;
use super::standard::{Tone, alert, alert_line};
use crate::errand::Errand;
use crate::locale::say;
use crate::route::Page;
use crate::state::{Action, Origin, Server, State};
use crate::words;

/// Properties of [`Alerts`].
#[derive(Properties, PartialEq)]
pub(crate) struct AlertsProps {
    /// What is known.
    pub state: UseReducerHandle<State>,
    /// To load again.
    pub errand: Callback<Errand>,
    /// To dismiss, to restart.
    pub dispatch: Callback<Action>,
    /// The page below.
    pub page: Page,
}

/// The alerts, the gravest first.
#[component]
pub(crate) fn Alerts(props: &AlertsProps) -> Html {
    let state = &props.state;
    let act = |action: Action| {
        let dispatch = props.dispatch.clone();
        Callback::from(move |()| dispatch.emit(action.clone()))
    };
    let reload = {
        let (errand, environment) = (props.errand.clone(), state.request.environment.clone());
        Callback::from(move |()| errand.emit(Errand::Load(environment.clone())))
    };
    html! {
        <div class="alerts" aria-live="polite" data-testid="alerts">
            if let Some(reason) = &state.crash {
                {alert(Tone::Danger, say::planner_stopped(), html! {
                    <>
                        <p>{say::planner_said()}{" "}<code>{reason}</code></p>
                        <p>{say::planner_stopped_what()}{" "}<code>{"flightplan plan"}</code></p>
                        <Button onclick={act(Action::Restarted)}>{say::planner_restart()}</Button>
                    </>
                })}
            }
            if let Some(notice) = &state.notice {
                {alert(if notice.stale { Tone::Warning } else { Tone::Danger }, &notice.title, html! {
                    <>
                        <p>{&notice.detail}</p>
                        <div class="actions">
                            if matches!(state.server, Server::Present(_)) {
                                <Button onclick={reload}>{say::reload_project()}</Button>
                            }
                            <Button kind="link" onclick={act(Action::Dismiss)}>{say::dismiss()}</Button>
                        </div>
                    </>
                })}
            }
            {blocking(state, props.page)}
            if props.page == Page::Migrations {
                {skipped(state)}
            }
        </div>
    }
}

/// In full where it is mended or missed, in one line elsewhere.
fn blocking(state: &State, page: Page) -> Html {
    let Some(answer) = &state.answer else { return Html::default() };
    let findings: Vec<_> = answer.findings.iter().filter(|finding| finding.blocking).collect();
    if findings.is_empty() {
        return Html::default();
    }
    if !matches!(page, Page::Migrations | Page::Plan) {
        let title = say::cannot_run_elsewhere(&words::amount(findings.len()));
        return alert_line(&title);
    }
    let more = findings.len().saturating_sub(2);
    let list = html! {
        <ul class="blocking">
            {for findings.iter().take(2).map(|finding| html! {
                <li>
                    if let Some(span) = &finding.span {
                        <code class="place">{format!("{}:{}", span.file, span.line)}</code>
                    }
                    {" "}{&finding.message}{" "}<span class="cure">{finding.workaround.to_string()}</span>
                </li>
            })}
            if more > 0 {
                <li>{say::more_with_migrations(&words::amount(more))}</li>
            }
        </ul>
    };
    alert(Tone::Danger, say::cannot_run(), list)
}

fn skipped(state: &State) -> Html {
    let Some(Origin::Dropped { skipped, .. }) = &state.origin else { return Html::default() };
    if skipped.is_empty() {
        return Html::default();
    }
    let list = html! { <ul>{for skipped.iter().take(10).map(|reason| html! { <li>{reason}</li> })}</ul> };
    alert(Tone::Warning, say::files_left_out(), list)
}
