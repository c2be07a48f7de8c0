//! `/emergencies`: the playbook of the project, from the page.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use planner::project::settings::Settings;
use planner::protocol::emergency::{Emergency, GiveUpEmergency, SeenEmergency, Settled, StartEmergency};
use serde::Deserialize;
use tokio::sync::Notify;

use crate::cli::confirm;
use crate::emergency::settings::Playbook;
use crate::emergency::{Audience, Scene};
use crate::event::{Listener, Silence, StopSwitch};
use crate::exit::{Exit, Failure, Outcome};
use crate::identity::{Identity, Permission};
use crate::incident;
use crate::route::Shared;
use crate::route::problem::Rejection;
use crate::store::Store;
use crate::url::TargetUrl;
use crate::workspace::Workspace;

/// The query.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    environment: String,
}

/// `GET /emergencies`: of one environment, or of all that may be seen, newest first.
///
/// # Errors
/// The store's refusal.
pub async fn list(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Vec<Emergency>>, Rejection> {
    let mut all = shared.0.store.emergencies().await?;
    all.retain(|one| wanted.environment.is_empty() || one.environment == wanted.environment);
    all.retain(|one| shared.shows(&identity, &one.environment));
    Ok(Json(all))
}

/// `GET /emergencies/{id}`.
///
/// # Errors
/// 404.
pub async fn one(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Emergency>, Rejection> {
    let found = shared.0.store.emergency(&id).await?;
    let missing = || Rejection::new(StatusCode::NOT_FOUND, "Not found", format!("There is no emergency {id}."));
    let emergency = found.ok_or_else(missing)?;
    shared.require(&identity, Permission::View, &emergency.environment)?;
    Ok(Json(emergency))
}

/// `GET /emergencies/{id}/report`: the report on one as it is now, in Markdown.
///
/// # Errors
/// As [`one`].
pub async fn report(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Response, Rejection> {
    let Json(emergency) = one(State(shared.clone()), Extension(identity), Path(id)).await?;
    let workspace = shared.at(&emergency.environment)?;
    let text = incident::of_emergency(&shared.0.store, &emergency, &workspace.sections().incident).await?;
    // Plain, so that a browser shows it instead of saving it.
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// `GET /emergencies/ahead`: what each step would do and how things stand. Nothing is touched.
///
/// # Errors
/// 422 without a playbook, a database or a way back.
pub async fn ahead(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<SeenEmergency>, Rejection> {
    shared.require(&identity, Permission::View, &wanted.environment)?;
    let place = Place::of(&shared, &wanted.environment, identity.name)?;
    let seen = place.scene()?.ahead(None, false).await?;
    Ok(Json(seen))
}

/// `POST /emergencies`: begins the emergency of an environment, or goes on with it. It goes on by itself.
///
/// # Errors
/// 403 without the role, for who is not an operator, and without the approvals; 409 where a process goes through it; 422
/// where the name is not the database's, without a way back, and where something would be lost that may not be.
pub async fn start(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    body: Result<Json<StartEmergency>, JsonRejection>,
) -> Result<(StatusCode, Json<Emergency>), Rejection> {
    let Json(asked) = body.map_err(|error| Rejection::new(error.status(), "Wrong body", error.body_text()))?;
    shared.require(&identity, Permission::Run, &asked.environment)?;
    let place = Place::of(&shared, &asked.environment, identity.name)?;
    let emergency = {
        let scene = place.scene()?;
        scene.playbook.allows(&place.actor)?;
        confirm::is_name(&asked.confirm, &place.url, "done")?;
        place.take()?;
        let opened = async {
            scene.hold().await?;
            let opened = scene.opened(None, asked.accept_loss, asked.settle.is_some()).await?;
            scene.store.keep_emergency(&opened).await?;
            Ok::<_, Failure>(opened)
        };
        match opened.await {
            Ok(emergency) => emergency,
            Err(failure) => {
                place.let_go(&scene).await;
                return Err(failure.into());
            }
        }
    };
    tokio::spawn(place.go(emergency.clone(), asked.settle));
    Ok((StatusCode::ACCEPTED, Json(emergency)))
}

/// `POST /emergencies/give-up`: ends it where it is.
///
/// # Errors
/// As [`start`].
pub async fn give_up(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    body: Result<Json<GiveUpEmergency>, JsonRejection>,
) -> Result<Json<Emergency>, Rejection> {
    let Json(asked) = body.map_err(|error| Rejection::new(error.status(), "Wrong body", error.body_text()))?;
    shared.require(&identity, Permission::Run, &asked.environment)?;
    let place = Place::of(&shared, &asked.environment, identity.name)?;
    let scene = place.scene()?;
    scene.playbook.allows(&place.actor)?;
    confirm::is_name(&asked.confirm, &place.url, "ended")?;
    place.take()?;
    let ended = async {
        scene.hold().await?;
        let emergency = scene.give_up().await?;
        scene.report(&emergency).await?;
        Ok::<_, Failure>(emergency)
    };
    let ended = ended.await;
    place.let_go(&scene).await;
    Ok(Json(ended?))
}

/// What a [`Scene`] borrows from, for as long as the emergency takes.
struct Place {
    shared: Shared,
    workspace: Workspace,
    settings: Settings,
    url: TargetUrl,
    store: Store,
    actor: String,
    switch: StopSwitch,
}

impl Place {
    fn of(shared: &Shared, environment: &str, actor: String) -> Result<Self, Rejection> {
        let workspace = shared.at(environment)?;
        let (settings, findings) = workspace.settings(&workspace.request);
        crate::execution::refuse_blocking(&findings)?;
        let url = workspace.require_url(&settings)?;
        let (shared, store) = (shared.clone(), shared.0.store.clone());
        Ok(Self { shared, workspace, settings, url, store, actor, switch: StopSwitch::default() })
    }

    fn scene(&self) -> Outcome<Scene<'_>> {
        Ok(Scene {
            workspace: &self.workspace,
            playbook: Playbook::of(&self.workspace)?,
            settings: &self.settings,
            url: &self.url,
            store: &self.store,
            actor: &self.actor,
            lock_wait: self.shared.0.lock_wait,
            audience: self,
        })
    }

    /// What it is called among the runs of this server.
    fn name(&self) -> String {
        format!("emergency of {}", self.settings.environment)
    }

    /// Once in this process: the lock of the store is the whole process's.
    fn take(&self) -> Outcome<()> {
        match self.shared.running().entry(self.name()) {
            Entry::Vacant(free) => {
                free.insert(self.switch.clone());
                Ok(())
            }
            Entry::Occupied(_) => Err(Failure::new(
                Exit::Locked,
                format!("The {} is under way. Nothing was changed.", self.name()),
                "Watch it: it goes on by itself.",
            )),
        }
    }

    async fn let_go(&self, scene: &Scene<'_>) {
        scene.release().await;
        self.shared.running().remove(&self.name());
        self.shared.0.changed.notify_waiters();
    }

    /// Step after step, to its end or to a step that fails; the store has it all.
    async fn go(self, mut emergency: Emergency, settle: Option<Settled>) {
        match self.scene() {
            Ok(scene) => {
                let ended = scene.go(&mut emergency, settle).await;
                let reported = scene.report(&emergency).await.map(drop);
                for failure in [ended.err(), reported.err()].into_iter().flatten() {
                    tracing::warn!("{failure}");
                }
                self.let_go(&scene).await;
            }
            Err(failure) => tracing::warn!("{failure}"),
        }
    }
}

impl Audience for Place {
    fn say(&self, sentence: &str) {
        tracing::info!("{sentence}");
    }

    fn listener(&self) -> Box<dyn Listener> {
        Box::new(Silence)
    }

    fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.shared.0.changed)
    }

    fn switch(&self) -> StopSwitch {
        self.switch.clone()
    }
}
