//! The emergency: the application stopped, the database rolled back and verified, the application started and watched.
//!
//! What each step came to is in the control store before the next one begins, so that a killed process goes on where it
//! was. Whether a step that was begun has happened is asked of the world ([`hook`]), or of the target's own journal; where
//! neither can say, a person has to.

pub mod conduct;
pub mod health;
pub mod hook;
pub mod rehearsal;
pub mod report;
pub mod settings;
mod step;

use std::sync::Arc;
use std::time::Duration;

use planner::project::settings::Settings;
use tokio::sync::Notify;

use crate::event::{Listener, StopSwitch};
use crate::exit::{Exit, Failure, Outcome};
use crate::store::Store;
use crate::url::TargetUrl;
use crate::way_back::Goal;
use crate::workspace::Workspace;
use settings::Playbook;

/// Where an emergency takes place, and who goes through it.
pub struct Scene<'a> {
    /// The project, with the environment in its request.
    pub workspace: &'a Workspace,
    /// The playbook.
    pub playbook: &'a Playbook,
    /// The environment's settings.
    pub settings: &'a Settings,
    /// The database.
    pub url: &'a TargetUrl,
    /// The store.
    pub store: &'a Store,
    /// Who acts.
    pub actor: &'a str,
    /// How long to wait for the migration lock.
    pub lock_wait: Duration,
    /// Who watches.
    pub audience: &'a dyn Audience,
}

/// Whoever is told how it goes: a terminal, or a page.
pub trait Audience: Send + Sync {
    /// Told a sentence.
    fn say(&self, sentence: &str);

    /// Told what happens in the run that goes back.
    fn listener(&self) -> Box<dyn Listener>;

    /// Woken at each event of that run.
    fn changed(&self) -> Arc<Notify>;

    /// Who may stop that run.
    fn switch(&self) -> StopSwitch;
}

impl Playbook {
    /// The playbook of a project.
    ///
    /// # Errors
    /// [`Exit::Usage`] where it has none.
    pub fn of(workspace: &Workspace) -> Outcome<&Self> {
        workspace.sections().emergency.as_ref().ok_or_else(|| {
            Failure::usage(
                "This project has no playbook for an emergency.",
                "Write [emergency.stop], [emergency.start] and [emergency.health] in flightplan.toml: see docs/configuration.md.",
            )
        })
    }

    /// Refuses whoever is not named, where somebody is.
    ///
    /// # Errors
    /// [`Exit::ApprovalMissing`].
    pub fn allows(&self, who: &str) -> Outcome<()> {
        if self.operators.is_empty() || self.operators.iter().any(|operator| operator == who) {
            return Ok(());
        }
        Err(Failure::new(
            Exit::ApprovalMissing,
            format!("{who} may not run the emergency rollback; operators of [emergency] names {}.", self.operators.join(", ")),
            "Ask one of them.",
        ))
    }

    /// Where the way back leads, where the caller names no other place.
    #[must_use]
    pub fn goal(&self) -> Goal {
        self.to.clone().map_or(Goal::BeforeLast, Goal::To)
    }
}
