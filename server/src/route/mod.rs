//! The HTTP routes: thin, the JSON is `planner::protocol`.

pub mod approvals;
pub mod environments;
pub mod gates;
pub mod guard;
pub mod idempotency;
pub mod metrics;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod project;
pub mod runs;
pub mod shape;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use tokio::sync::Notify;

use crate::event::StopSwitch;
use crate::store::Store;
use crate::workspace::Workspace;

/// What the routes share.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

struct Inner {
    workspace: Workspace,
    store: Store,
    user: String,
    listen: SocketAddr,
    lock_wait: Duration,
    /// Runs of this process that are under way.
    running: Mutex<BTreeMap<String, StopSwitch>>,
    /// Woken at each event of a run of this process.
    changed: Arc<Notify>,
    closing: std::sync::atomic::AtomicBool,
}

impl Shared {
    /// The state of a server.
    #[must_use]
    pub fn new(workspace: Workspace, store: Store, user: String, listen: SocketAddr, lock_wait: Duration) -> Self {
        Self(Arc::new(Inner {
            workspace,
            store,
            user,
            listen,
            lock_wait,
            running: Mutex::default(),
            changed: Arc::default(),
            closing: std::sync::atomic::AtomicBool::new(false),
        }))
    }

    /// Who acts.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.0.user
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, StopSwitch>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
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
        .route("/health", get(|| async { Json(serde_json::json!({"status": "ok"})) }))
        .route("/project", get(project::get))
        .route("/approvals", get(approvals::list).post(approvals::approve))
        .route("/runs", get(runs::list).post(runs::start))
        .route("/runs/{id}", get(runs::one))
        .route("/runs/{id}/measures", get(runs::measures))
        .route("/runs/{id}/cancel", post(runs::cancel))
        .route("/runs/{id}/pause", post(runs::pause))
        .route("/runs/{id}/resume", post(runs::resume))
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
    let metrics = get(metrics::text).fallback(problem::not_allowed);
    Router::new().nest("/api/v1", api).route("/metrics", metrics).fallback(page::serve).with_state(shared)
}
