//! What the page asks of the outside world, and the actions that come back.

use std::rc::Rc;

use planner::Project;
use planner::graph::{dot, mermaid};
use planner::project::ProjectFile;
use planner::protocol::{ApproveRequest, OpenGate, RollBack, SayComment};
use wasm_bindgen_futures::spawn_local;
use web_sys::FileSystemEntry;
use yew::Callback;

use crate::api::{self, ApiError};
use crate::files::browser::{self, Found};
use crate::locale::say;
use crate::picture;
use crate::route::{Page, Route};
use crate::state::{Action, Notice, State};

pub mod beside;
pub mod emergency;

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
    /// Plan pasted SQL.
    Paste(String),
    /// Save a file of the project in hand on the reader's disk.
    Save(String),
    /// Save the graph on the reader's disk, as a file with this ending: `svg`, `dot`, `mmd`.
    Export(&'static str),
    /// Approve the plan in hand.
    Approve,
    /// Fetch the approvals of a digest.
    Approvals(String),
    /// Run the plan in hand.
    Start,
    /// Tell a run to `cancel`, `pause` or `resume`.
    Tell(String, &'static str),
    /// Fetch what was said about a digest.
    Comments(String),
    /// Say something about the plan in hand, or about one of its steps.
    Say(SayComment),
    /// Open the gate a run waits at: run, gate, and why it may open.
    OpenGate(String, String, String),
    /// Fetch what is deployed where.
    Environments,
    /// Fetch the gates that runs wait at.
    Gates,
    /// Sign out and show the form to sign in.
    SignOut,
    /// Fetch the runs.
    Runs,
    /// Fetch one run.
    Run(String),
    /// Fetch what going back to the state before a run would do.
    WayBack(String),
    /// Go back to the state before a run.
    RollBack(String, RollBack),
    /// Ask about the emergency of an environment, or act in it.
    Emergency(emergency::Call),
    /// Open, link or compare plans beside that of the project in hand.
    Plans(beside::Plans),
}

/// Sets out; the results come as actions.
pub fn run(errand: Errand, state: &State, dispatch: Callback<Action>) {
    match errand {
        Errand::Environment(name) if state.served().is_none() => dispatch.emit(Action::ChooseEnvironment(name)),
        Errand::Environment(name) => load(Some(name), false, dispatch),
        Errand::Load(name) => load(name, state.generation == 0, dispatch),
        Errand::Walk(entries) => {
            let in_hand = Rc::clone(&state.project);
            spawn_local(async move { take(browser::walk(entries).await, &in_hand, &dispatch).await });
        }
        Errand::Read(found) => {
            let in_hand = Rc::clone(&state.project);
            spawn_local(async move { take(found, &in_hand, &dispatch).await });
        }
        Errand::Paste(sql) => {
            let file = ProjectFile { path: "sql/V1__pasted.sql".to_owned(), content: sql.into_bytes() };
            let (name, project) = (say::pasted_sql().to_owned(), Project { files: vec![file] });
            dispatch.emit(Action::Dropped { name, project, skipped: Vec::new() });
        }
        Errand::Save(path) => {
            if let Some(file) = state.project.files.iter().find(|file| file.path == path) {
                browser::save(&path, &file.content);
            }
        }
        Errand::Export(ending) => {
            if let Some(answer) = &state.answer {
                let text = match ending {
                    "svg" => picture::svg(&answer.graph, &answer.layout),
                    "dot" => dot(&answer.graph),
                    _ => mermaid(&answer.graph),
                };
                browser::save(&["graph.", ending].concat(), text.as_bytes());
            }
        }
        Errand::Approve => approve(state, dispatch),
        Errand::Start => start(state, dispatch),
        Errand::Approvals(digest) => spawn_local(async move {
            if let Ok(approvals) = api::approvals(&digest).await {
                dispatch.emit(Action::Approvals(digest, approvals));
            }
        }),
        Errand::Tell(id, wish) => spawn_local(async move {
            told(api::tell(&id, wish).await.map(Action::Run), say::not_told(), &dispatch);
        }),
        Errand::Comments(digest) => spawn_local(async move {
            if let Ok(comments) = api::comments(&digest).await {
                dispatch.emit(Action::Comments(digest, comments));
            }
        }),
        Errand::Say(said) => {
            let Some(digest) = state.answer.as_ref().map(|answer| answer.plan.digest.clone()) else { return };
            spawn_local(async move {
                told(api::say(&digest, &said).await.map(Action::Said), say::nobody_told(), &dispatch);
            });
        }
        Errand::OpenGate(id, gate, reason) => spawn_local(async move {
            let opened = api::open_gate(&id, &gate, &OpenGate { reason }).await;
            told(opened.map(Action::Run), say::gate_closed(), &dispatch);
        }),
        Errand::Environments => spawn_local(async move {
            let seen = api::environments().await.map(Action::Environments);
            told(seen, say::deployed_unread(), &dispatch);
        }),
        Errand::Gates => spawn_local(async move { told(api::gates().await.map(Action::Gates), say::gates_unread(), &dispatch) }),
        Errand::SignOut => spawn_local(async move {
            match api::sign_out().await {
                // The server leads to its form.
                Ok(()) => drop(gloo::utils::window().location().reload()),
                Err(error) => dispatch.emit(Action::Failed(error.notice(say::still_signed_in()))),
            }
        }),
        Errand::Runs => spawn_local(async move { told(api::runs().await.map(Action::Runs), say::runs_unread(), &dispatch) }),
        Errand::Run(id) => spawn_local(async move { told(api::run(&id).await.map(Action::Run), say::run_unread(), &dispatch) }),
        Errand::WayBack(run) => emergency::way_back(run, dispatch),
        Errand::RollBack(run, asked) => emergency::roll_back(run, asked, dispatch),
        Errand::Emergency(call) => emergency::call(call, dispatch),
        Errand::Plans(errand) => beside::run(errand, state, dispatch),
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
                dispatch.emit(Action::Failed(error.notice(say::project_unread())));
            }
        }
    });
}

/// What was given, with patches on it or on the project in hand; a plan file by itself is opened.
async fn take(found: Vec<Found>, in_hand: &Project, dispatch: &Callback<Action>) {
    if let Some(action) = beside::plan(&found).await {
        return dispatch.emit(action);
    }
    let given = browser::read(found).await.finish();
    let patched = !given.patches.is_empty();
    let (name, project, skipped) = given.patched(in_hand);
    // A patch of which nothing fits changed nothing.
    if project.files.is_empty() || patched && project == *in_hand {
        let taught = say::file_kinds();
        let detail = if skipped.is_empty() { taught.to_owned() } else { skipped.join(" ") };
        dispatch.emit(Action::Failed(Notice { title: say::no_migrations_found().to_owned(), detail, stale: false }));
        return;
    }
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
        told(api::approve(&approval).await.map(Action::Approved), say::not_approved(), &dispatch);
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
            Err(error) => dispatch.emit(Action::Failed(error.notice(say::not_started_plan()))),
        }
    });
}

/// Shows another page.
pub fn go(route: &Route) {
    // A hash is always accepted.
    let _ = gloo::utils::window().location().set_hash(&route.href());
}
