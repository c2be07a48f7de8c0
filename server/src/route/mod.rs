//! The HTTP routes: thin, the JSON is `planner::protocol`.

pub mod admin;
pub mod approvals;
pub mod comments;
pub mod emergencies;
pub mod environments;
pub mod form;
pub mod gates;
pub mod guard;
pub mod idempotency;
pub mod login;
pub mod metrics;
pub mod oidc;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod project;
pub mod runs;
pub mod shape;
pub mod way_back;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use tokio::sync::Notify;
use url::Url;

use crate::event::StopSwitch;
use crate::identity::oidc::Providers;
use crate::identity::{Identity, Permission};
use crate::route::problem::Rejection;
use crate::store::Store;
use crate::workspace::Workspace;

/// How people come in.
#[derive(Clone, Debug)]
pub struct Door {
    /// Who acts where nobody signs in.
    pub user: String,
    /// Nobody signs in.
    pub open: bool,
    /// What the address that makes the first user holds.
    pub setup: Option<String>,
    /// The address that people know, where a proxy stands before the server: `https://flightplan.example`.
    pub origin: Option<Url>,
    /// Who else says who somebody is.
    pub providers: Providers,
}

/// What the routes share.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

struct Inner {
    workspace: Workspace,
    store: Store,
    user: String,
    /// Nobody signs in: who reaches the server is `user`.
    open: bool,
    /// What the address that makes the first user holds, until it was used.
    setup: Mutex<Option<String>>,
    origin: Option<Url>,
    providers: Providers,
    /// The project's name, which roles are granted for.
    project: String,
    listen: SocketAddr,
    lock_wait: Duration,
    /// Runs at a gate that this process goes on with.
    watched: Mutex<BTreeSet<String>>,
    /// Runs of this process that are under way.
    running: Mutex<BTreeMap<String, StopSwitch>>,
    /// Woken at each event of a run of this process.
    changed: Arc<Notify>,
    closing: std::sync::atomic::AtomicBool,
}

impl Shared {
    /// The state of a server.
    #[must_use]
    pub fn new(workspace: Workspace, store: Store, door: Door, listen: SocketAddr, lock_wait: Duration) -> Self {
        let project = workspace.settings(&workspace.request).0.project;
        Self(Arc::new(Inner {
            workspace,
            store,
            user: door.user,
            open: door.open,
            setup: Mutex::new(door.setup),
            origin: door.origin,
            providers: door.providers,
            project,
            listen,
            lock_wait,
            watched: Mutex::default(),
            running: Mutex::default(),
            changed: Arc::default(),
            closing: std::sync::atomic::AtomicBool::new(false),
        }))
    }

    /// Whether people sign in.
    fn signs_in(&self) -> bool {
        !self.0.open
    }

    /// Whether browsers reach it by HTTPS.
    fn is_https(&self) -> bool {
        self.0.origin.as_ref().is_some_and(|origin| origin.scheme() == "https")
    }

    /// The address that people know, with a slash at its end.
    fn here(&self) -> String {
        self.0.origin.as_ref().map_or_else(|| format!("http://{}/", self.0.listen), ToString::to_string)
    }

    fn setup_token(&self) -> Option<String> {
        self.0.setup.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn used_setup(&self) {
        *self.0.setup.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Refuses who may not do something in an environment.
    ///
    /// # Errors
    /// 403.
    fn require(&self, identity: &Identity, permission: Permission, environment: &str) -> Result<(), Rejection> {
        identity.require(permission, &self.0.project, environment).map_err(|failure| {
            Rejection::new(axum::http::StatusCode::FORBIDDEN, "Not permitted", format!("{} {}", failure.message, failure.cure))
        })
    }

    /// Whether somebody may see an environment.
    fn shows(&self, identity: &Identity, environment: &str) -> bool {
        self.permits(identity, Permission::View, environment)
    }

    /// Whether somebody may do something in an environment.
    fn permits(&self, identity: &Identity, permission: Permission, environment: &str) -> bool {
        identity.may(permission, &self.0.project, environment)
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, StopSwitch>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watched(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks every run to stop at its next safe point, and ends the event streams.
    pub fn stop_all(&self) {
        self.0.closing.store(true, std::sync::atomic::Ordering::SeqCst);
        for switch in self.running().values() {
            switch.stop();
        }
        self.0.changed.notify_waiters();
    }

    fn closing(&self) -> bool {
        self.0.closing.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Waits for the runs under way.
    pub async fn settled(&self) {
        while !self.running().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// All routes.
pub fn router(shared: Shared) -> Router {
    let api = Router::new()
        .route("/project", get(project::get))
        .route("/approvals", get(approvals::list).post(approvals::approve))
        .route("/plans/{digest}/comments", get(comments::list).post(comments::add))
        .route("/runs", get(runs::list).post(runs::start))
        .route("/runs/{id}", get(runs::one))
        .route("/runs/{id}/measures", get(runs::measures))
        .route("/runs/{id}/cancel", post(runs::cancel))
        .route("/runs/{id}/pause", post(runs::pause))
        .route("/runs/{id}/resume", post(runs::resume))
        .route("/runs/{id}/way-back", get(way_back::look))
        .route("/runs/{id}/rollback", post(way_back::go))
        .route("/emergencies", get(emergencies::list).post(emergencies::start))
        .route("/emergencies/ahead", get(emergencies::ahead))
        .route("/emergencies/give-up", post(emergencies::give_up))
        .route("/emergencies/{id}", get(emergencies::one))
        .route("/emergencies/{id}/report", get(emergencies::report))
        .route("/environments", get(environments::list))
        .route("/gates", get(gates::list))
        .route("/runs/{id}/gates/{name}/open", post(gates::open))
        .route("/runs/{id}/events", get(runs::events))
        .route("/openapi.json", get(openapi::json))
        .route("/docs", get(openapi::page))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::not_allowed)
        .layer(middleware::from_fn_with_state(shared.clone(), idempotency::replay))
        .layer(middleware::from_fn_with_state(shared.clone(), guard::check))
        .layer(middleware::from_fn(problem::dress));
    let health = get(|| async { Json(serde_json::json!({"status": "ok"})) }).fallback(problem::not_allowed);
    let health = Router::new().route("/health", health);
    let metrics = get(metrics::text).fallback(problem::not_allowed);
    let metrics = metrics.layer(middleware::from_fn_with_state(shared.clone(), guard::check));
    let forms = Router::new()
        .route("/login", get(login::show).post(login::sign_in))
        .route("/login/with/{provider}", get(oidc::go))
        .route("/login/with/{provider}/back", get(oidc::back))
        .route("/setup", get(login::show_setup).post(login::set_up))
        .route("/logout", post(login::sign_out))
        .layer(middleware::from_fn_with_state(shared.clone(), guard::forms));
    let pages = Router::new()
        .route(guard::ADMIN, get(admin::show))
        .fallback(page::serve)
        .layer(middleware::from_fn_with_state(shared.clone(), guard::page));
    Router::new()
        .nest("/api/v1", health.merge(api))
        .route("/metrics", metrics)
        .merge(forms)
        .fallback_service(pages.with_state(shared.clone()))
        .with_state(shared)
}
