//! Plans beside that of the project in hand: files of plans, links, and what to compare with.

use std::rc::Rc;

use planner::Request;
use wasm_bindgen_futures::spawn_local;
use yew::Callback;

use crate::api;
use crate::files::browser::{self, Found};
use crate::files::link::{self, MOST, MOST_UNPACKED};
use crate::files::stream;
use crate::locale::say;
use crate::message::Other;
use crate::state::beside::Link;
use crate::state::{Action, Notice, State};

/// Carries its own checksum.
const FORMAT: &str = "gzip";

/// What is done with plans beside.
#[derive(Clone, Debug)]
pub enum Plans {
    /// Open what a link holds: its letters.
    OpenLink(String),
    /// Make a link of what it is to hold.
    Press(Rc<Vec<u8>>),
    /// Hold the plan in hand against that of a file.
    CompareFile(Vec<Found>),
    /// Against that of another environment.
    CompareEnvironment(String),
}

/// Sets out.
pub(super) fn run(errand: Plans, state: &State, dispatch: Callback<Action>) {
    match errand {
        Plans::OpenLink(letters) => spawn_local(async move {
            dispatch.emit(match open_link(&letters).await {
                Ok(linked) => Action::OpenLink(Box::new(linked)),
                Err(why) => failed(say::link_unopened(), &say::link_cut(&why)),
            });
        }),
        Plans::Press(bytes) => spawn_local(async move { dispatch.emit(Action::Link(press(&bytes).await)) }),
        Plans::CompareFile(found) => spawn_local(async move {
            dispatch.emit(match browser::plan(&found).await {
                Some((name, Ok(json))) => Action::Compare(name, Other::File(json)),
                Some((_, Err(why))) => failed(say::file_unread(), &why),
                None => failed(say::file_unread(), say::choose_plan_file()),
            });
        }),
        Plans::CompareEnvironment(name) if state.served().is_none() => {
            let request = Request { environment: Some(name.clone()), ..Request::default() };
            dispatch.emit(Action::Compare(name, Other::Request(Box::new(request))));
        }
        Plans::CompareEnvironment(name) => spawn_local(async move {
            dispatch.emit(match api::project(Some(&name)).await {
                Ok(response) => Action::Compare(name, Other::Request(Box::new(response.request))),
                Err(error) => Action::Failed(error.notice(say::environment_unread())),
            });
        }),
    }
}

/// Opens a plan file, where one was given by itself.
pub(super) async fn plan(found: &[Found]) -> Option<Action> {
    Some(match browser::plan(found).await? {
        (name, Ok(json)) => Action::OpenPlan(name, json),
        (_, Err(why)) => failed(say::file_unopened(), &why),
    })
}

fn failed(title: &str, detail: &str) -> Action {
    Action::Failed(Notice { title: title.to_owned(), detail: detail.to_owned(), stale: false })
}

async fn open_link(letters: &str) -> Result<link::Linked, String> {
    let packed = link::from_letters(letters).ok_or(say::link_letters_wrong())?;
    let bytes = stream::inflate(&packed, FORMAT, MOST_UNPACKED).await.ok_or(say::link_not_whole())?;
    link::read(&bytes)
}

async fn press(bytes: &[u8]) -> Link {
    let Some(packed) = stream::compress(bytes, FORMAT).await else { return Link::Refused };
    let address = gloo::utils::window().location().href().unwrap_or_default();
    let page = address.split('#').next().unwrap_or_default();
    let link = [page, crate::route::SHARED, &link::to_letters(&packed)].concat();
    if link.len() > MOST { Link::TooLong(link.len()) } else { Link::Ready(Rc::from(link)) }
}
