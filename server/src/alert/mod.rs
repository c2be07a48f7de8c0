//! Alerts: what is told, and what is done, when a run takes too long, keeps others waiting, grows a table or fails too often.
//!
//! They are rules of the one engine that watches a run ([`crate::trigger`]); this folder reads them and tells people.

pub mod notify;
pub mod settings;

use std::time::Duration;

use serde::Serialize;

/// What is done when a rule fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Somebody is told: the name of a `[notify.NAME]`.
    Notify(String),
    /// The statement at work is cancelled and the run ends.
    Abort,
    /// No batch and no step begins until somebody says so.
    Pause,
    /// As [`Self::Abort`], and what the run has applied is taken back where nothing is lost.
    RollBack,
}

/// What somebody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// The rule: `migration_duration`.
    pub alert: String,
    /// What was seen, as a sentence.
    pub message: String,
    /// Id of the run; the receiver tells repetitions by it and the rule.
    pub run: String,
    /// The environment.
    pub environment: String,
    /// The database, without credentials.
    pub target: String,
    /// The digest of the plan.
    pub digest: String,
    /// Who started the run.
    pub actor: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

/// How long a receiver may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(10);
