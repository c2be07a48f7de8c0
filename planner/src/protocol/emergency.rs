//! The emergency, step by step, as the store keeps it and the page shows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The application is stopped.
    Stop,
    /// The database goes back.
    RollBack,
    /// Rows, constraints and the project's own checks.
    Verify,
    /// The application is started.
    Start,
    /// Its health is watched.
    Watch,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Stop, Self::RollBack, Self::Verify, Self::Start, Self::Watch];

    /// As a command.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Stop => "Stop the application",
            Self::RollBack => "Roll back the database",
            Self::Verify => "Verify data integrity",
            Self::Start => "Start the application",
            Self::Watch => "Watch its health",
        }
    }

    /// As one word, for messages and places where tests kill.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::RollBack => "rollback",
            Self::Verify => "verify",
            Self::Start => "start",
            Self::Watch => "watch",
        }
    }
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    #[default]
    Pending,
    /// Begun. Without a living process nobody knows how far it came.
    Begun,
    /// Done.
    Done,
    /// It failed, and may be tried again.
    Failed,
}

/// What is known of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The step.
    pub step: Step,
    /// Where it stands.
    pub state: StepState,
    /// When it was begun first, RFC 3339 in UTC.
    pub began_at: Option<String>,
    /// When it ended last.
    pub finished_at: Option<String>,
    /// Milliseconds of its last attempt.
    pub ms: u64,
    /// How often it was begun.
    pub attempts: u32,
    /// Who said that it is done, where a person did.
    pub settled_by: Option<String>,
    /// What was seen and done, as sentences.
    pub notes: Vec<String>,
}

/// How an emergency ended, or that it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It goes on with the next call.
    Open,
    /// All five steps are done.
    Done,
    /// A person ended it before.
    GivenUp,
}

/// An emergency, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emergency {
    /// Its id.
    pub id: String,
    /// Environment.
    pub environment: String,
    /// Database, without credentials.
    pub target: String,
    /// Who began it.
    pub actor: String,
    /// When, RFC 3339 in UTC.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Where it stands.
    pub state: State,
    /// The run before which the database goes back to; absent: a schema was named.
    pub undone: Option<String>,
    /// The schema it goes back to; absent: the state before a run.
    pub to: Option<String>,
    /// What is lost may be lost.
    pub accept_loss: bool,
    /// What is lost, as it was counted before.
    pub losses: Vec<String>,
    /// Tables that the way back changes.
    pub touched: Vec<String>,
    /// Rows of each table when the application had stopped, before the way back.
    pub counts: Option<BTreeMap<String, u64>>,
    /// Constraints that did not hold then.
    pub broken_before: Vec<String>,
    /// Replicas that ran before the application was stopped, where Kubernetes runs it.
    pub replicas: Option<u32>,
    /// The steps.
    pub steps: Vec<StepRecord>,
}

impl Emergency {
    /// One that begins now: the time as RFC 3339 in UTC.
    #[must_use]
    pub fn begin(id: String, environment: &str, target: String, actor: String, started_at: String) -> Self {
        let pending = |step| StepRecord {
            step,
            state: StepState::Pending,
            began_at: None,
            finished_at: None,
            ms: 0,
            attempts: 0,
            settled_by: None,
            notes: Vec::new(),
        };
        Self {
            id,
            environment: environment.to_owned(),
            target,
            actor,
            started_at,
            finished_at: None,
            state: State::Open,
            undone: None,
            to: None,
            accept_loss: false,
            losses: Vec::new(),
            touched: Vec::new(),
            counts: None,
            broken_before: Vec::new(),
            replicas: None,
            steps: Step::ALL.map(pending).to_vec(),
        }
    }

    /// Where it goes, in words.
    #[must_use]
    pub fn goal(&self) -> String {
        match (&self.undone, &self.to) {
            (Some(run), _) => format!("the state before run {run}"),
            (None, Some(to)) => format!("the schema of {to}"),
            (None, None) => "nowhere".to_owned(),
        }
    }

    /// The first step that is not done.
    #[must_use]
    pub fn next(&self) -> Option<Step> {
        self.steps.iter().find(|record| record.state != StepState::Done).map(|record| record.step)
    }
}

/// What a person says of a step whose outcome nobody knows, or that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// It is done.
    Done,
    /// Do it again.
    Again,
}

/// Begins the emergency of an environment, or goes on with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartEmergency {
    /// The environment.
    pub environment: String,
    /// The name of its database, as the person typed it: [`SeenEmergency::database`].
    pub confirm: String,
    /// What would be lost may be lost.
    #[serde(default)]
    pub accept_loss: bool,
    /// Of the step that is next: what became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle: Option<Settled>,
}

/// Ends the emergency of an environment where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiveUpEmergency {
    /// The environment.
    pub environment: String,
    /// The name of its database, as the person typed it.
    pub confirm: String,
}

/// The playbook on an environment as it is now. Looking touches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEmergency {
    /// The environment.
    pub environment: String,
    /// What a person has to type: the name of the database, or of its file.
    pub database: String,
    /// The one that is not over; it would go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Emergency>,
    /// A process goes through it now.
    #[serde(default)]
    pub under_way: bool,
    /// What each step would do and how things stand, as sentences.
    pub steps: Vec<StepAhead>,
    /// What would be lost, as sentences.
    pub losses: Vec<String>,
    /// What would keep it from beginning, as sentences.
    pub refusals: Vec<String>,
}

/// A step before it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepAhead {
    /// The step.
    pub step: Step,
    /// What it would do and how it stands, as sentences.
    pub would: Vec<String>,
}
