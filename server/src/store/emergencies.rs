//! Emergencies: each as it stood when its last step began or ended.

use planner::plan::canonical::sha256_hex;
use planner::protocol::emergency::{Emergency, State, StepState};

use crate::audit::Deed;
use crate::exit::{Exit, Failure, Outcome};
use crate::store::Store;
use crate::store::sql::{json, sql};

impl Store {
    /// Stores an emergency of this process, or how it stands now.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_emergency(&self, emergency: &Emergency) -> Outcome<()> {
        let text = json(emergency)?;
        let mut change = self.change().await?;
        let query = sql("INSERT INTO emergencies (id, started_at, emergency) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO UPDATE SET emergency = excluded.emergency")
        .bind(&emergency.id)
        .bind(&emergency.started_at)
        .bind(text);
        query.run(&mut change).await?;
        let steps = emergency.steps.iter().filter(|record| record.state != StepState::Pending);
        let state = |state| match state {
            StepState::Pending => "not begun",
            StepState::Begun => "begun",
            StepState::Done => "done",
            StepState::Failed => "failed",
        };
        let steps: Vec<String> = steps.map(|record| format!("{}: {}", record.step.words(), state(record.state))).collect();
        let deed = Deed {
            actor: emergency.actor.clone(),
            action: match emergency.state {
                State::Open => "emergency.step",
                State::Done => "emergency.done",
                State::GivenUp => "emergency.given-up",
            },
            environment: emergency.environment.clone(),
            subject: emergency.id.clone(),
            detail: steps.join("; "),
            ..Deed::default()
        };
        change.note(deed).await?;
        change.commit().await
    }

    /// All emergencies, newest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn emergencies(&self) -> Outcome<Vec<Emergency>> {
        let rows = sql("SELECT emergency FROM emergencies ORDER BY started_at DESC, id DESC").all(&self.pool).await;
        rows?.iter().map(|row| row.json(0)).collect()
    }

    /// The emergency of a database that is not over.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn open_emergency(&self, environment: &str, target: &str) -> Outcome<Option<Emergency>> {
        let open = |one: &Emergency| one.state == State::Open && one.environment == environment && one.target == target;
        Ok(self.emergencies().await?.into_iter().find(open))
    }

    /// One emergency.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn emergency(&self, id: &str) -> Outcome<Option<Emergency>> {
        let row = sql("SELECT emergency FROM emergencies WHERE id = $1").bind(id).first(&self.pool).await?;
        row.map(|row| row.json(0)).transpose()
    }

    /// Says that this process goes through the emergency of a database, until it ends however it ends.
    ///
    /// # Errors
    /// [`Exit::Locked`] where another process does; the store's refusal.
    pub async fn hold_emergency(&self, environment: &str, target: &str) -> Outcome<()> {
        if self.locks.try_hold(&lock(environment, target)).await? {
            return Ok(());
        }
        Err(Failure::new(
            Exit::Locked,
            format!("Another process goes through the emergency of {environment}. Nothing was changed."),
            "Watch that one, or end it and run this again: it goes on where that one was.",
        ))
    }

    /// Whether a process goes through the emergency of a database now.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn emergency_is_held(&self, environment: &str, target: &str) -> Outcome<bool> {
        self.locks.is_held(&lock(environment, target), &self.pool).await
    }

    /// It is over, or stopped.
    pub async fn release_emergency(&self, environment: &str, target: &str) {
        self.locks.release(&lock(environment, target)).await;
    }
}

/// Two that begin at once have no id in common yet: the database is what they both have.
fn lock(environment: &str, target: &str) -> String {
    let name = sha256_hex(format!("{environment}\n{target}").as_bytes());
    format!("emergency-{}", name.get(..16).unwrap_or(&name))
}
