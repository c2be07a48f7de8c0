//! Ways back, asked of the server: of one run, and of an environment by its playbook.

use planner::protocol::RollBack;
use planner::protocol::emergency::{GiveUpEmergency, StartEmergency};
use wasm_bindgen_futures::spawn_local;
use yew::Callback;

use super::{go, told};
use crate::api::{self, ApiError};
use crate::locale::say;
use crate::route::{Page, Route};
use crate::state::Action;
use crate::state::emergency::News;

/// What is asked about the emergency of an environment.
#[derive(Clone, Debug)]
pub enum Call {
    /// What each step would do now.
    Look(String),
    /// How the newest one stands, and those before.
    Watch(String),
    /// Begin, or go on.
    Start(StartEmergency),
    /// End it where it is.
    GiveUp(GiveUpEmergency),
}

/// Sets out.
pub(super) fn call(call: Call, dispatch: Callback<Action>) {
    spawn_local(async move {
        match call {
            Call::Look(environment) => look(environment, &dispatch).await,
            Call::Watch(environment) => watch(environment, &dispatch).await,
            Call::Start(asked) => {
                let begun = api::start_emergency(&asked).await;
                answered(begun.map(News::Begun), asked.environment, say::nothing_begun(), &dispatch).await;
            }
            Call::GiveUp(asked) => {
                let ended = api::give_up_emergency(&asked).await;
                answered(ended.map(News::Ended), asked.environment, say::emergency_unended(), &dispatch).await;
            }
        }
    });
}

async fn look(environment: String, dispatch: &Callback<Action>) {
    let seen = api::emergency_ahead(&environment).await.map_err(ApiError::detail);
    dispatch.emit(Action::Emergency(News::Ahead(environment.clone(), Box::new(seen))));
    // After it: one that ended between two questions is seen to have ended.
    watch(environment, dispatch).await;
}

async fn watch(environment: String, dispatch: &Callback<Action>) {
    match api::emergencies(&environment).await {
        Ok(all) => dispatch.emit(Action::Emergency(News::All(environment, all))),
        Err(error) => dispatch.emit(Action::Failed(error.notice(say::emergency_unread()))),
    }
}

/// After a refusal things may stand otherwise than the page knew.
async fn answered(answer: Result<News, ApiError>, environment: String, title: &str, dispatch: &Callback<Action>) {
    match answer {
        Ok(news) => {
            let ended = matches!(news, News::Ended(_));
            dispatch.emit(Action::Dismiss);
            dispatch.emit(Action::Emergency(news));
            // What is ahead is another thing now; while one is under way it is looked at all the time.
            if ended {
                look(environment, dispatch).await;
            }
        }
        Err(error) => {
            dispatch.emit(Action::Failed(error.notice(title)));
            look(environment, dispatch).await;
        }
    }
}

/// Looks at the way back from a run.
pub(super) fn way_back(run: String, dispatch: Callback<Action>) {
    spawn_local(async move {
        let seen = api::way_back(&run).await.map_err(ApiError::detail);
        dispatch.emit(Action::WayBack(run, Box::new(seen)));
    });
}

/// Goes back; the run that does is shown at once.
pub(super) fn roll_back(run: String, asked: RollBack, dispatch: Callback<Action>) {
    spawn_local(async move {
        let begun = api::roll_back(&run, &asked).await;
        begun.iter().for_each(|run| go(&Route::at(Page::Runs, &run.id)));
        told(begun.map(Action::Run), say::nothing_rolled_back(), &dispatch);
    });
}
