//! Runs: where is it, is it alive, who waits for it, how do I stop it?

use gloo::events::EventListener;
use gloo::timers::callback::Interval;
use planner::protocol::{Run, RunEvent, RunState};
use wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent};
use yew::prelude::*;

use super::PageProps;
use crate::api;
use crate::components::standard::empty_state;
use crate::errand::Errand;
use crate::locale::say;
use crate::message::decode;
use crate::route::{Page, Route};
use crate::state::{Action, Server};
use crate::words;

mod back;
mod one;
mod stop;

/// The page: the list, or one run.
#[component]
pub(crate) fn Runs(props: &PageProps) -> Html {
    let served = matches!(props.state.server, Server::Present(_));
    let selected = props.route.selected.clone();
    {
        let (errand, selected) = (props.errand.clone(), selected.clone());
        use_effect_with((served, selected), move |(served, selected)| {
            if *served {
                errand.emit(Errand::Runs);
                selected.iter().for_each(|id| errand.emit(Errand::Run(id.clone())));
            }
        });
    }
    use_events(selected.clone().filter(|_| served), props);
    let moving = props.state.runs.as_deref().is_some_and(|runs| runs.iter().any(|run| run.state == RunState::Running));
    use_polling(served && selected.is_none() && moving, props);
    if !served {
        let waiting = props.state.server == Server::Asking;
        return html! {
            <div class="page"><h1>{say::runs()}</h1>
                if waiting {
                    <p class="waiting" role="status">{say::asking_server()}</p>
                } else {
                    {empty_state(say::nothing_can_run(), html! {
                        <>
                            <p>{say::plain_files()}</p>
                            <pre class="sql"><code>{"flightplan serve"}</code></pre>
                        </>
                    })}
                }
            </div>
        };
    }
    match selected {
        Some(id) => match props.state.run(&id) {
            Some(run) => one::view(run, props),
            None => {
                html! { <div class="page"><h1>{say::run()}</h1><p class="waiting" role="status">{say::reading_run(&id)}</p></div> }
            }
        },
        None => html! {
            <div class="page"><h1>{say::runs()}</h1>
                if let Some(answer) = props.state.answer.as_ref().filter(|_| props.state.may("run")) {
                    {to_emergency(&answer.settings.environment)}
                }
                {list(props.state.runs.as_deref())}
            </div>
        },
    }
}

/// The way to the playbook of an environment.
pub(super) fn to_emergency(environment: &str) -> Html {
    html! {
        <p><a href={Route::at(Page::Emergency, environment).href()}>{say::emergency_on(environment)}</a>
            <span class="quiet">{say::emergency_what()}</span></p>
    }
}

/// Reads the list again every two seconds while a run in it moves.
#[hook]
fn use_polling(on: bool, props: &PageProps) {
    let errand = props.errand.clone();
    use_effect_with(on, move |on| {
        let interval = on.then(|| Interval::new(2_000, move || errand.emit(Errand::Runs)));
        move || drop(interval)
    });
}

/// Follows a run while it is looked at.
#[hook]
fn use_events(id: Option<String>, props: &PageProps) {
    let (dispatch, errand) = (props.dispatch.clone(), props.errand.clone());
    use_effect_with(id, move |id| {
        let source = id.as_ref().and_then(|id| EventSource::new(&api::events(id)).ok().map(|source| (id.clone(), source)));
        let listening = source.map(|(id, source)| {
            let message = EventListener::new(&source, "message", move |event| {
                let text = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string()).unwrap_or_default();
                if let Ok(event) = decode::<RunEvent>(text.as_bytes()) {
                    dispatch.emit(Action::Event(event));
                }
            });
            // The browser connects again by itself; what was missed is read meanwhile.
            let error = EventListener::new(&source, "error", move |_| errand.emit(Errand::Run(id.clone())));
            (source, message, error)
        });
        move || {
            if let Some((source, message, error)) = listening {
                source.close();
                drop((message, error));
            }
        }
    });
}

/// Runs as a table.
pub(super) fn list(runs: Option<&[Run]>) -> Html {
    match runs {
        None => html! { <p class="waiting" role="status">{say::reading_runs()}</p> },
        Some([]) => empty_state(
            say::nothing_ran(),
            html! {
                <>
                    <p>{say::run_starts()}</p>
                    <p><a href={Route::page(Page::Plan).href()}>{say::open_plan()}</a></p>
                </>
            },
        ),
        Some(runs) => html! {
            <div class="table-frame" tabindex="0" role="region" aria-label={say::runs()}><table class="table">
                <thead><tr><th>{say::state()}</th><th>{say::started()}</th><th>{say::environment()}</th><th>{say::plan()}</th><th>{say::steps_column()}</th><th>{say::by()}</th><th>{say::what()}</th></tr></thead>
                <tbody>{for runs.iter().map(|run| html! {
                    <tr key={run.id.clone()} data-testid="run-row" data-id={run.id.clone()}>
                        <td><a href={Route::at(Page::Runs, &run.id).href()}>{state_chip(run.state)}</a></td>
                        <td>{words::moment(&run.started_at)}</td><td>{&run.environment}</td><td><code>{words::short(&run.digest)}</code></td>
                        <td>{say::of(&run.steps_done.to_string(), &run.steps.to_string())}</td><td>{&run.actor}</td><td class="wide" lang="en">{&run.message}</td>
                    </tr>
                })}</tbody>
            </table></div>
        },
    }
}

fn state_chip(state: RunState) -> Html {
    use crate::components::chip::Chip;
    use crate::components::icon::Icon;
    let icon = match state {
        RunState::Pending => Icon::Clock,
        RunState::Waiting => Icon::Gate,
        RunState::Running => Icon::Play,
        RunState::Done => Icon::Check,
        RunState::Failed => Icon::Cross,
        RunState::Stopped => Icon::Octagon,
    };
    html! { <Chip {icon} text={words::run_state(state)} tone={format!("run-{}", state.word())} /> }
}
