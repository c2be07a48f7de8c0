//! The page as a whole: state, worker and address tied together; what is shown stands in `pages`.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::events::EventListener;
use yew::prelude::*;

use crate::components::alerts::Alerts;
use crate::components::rail::Rail;
use crate::components::top_bar::TopBar;
use crate::errand::beside::Plans;
use crate::errand::{self, Errand};
use crate::locale::Language;
use crate::message::Question;
use crate::pages;
use crate::route::{Page, Route, SHARED};
use crate::state::beside::Link;
use crate::state::{Action, Server, State};
use crate::worker_link::WorkerLink;

/// The page.
#[component]
pub fn App() -> Html {
    let state = use_reducer(|| {
        let language = Language::chosen();
        language.speak();
        State { language, ..State::default() }
    });
    use_effect_with(state.language, |language| language.tell());
    let route = use_route();
    let dispatch = {
        let dispatcher = state.dispatcher();
        use_callback((), move |action: Action, ()| dispatcher.dispatch(action))
    };
    let errand = {
        let dispatch = dispatch.clone();
        use_callback(state.clone(), move |errand: Errand, state| errand::run(errand, state, dispatch.clone()))
    };
    use_worker(&state, &dispatch, route.as_ref().is_some_and(|route| route.page == Page::Schema));
    {
        let errand = errand.clone();
        use_effect_with((), move |()| errand.emit(Errand::Load(None)));
    }
    {
        let errand = errand.clone();
        let digest = state.answer.as_ref().filter(|_| state.served().is_some()).map(|answer| answer.plan.digest.clone());
        use_effect_with(digest, move |digest| {
            if let Some(digest) = digest {
                errand.emit(Errand::Approvals(digest.clone()));
                errand.emit(Errand::Comments(digest.clone()));
            }
        });
    }
    {
        let (errand, environment) = (errand.clone(), state.request.environment.clone());
        use_effect_with(state.ended_runs, move |ended| {
            if *ended > 0 {
                errand.emit(Errand::Load(environment));
            }
        });
    }
    use_links(&state, &errand);
    let start = if matches!(state.server, Server::Present(_)) { Page::Home } else { Page::Migrations };
    let route = (*route).clone().unwrap_or(Route::page(start));
    let shown = route.page;
    let page =
        pages::PageProps { state: state.clone(), route: route.clone(), errand: errand.clone(), dispatch: dispatch.clone() };
    html! {
        <ContextProvider<Language> context={state.language}>
        <div class="shell" data-testid="shell" data-planner={planner_state(&state)}>
            <TopBar state={state.clone()} {route} errand={errand.clone()} dispatch={dispatch.clone()} />
            <Rail page={shown} state={state.clone()} />
            <main class="content" id="content" tabindex="-1">
                <Alerts state={state.clone()} {errand} {dispatch} page={shown} />
                {match shown {
                    Page::Home => html! { <pages::home::Home ..page /> },
                    Page::Migrations => html! { <pages::migrations::Migrations ..page /> },
                    Page::Graph => html! { <pages::graph::Graph ..page /> },
                    Page::Plan => html! { <pages::plan::Plan ..page /> },
                    Page::Schema => html! { <pages::schema::Schema ..page /> },
                    Page::Matrix => html! { <pages::matrix::Matrix ..page /> },
                    Page::Runs => html! { <pages::runs::Runs ..page /> },
                    Page::Audit => html! { <pages::audit::Audit /> },
                    Page::Emergency => html! { <pages::emergency::Emergency ..page /> },
                    Page::Compare => html! { <pages::compare::Compare ..page /> },
                }}
            </main>
        </div>
        </ContextProvider<Language>>
    }
}

/// For tests: whether the planner can be asked.
fn planner_state(state: &State) -> &'static str {
    if state.crash.is_some() {
        "stopped"
    } else if state.ready {
        "ready"
    } else {
        "loading"
    }
}

/// The address; none where it names no page.
#[hook]
fn use_route() -> UseStateHandle<Option<Route>> {
    let route = use_state(current_route);
    {
        let route = route.setter();
        use_effect_with((), move |()| {
            // A hash that names no page is a place in this one: the link that skips to the content.
            let listener = EventListener::new(&gloo::utils::window(), "hashchange", move |_| {
                current_route().into_iter().for_each(|new| route.set(Some(new)));
            });
            move || drop(listener)
        });
    }
    route
}

fn current_route() -> Option<Route> {
    Route::parse(&gloo::utils::window().location().hash().unwrap_or_default())
}

/// Starts the worker, starts it again after a crash was read, and keeps it supplied. The lineage of the schema is asked for
/// where its page is shown.
#[hook]
fn use_worker(state: &UseReducerHandle<State>, dispatch: &Callback<Action>, schema_shown: bool) {
    let link: Rc<RefCell<Option<WorkerLink>>> = use_mut_ref(|| None);
    {
        let (link, dispatch) = (Rc::clone(&link), dispatch.clone());
        use_effect_with(state.crash.is_some(), move |crashed| {
            if *crashed {
                link.replace(None);
                return;
            }
            match WorkerLink::start(dispatch.clone()) {
                Ok(worker) => {
                    link.replace(Some(worker));
                }
                Err(reason) => dispatch.emit(Action::Crashed(reason)),
            }
        });
    }
    {
        let (link, project) = (Rc::clone(&link), Rc::clone(&state.project));
        use_effect_with(state.project_number, move |number| {
            if let Some(worker) = link.borrow().as_ref().filter(|_| *number > 0) {
                worker.give(project);
            }
        });
    }
    {
        let (link, request) = (Rc::clone(&link), state.request.clone());
        let (opened, as_given) = (state.opened.clone(), state.as_given());
        use_effect_with(state.generation, move |&generation| {
            if let Some(worker) = link.borrow().as_ref().filter(|_| generation > 0) {
                worker.ask(match opened {
                    Some(opened) => Question::Open { generation, json: opened.json.to_string() },
                    None => Question::Plan { generation, request: Box::new(request), as_given },
                });
            }
        });
    }
    {
        let link = Rc::clone(&link);
        use_effect_with((state.answered, schema_shown), move |&(generation, shown)| {
            if let Some(worker) = link.borrow().as_ref().filter(|_| shown && generation > 0) {
                worker.ask(Question::Lineage { generation });
            }
        });
    }
    use_plans_beside(&link, state);
    // The curve shows all sizes, so only another statement, pause or project changes it.
    let pause =
        state.curve_wanted.as_ref().and_then(|statement| state.request.batches.get(statement)).map(|choice| choice.pause_ms);
    let (generation, request) = (state.generation, state.request.clone());
    use_effect_with((state.curve_wanted.clone(), pause, state.project_number), move |(statement, _, _)| {
        if let Some((worker, statement)) = link.borrow().as_ref().zip(statement.clone()) {
            worker.ask(Question::Curve { generation, request: Box::new(request), statement });
        }
    });
}

/// Asks the worker for what a link holds, and what two plans differ in; the latter again with each plan.
#[hook]
fn use_plans_beside(link: &Rc<RefCell<Option<WorkerLink>>>, state: &UseReducerHandle<State>) {
    {
        let link = Rc::clone(link);
        use_effect_with(state.link == Some(Link::Wanted), move |wanted| {
            if let Some(worker) = link.borrow().as_ref().filter(|_| *wanted) {
                worker.ask(Question::Pack);
            }
        });
    }
    let link = Rc::clone(link);
    use_effect_with((state.answered, state.other.clone()), move |(_, other)| {
        if let Some((worker, other)) = link.borrow().as_ref().zip(other.as_ref()) {
            let (label, other) = (**other).clone();
            worker.ask(Question::Compare { label, other });
        }
    });
}

/// Opens the plan of a link once it is known whether there is a server, whose project would come over it; makes links of what
/// the worker packed.
#[hook]
fn use_links(state: &UseReducerHandle<State>, errand: &Callback<Errand>) {
    let arrived = use_state(shared_letters);
    {
        let arrived = arrived.setter();
        use_effect_with((), move |()| {
            let listener = EventListener::new(&gloo::utils::window(), "hashchange", move |_| {
                shared_letters().into_iter().for_each(|letters| arrived.set(Some(letters)));
            });
            move || drop(listener)
        });
    }
    {
        let (errand, settled) = (errand.clone(), state.server != Server::Asking);
        use_effect_with(((*arrived).clone(), settled), move |(letters, settled)| {
            if let Some(letters) = letters.clone().filter(|_| *settled) {
                // In the place of the link, or the way back would lead into it again.
                let _ = gloo::utils::window().location().replace(&Route::page(Page::Plan).href());
                errand.emit(Errand::Plans(Plans::OpenLink(letters)));
            }
        });
    }
    let (errand, link) = (errand.clone(), state.link.clone());
    use_effect_with(link, move |link| {
        if let Some(Link::Packed(bytes)) = link {
            errand.emit(Errand::Plans(Plans::Press(Rc::clone(bytes))));
        }
    });
}

fn shared_letters() -> Option<String> {
    gloo::utils::window().location().hash().unwrap_or_default().strip_prefix(SHARED).map(str::to_owned)
}
