//! What each run left in the journal.

use std::collections::BTreeSet;

use planner::migration::MigrationId;

use super::Journal;
use crate::run::undo;
use crate::target::{DbError, Target};

/// What the journal of a database knows of a run. A step that another run went again since is that run's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Id of the run.
    pub run: String,
    /// When it wrote last, in the server's time.
    pub at: String,
    /// What it applied, all of it or the part that is done.
    pub applied: BTreeSet<MigrationId>,
    /// What it took back.
    pub taken_back: BTreeSet<MigrationId>,
}

impl Journal {
    /// A migration that is half applied; what is half taken back is none.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn half_applied(&self, target: &mut Target) -> Result<Option<MigrationId>, DbError> {
        if !self.exists(target).await? {
            return Ok(None);
        }
        let forth = self.unfinished(target).await?.into_iter().find(|entry| !entry.step.starts_with(undo::STEP));
        Ok(forth.map(|entry| MigrationId(entry.migration)))
    }

    /// A migration that was half applied and is half taken back from there.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn half_returned(&self, target: &mut Target) -> Result<Option<MigrationId>, DbError> {
        if !self.exists(target).await? {
            return Ok(None);
        }
        let (back, forth): (Vec<_>, Vec<_>) =
            self.unfinished(target).await?.into_iter().partition(|entry| entry.step.starts_with(undo::STEP));
        let returned = forth.into_iter().find(|entry| back.iter().any(|other| other.migration == entry.migration));
        Ok(returned.map(|entry| MigrationId(entry.migration)))
    }

    /// The run that worked on this history last; absent: none has.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn last_run(&self, target: &mut Target) -> Result<Option<String>, DbError> {
        if !self.exists(target).await? {
            return Ok(None);
        }
        let sql = format!("SELECT run FROM {} WHERE history = {}", target.quoted(&self.epochs), target.literal(&self.history));
        Ok(target.rows(&sql).await?.into_iter().flatten().flatten().next())
    }

    /// The runs, newest first.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn traces(&self, target: &mut Target) -> Result<Vec<Trace>, DbError> {
        if !self.exists(target).await? {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT run, step, migration, CAST(at AS CHAR(19)) FROM {} WHERE history = {} AND step <> '' \
             AND state IN ('done', 'recorded') ORDER BY epoch DESC, step",
            target.quoted(&self.journal),
            target.literal(&self.history)
        );
        let mut traces: Vec<Trace> = Vec::new();
        for row in target.rows(&sql).await? {
            let [Some(run), Some(step), Some(migration), at] = row.as_slice() else { continue };
            let at = at.clone().unwrap_or_default();
            // A run that waited at a gate has several epochs.
            let found = traces.iter().position(|trace| trace.run == *run).unwrap_or(traces.len());
            if found == traces.len() {
                traces.push(Trace { run: run.clone(), ..Trace::default() });
            }
            let Some(trace) = traces.get_mut(found) else { continue };
            trace.at = trace.at.clone().max(at);
            let place = if step.starts_with(undo::STEP) { &mut trace.taken_back } else { &mut trace.applied };
            place.insert(MigrationId(migration.clone()));
        }
        Ok(traces)
    }
}
