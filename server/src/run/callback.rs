//! Flyway's SQL callbacks around a command. What runs inside migrations stands among their statements already.

use planner::Report;
use planner::finding::Finding;
use planner::plan::PlannedCallback;
use planner::project::Request;
use planner::source::flyway;
use planner::source::flyway::callback::Event;

use crate::exit::{Exit, Failure, Outcome};
use crate::failpoint;
use crate::journal::{Journal, StepError};
use crate::run::transactional::located;
use crate::target::{DbError, Target};
use crate::workspace::Workspace;

/// The callbacks of a command, with the limits they run under.
#[derive(Clone, Debug, Default)]
pub struct Callbacks {
    callbacks: Vec<PlannedCallback>,
    lock_timeout_ms: u64,
    statement_timeout_ms: u64,
}

impl Callbacks {
    /// Those of a plan, and no others.
    #[must_use]
    pub fn planned(callbacks: &[PlannedCallback], report: &Report) -> Self {
        Self {
            callbacks: callbacks.to_vec(),
            lock_timeout_ms: report.settings.lock_timeout_ms,
            statement_timeout_ms: report.settings.statement_timeout_ms,
        }
    }

    /// All of the project, for the commands that have no plan: `info`, `validate`, `clean`, `baseline`, `repair`.
    #[must_use]
    pub fn of_project(report: &Report) -> Self {
        Self::planned(&report.callbacks, report)
    }

    /// All of the project as [`Self::of_project`], read for a command that plans nothing.
    ///
    /// # Errors
    /// [`Exit::Usage`]: a callback that cannot be read breaks every command.
    pub fn of_workspace(workspace: &Workspace, request: &Request) -> Outcome<Self> {
        let (settings, _) = workspace.settings(request);
        let names = flyway::load_names(&workspace.project, &settings, request, workspace.machine());
        let breaks = |finding: &Finding| finding.blocking && finding.rule.ends_with("-callback");
        if names.callbacks.is_empty() && !names.findings.iter().any(breaks) {
            return Ok(Self::default());
        }
        let report = workspace.analyze(request);
        match report.findings.iter().find(|finding| breaks(finding)) {
            Some(broken) => Err(Failure::usage(broken.message.clone(), broken.workaround.clone())),
            None => Ok(Self::of_project(&report)),
        }
    }

    /// Whether there are any at all.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.callbacks.is_empty()
    }

    /// Whether anything runs at an event.
    #[must_use]
    pub fn has(&self, event: Event) -> bool {
        self.callbacks.iter().any(|callback| callback.event == event)
    }

    /// Runs those of an event in Flyway's order, each in a transaction of its own unless it refuses one.
    ///
    /// # Errors
    /// [`Exit::Failed`] with the callback's file and line; what it did in its transaction is rolled back.
    pub async fn fire(&self, target: &mut Target, event: Event) -> Outcome<()> {
        self.fire_fenced(target, None, event).await
    }

    /// As [`Self::fire`], and keeps a runner that lost its lock from changing anything.
    ///
    /// # Errors
    /// As [`Self::fire`]; [`Exit::Stopped`] where another run has taken over.
    pub async fn fire_fenced(&self, target: &mut Target, journal: Option<&Journal>, event: Event) -> Outcome<()> {
        for callback in self.callbacks.iter().filter(|callback| callback.event == event) {
            failpoint::reach("callback.before");
            if let Err(error) = self.run(target, journal, callback).await {
                target.rollback().await;
                return Err(failed(callback, error));
            }
            failpoint::reach("callback.after");
        }
        Ok(())
    }

    async fn run(&self, target: &mut Target, journal: Option<&Journal>, callback: &PlannedCallback) -> Result<(), StepError> {
        target.prepare_step(self.lock_timeout_ms, self.statement_timeout_ms).await?;
        if callback.transactional {
            target.begin().await?;
        }
        if let Some(journal) = journal {
            journal.fence(target).await?;
        }
        send(target, callback).await?;
        if callback.transactional {
            target.commit().await?;
        }
        Ok(())
    }

    /// Runs those of an event in the transaction that is open.
    ///
    /// # Errors
    /// The server's refusal with file and line.
    pub(crate) async fn inside(&self, target: &mut Target, event: Event) -> Result<(), DbError> {
        for callback in self.callbacks.iter().filter(|callback| callback.event == event) {
            send(target, callback).await?;
        }
        Ok(())
    }

    /// Runs those of events that follow a failure. What they fail with themselves is added to the story, not put in its place.
    pub async fn after_failure(&self, target: &mut Target, events: &[Event], failure: Failure) -> Failure {
        let mut failure = failure;
        for event in events {
            if let Err(other) = self.fire(target, *event).await {
                failure.message = format!("{} {}", failure.message, other.message);
            }
        }
        failure
    }
}

async fn send(target: &mut Target, callback: &PlannedCallback) -> Result<(), DbError> {
    for statement in &callback.statements {
        let sent = match &statement.copy_data {
            Some(data) => target.copy(&statement.sql, data).await,
            None => target.execute(&statement.sql).await,
        };
        sent.map_err(|error| located(error, statement))?;
    }
    Ok(())
}

fn failed(callback: &PlannedCallback, error: StepError) -> Failure {
    match error {
        StepError::Stop(failure) => failure,
        StepError::Db(error) => Failure::new(
            Exit::Failed,
            format!("The {} callback failed: {error}.", callback.event.id()),
            "Mend the callback and run again. What it did in its own transaction is rolled back; what ran before it stays.",
        )
        .of(&error),
    }
}
