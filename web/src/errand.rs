//! What the page asks of the outside world, and the actions that come back.

use planner::protocol::{ApproveRequest, OpenGate};
use wasm_bindgen_futures::spawn_local;
use web_sys::FileSystemEntry;
use yew::Callback;

use crate::api::{self, ApiError};
use crate::files::browser::{self, Found};
use crate::route::{Page, Route};
use crate::state::{Action, Notice, State};

/// Something to be fetched or done.
#[derive(Clone, Debug)]
pub enum Errand {
    /// Load the server's project for an environment; none: its default.
    Load(Option<String>),
    /// Plan an environment; of the server's project where there is one.
    Environment(String),
    /// Read dropped entries.
    Walk(Vec<FileSystemEntry>),
    /// Read picked files.
    Read(Vec<Found>),
    /// Save a file of the project in hand on the reader's disk.
    Save(String),
    /// Approve the plan in hand.
    Approve,
    /// Fetch the approvals of a digest.
    Approvals(String),
    /// Run the plan in hand.
    Start,
    /// Stop a run.
    Cancel(String),
    /// Open the gate a run waits at; the reader says why.
    OpenGate(String, String),
    /// Fetch the runs.
    Runs,
    /// Fetch one run.
    Run(String),
}

/// Sets out; the results come as actions.
pub fn run(errand: Errand, state: &State, dispatch: Callback<Action>) {
    match errand {
        Errand::Environment(name) if state.served().is_none() => dispatch.emit(Action::ChooseEnvironment(name)),
        Errand::Environment(name) => load(Some(name), false, dispatch),
        Errand::Load(name) => load(name, state.generation == 0, dispatch),
        Errand::Walk(entries) => spawn_local(async move { take(browser::walk(entries).await, &dispatch).await }),
        Errand::Read(found) => spawn_local(async move { take(found, &dispatch).await }),
        Errand::Save(path) => {
            if let Some(file) = state.project.files.iter().find(|file| file.path == path) {
                browser::save(&path, &file.content);
            }
        }
        Errand::Approve => approve(state, dispatch),
        Errand::Start => start(state, dispatch),
        Errand::Approvals(digest) => spawn_local(async move {
            if let Ok(approvals) = api::approvals(&digest).await {
                dispatch.emit(Action::Approvals(digest, approvals));
            }
        }),
        Errand::Cancel(id) => spawn_local(async move {
            told(api::cancel(&id).await.map(Action::Run), "The run was not told to stop", &dispatch);
        }),
        Errand::OpenGate(id, gate) => {
            let asked = web_sys::window().and_then(|window| window.prompt_with_message("Why may it open?").ok().flatten());
            let Some(reason) = asked else { return };
            spawn_local(async move {
                let opened = api::open_gate(&id, &gate, &OpenGate { reason }).await;
                told(opened.map(Action::Run), "The gate was not opened", &dispatch);
            });
        }
        Errand::Runs => {
            spawn_local(async move { told(api::runs().await.map(Action::Runs), "The runs were not read", &dispatch) })
        }
        Errand::Run(id) => {
            spawn_local(async move { told(api::run(&id).await.map(Action::Run), "The run was not read", &dispatch) })
        }
    }
}

fn told(result: Result<Action, ApiError>, title: &str, dispatch: &Callback<Action>) {
    dispatch.emit(result.unwrap_or_else(|error| Action::Failed(error.notice(title))));
}

/// On the first load an answer in another language means that there is no server at all.
fn load(environment: Option<String>, first: bool, dispatch: Callback<Action>) {
    spawn_local(async move {
        match api::project(environment.as_deref()).await {
            Ok(response) => dispatch.emit(Action::Served(Box::new(response))),
            Err(ApiError::Foreign(_) | ApiError::Unreachable(_)) if first => dispatch.emit(Action::Serverless),
            Err(error) => {
                if first {
                    dispatch.emit(Action::Serverless);
                }
                dispatch.emit(Action::Failed(error.notice("The project was not read")));
            }
        }
    });
}

async fn take(found: Vec<Found>, dispatch: &Callback<Action>) {
    let (root, project, skipped) = browser::read(found).await.finish();
    if project.files.is_empty() {
        dispatch.emit(Action::Failed(Notice {
            title: "No migrations were found".to_owned(),
            detail: "Flightplan reads .sql, .py, .toml, .conf and .ini files. Drop the folder that holds them.".to_owned(),
            stale: false,
        }));
        return;
    }
    let name = if root.is_empty() { crate::words::plural(project.files.len(), "file", "files") } else { root };
    dispatch.emit(Action::Dropped { name, project, skipped });
}

fn approve(state: &State, dispatch: Callback<Action>) {
    let Some(answer) = state.answer.clone() else { return };
    let approval = ApproveRequest {
        environment: answer.plan.environment.clone(),
        digest: answer.plan.digest.clone(),
        batches: state.request.batches.clone(),
        up_to: state.request.up_to.clone(),
        comment: String::new(),
    };
    spawn_local(async move {
        told(api::approve(&approval).await.map(Action::Approved), "The plan was not approved", &dispatch);
    });
}

/// A started run is shown at once.
fn start(state: &State, dispatch: Callback<Action>) {
    let Some(answer) = state.answer.clone() else { return };
    spawn_local(async move {
        match api::start(&answer.plan.digest).await {
            Ok(run) => {
                go(&Route::at(Page::Runs, &run.id));
                dispatch.emit(Action::Run(run));
            }
            Err(error) => dispatch.emit(Action::Failed(error.notice("The plan was not started"))),
        }
    });
}

/// Shows another page.
pub fn go(route: &Route) {
    // A hash is always accepted.
    let _ = gloo::utils::window().location().set_hash(&route.href());
}
