//! One file a page; each answers its question in the first screen.

pub(crate) mod audit;
pub(crate) mod compare;
pub(crate) mod emergency;
pub(crate) mod graph;
pub(crate) mod home;
pub(crate) mod matrix;
pub(crate) mod migrations;
pub(crate) mod plan;
pub(crate) mod runs;
pub(crate) mod schema;

use yew::prelude::*;

use crate::components::drop_zone::DropZone;
use crate::components::standard::empty_state;
use crate::errand::Errand;
use crate::locale::say;
use crate::message::Answer;
use crate::route::Route;
use crate::shared::Shared;
use crate::state::{Action, Server, State};

/// What every page gets.
#[derive(Clone, Properties, PartialEq)]
pub(crate) struct PageProps {
    /// What is known.
    pub state: UseReducerHandle<State>,
    /// Where the reader is.
    pub route: Route,
    /// To fetch and to do.
    pub errand: Callback<Errand>,
    /// To change the state.
    pub dispatch: Callback<Action>,
}

impl PageProps {
    /// The answer, or what to show instead.
    fn answer(&self) -> Result<Shared<Answer>, Html> {
        self.state.answer.clone().ok_or_else(|| waiting(&self.state, &self.errand))
    }
}

/// What is shown while there is no plan.
fn waiting(state: &State, errand: &Callback<Errand>) -> Html {
    if state.crash.is_some() {
        return Html::default();
    }
    if state.generation > 0 {
        return html! { <p class="waiting" role="status">{say::planning()}</p> };
    }
    match state.server {
        Server::Asking => {
            html! { <p class="waiting" role="status">{say::asking_server()}</p> }
        }
        Server::Absent | Server::Present(_) => empty_state(
            say::no_project(),
            html! {
                <>
                    <p>{say::no_project_what()}</p>
                    <DropZone errand={errand.clone()} />
                </>
            },
        ),
    }
}
