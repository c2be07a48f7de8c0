//! The shapes of the emergency's routes.

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// A step of the playbook.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum StepName {
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

/// Where a step stands.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Pending,
    /// Begun; without a living process nobody knows how far it came.
    Begun,
    /// Done.
    Done,
    /// It failed, and may be tried again.
    Failed,
}

/// How an emergency ended, or that it has not.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum EmergencyState {
    /// It goes on with the next call.
    Open,
    /// All five steps are done.
    Done,
    /// A person ended it before.
    GivenUp,
}

/// What is known of a step.
#[derive(ToSchema)]
pub struct EmergencyStep {
    /// The step.
    step: StepName,
    /// Where it stands.
    state: StepState,
    /// When it was begun first, RFC 3339 in UTC.
    began_at: Option<String>,
    /// When it ended last.
    finished_at: Option<String>,
    /// Milliseconds of its last attempt.
    ms: u64,
    /// How often it was begun.
    attempts: u32,
    /// Who said that it is done, where a person did.
    settled_by: Option<String>,
    /// What was seen and done, as sentences.
    notes: Vec<String>,
}

/// An emergency: application stopped, database back, verified, application started and watched.
#[derive(ToSchema)]
pub struct Emergency {
    /// Its id.
    id: String,
    /// Environment.
    environment: String,
    /// Database, without credentials.
    target: String,
    /// Who began it.
    actor: String,
    /// When, RFC 3339 in UTC.
    started_at: String,
    /// When it ended.
    finished_at: Option<String>,
    /// Where it stands.
    state: EmergencyState,
    /// The run before which the database goes back to; absent: a schema was named.
    undone: Option<String>,
    /// The schema it goes back to; absent: the state before a run.
    to: Option<String>,
    /// What is lost may be lost.
    accept_loss: bool,
    /// What is lost, as it was counted before.
    losses: Vec<String>,
    /// Tables that the way back changes.
    touched: Vec<String>,
    /// Rows of each table when the application had stopped.
    counts: Option<BTreeMap<String, u64>>,
    /// Constraints that did not hold then.
    broken_before: Vec<String>,
    /// Replicas that ran before, where Kubernetes runs the application.
    replicas: Option<u32>,
    /// The steps.
    steps: Vec<EmergencyStep>,
}

/// The playbook on an environment as it is now.
#[derive(ToSchema)]
pub struct SeenEmergency {
    /// The environment.
    environment: String,
    /// What a person has to type: the name of the database, or of its file.
    database: String,
    /// The one that is not over; it would go on.
    open: Option<Emergency>,
    /// A process goes through it now.
    under_way: bool,
    /// What each step would do and how things stand.
    steps: Vec<StepAhead>,
    /// What would be lost, as sentences.
    losses: Vec<String>,
    /// What would keep it from beginning, as sentences.
    refusals: Vec<String>,
}

/// A step before it is done.
#[derive(ToSchema)]
pub struct StepAhead {
    /// The step.
    step: StepName,
    /// What it would do and how it stands, as sentences.
    would: Vec<String>,
}

/// What a person says of a step whose outcome nobody knows, or that failed.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Settled {
    /// It is done.
    Done,
    /// Do it again.
    Again,
}

/// Begins the emergency of an environment, or goes on with it.
#[derive(ToSchema)]
pub struct StartEmergency {
    /// The environment.
    environment: String,
    /// The name of its database.
    confirm: String,
    /// What would be lost may be lost.
    #[schema(required = false)]
    accept_loss: bool,
    /// Of the step that is next: what became of it.
    settle: Option<Settled>,
}

/// Ends the emergency of an environment where it is.
#[derive(ToSchema)]
pub struct GiveUpEmergency {
    /// The environment.
    environment: String,
    /// The name of its database.
    confirm: String,
}
