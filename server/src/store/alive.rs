//! Which runs still have a process: each run under way holds an operating system lock on a file beside the store.
//!
//! The system frees the lock when the process ends, however it ends, so no process id has to be trusted.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use planner::protocol::{Run, RunEvent, RunEventKind, RunState};

use crate::exit::Outcome;
use crate::store::{Store, broken, now};

const GONE: &str = "The process that ran it is gone; run the plan again to go on.";

/// The locks that this process holds, by run.
#[derive(Clone, Debug)]
pub(super) struct Locks {
    folder: PathBuf,
    held: Arc<Mutex<BTreeMap<String, File>>>,
}

impl Locks {
    /// Lock files live in a folder beside the store.
    pub(super) fn beside(store: &Path) -> Self {
        let mut folder = store.as_os_str().to_owned();
        folder.push(".runs");
        Self { folder: PathBuf::from(folder), held: Arc::default() }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, File>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, run: &str) -> PathBuf {
        self.folder.join(format!("{run}.lock"))
    }

    fn open(&self, run: &str) -> std::io::Result<File> {
        std::fs::create_dir_all(&self.folder)?;
        File::options().create(true).truncate(false).write(true).open(self.path(run))
    }

    /// Says that this process runs it. Called before the run can be seen in the store.
    pub(super) fn hold(&self, run: &str) -> Outcome<()> {
        let mut held = self.held();
        if !held.contains_key(run) {
            let file = self.open(run).map_err(|error| broken(&error))?;
            file.try_lock().map_err(|error| broken(&error))?;
            held.insert(run.to_owned(), file);
        }
        Ok(())
    }

    /// The run is over, and the store says so.
    pub(super) fn release(&self, run: &str) {
        if let Some(file) = self.held().remove(run) {
            // A file left behind is free, which is all that counts.
            let _ = std::fs::remove_file(self.path(run));
            drop(file);
        }
    }

    /// Takes over the lock of a dead process; `None`: its process lives, or nobody can tell.
    fn take_over(&self, run: &str) -> Option<File> {
        if self.held().contains_key(run) {
            return None;
        }
        let file = self.open(run).ok()?;
        file.try_lock().ok().map(|()| file)
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
        let Some(lock) = self.locks.take_over(id) else { return Ok(()) };
        // Read again under the lock: it may have ended in between.
        if let Some(run) = self.run(id).await?.filter(|run| is_under_way(run.state)) {
            self.end(run).await?;
        }
        let _ = std::fs::remove_file(self.locks.path(id));
        drop(lock);
        Ok(())
    }

    async fn end(&self, run: Run) -> Outcome<()> {
        let last = self.events(&run.id, 0).await?.pop();
        // Killed between the last event and the row of the run: that event says how it ended.
        if let Some(RunEvent { at, kind: RunEventKind::Finished { state, message }, .. }) = last {
            return self.write_run(&Run { state, message, finished_at: Some(at), ..run }).await;
        }
        let (state, message, at) = (RunState::Stopped, GONE.to_owned(), now());
        let kind = RunEventKind::Finished { state, message: message.clone() };
        let sequence = last.map_or(0, |event| event.sequence) + 1;
        self.keep_event(&RunEvent { run: run.id.clone(), sequence, at: at.clone(), kind }).await?;
        self.write_run(&Run { state, message, finished_at: Some(at), ..run }).await
    }
}
