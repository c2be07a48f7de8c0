//! Which runs still have a process: each run under way holds a lock that the system frees when the process ends, however it
//! ends, so no process id has to be trusted.

mod file;
mod session;

use planner::protocol::{Run, RunEvent, RunEventKind, RunState};

use crate::exit::Outcome;
use crate::store::alive::file::FileLocks;
use crate::store::alive::session::SessionLocks;
use crate::store::audit::Change;
use crate::store::place::Place;
use crate::store::runs::{events_of, insert_events, run_of};
use crate::store::sql::Pool;
use crate::store::{Store, broken, now};

const GONE: &str = "The process that ran it is gone; run the plan again to go on.";

/// The locks that this process holds.
#[derive(Clone, Debug)]
pub(super) enum Locks {
    Files(FileLocks),
    Sessions(SessionLocks),
}

impl Locks {
    pub(super) fn of(place: &Place) -> Self {
        match place {
            Place::File(path) => Self::Files(FileLocks::beside(path)),
            Place::Server { url, .. } => Self::Sessions(SessionLocks::on(url)),
        }
    }

    /// Says that this process is at it; `false`: another one is.
    pub(super) async fn try_hold(&self, name: &str) -> Outcome<bool> {
        match self {
            Self::Files(locks) => locks.hold(name),
            Self::Sessions(locks) => locks.hold(name).await,
        }
    }

    /// As [`Self::try_hold`], where nobody else should be at it. Called before the run can be seen in the store.
    pub(super) async fn hold(&self, name: &str) -> Outcome<()> {
        if self.try_hold(name).await? { Ok(()) } else { Err(broken(&"another process has this run")) }
    }

    /// Whether a process is at it now.
    pub(super) async fn is_held(&self, name: &str, pool: &Pool) -> Outcome<bool> {
        match self {
            Self::Files(locks) => Ok(locks.is_held(name)),
            Self::Sessions(locks) => locks.is_held(name, pool).await,
        }
    }

    /// It is over, and the store says so.
    pub(super) async fn release(&self, name: &str) {
        match self {
            Self::Files(locks) => locks.release(name),
            Self::Sessions(locks) => locks.release(name).await,
        }
    }
}

/// Whether a run in this state has, or should have, a process.
pub(crate) const fn is_under_way(state: RunState) -> bool {
    matches!(state, RunState::Pending | RunState::Running)
}

impl Store {
    /// Ends the story of every run whose process is gone.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn end_all_gone(&self) -> Outcome<()> {
        for run in self.runs().await?.into_iter().filter(|run| is_under_way(run.state)) {
            self.end_if_gone(&run.id).await?;
        }
        Ok(())
    }

    /// Marks a run as stopped, with a last event, where it is under way and its process is gone.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn end_if_gone(&self, id: &str) -> Outcome<()> {
        if !self.run(id).await?.is_some_and(|run| is_under_way(run.state)) {
            return Ok(());
        }
        match &self.locks {
            Locks::Files(locks) => {
                let Some(lock) = locks.take_over(id) else { return Ok(()) };
                let mut change = self.change().await?;
                end(&mut change, id).await?;
                change.commit().await?;
                locks.remove(id, lock);
                Ok(())
            }
            Locks::Sessions(locks) => {
                if locks.is_held(id, &self.pool).await? {
                    return Ok(());
                }
                let mut change = self.change().await?;
                if !locks.is_free(id, change.transaction()).await? {
                    return Ok(());
                }
                end(&mut change, id).await?;
                change.commit().await
            }
        }
    }

    /// Takes a run for this process, before it is known whether anything of it is left to do; `false`: another process has it.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn try_hold(&self, id: &str) -> Outcome<bool> {
        self.locks.try_hold(id).await
    }

    /// Gives back what [`Self::try_hold`] took.
    pub async fn let_go(&self, id: &str) {
        self.locks.release(id).await;
    }
}

/// Ends the story of a run whose lock we hold, where it is still under way: it may have ended before we had the lock.
async fn end(change: &mut Change<'_>, id: &str) -> Outcome<()> {
    let Some(run) = run_of(&mut *change, id).await?.filter(|run| is_under_way(run.state)) else { return Ok(()) };
    let last = events_of(&mut *change, id, 0).await?.pop();
    // Killed between the last event and the row of the run: that event says how it ended.
    if let Some(RunEvent { at, kind: RunEventKind::Finished { state, message }, .. }) = last {
        return change.run(&Run { state, message, finished_at: Some(at), ..run }).await;
    }
    let (state, message, at) = (RunState::Stopped, GONE.to_owned(), now());
    let kind = RunEventKind::Finished { state, message: message.clone() };
    let sequence = last.map_or(0, |event| event.sequence) + 1;
    let event = RunEvent { run: run.id.clone(), sequence, at: at.clone(), kind };
    insert_events(&mut *change, &[&event]).await?;
    change.run(&Run { state, message, finished_at: Some(at), ..run }).await
}
