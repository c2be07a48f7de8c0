//! A row of the journal, and why a step did not get through.

use crate::exit::Failure;
use crate::target::DbError;

/// How far a statement or step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// About to run, outside a transaction. After a crash only a probe of the catalog tells the outcome.
    Intent,
    /// Some batches are committed.
    Batch,
    /// Done.
    Done,
    /// The server refused it.
    Failed,
    /// Done, and the history has the migration.
    Recorded,
}

impl EntryState {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Batch => "batch",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Recorded => "recorded",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Intent, Self::Batch, Self::Done, Self::Failed, Self::Recorded].into_iter().find(|state| state.name() == text)
    }
}

/// One row of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Step id.
    pub step: String,
    /// Statement id; empty for the step as a whole.
    pub statement: String,
    /// Migration id.
    pub migration: String,
    /// State.
    pub state: EntryState,
    /// SHA-256 of the statement, so that a changed file is noticed when a stopped run goes on.
    pub hash: String,
    /// Last key of the last committed batch, as a JSON array of texts; of an intent what the statement is about to
    /// change; of a statement that is done what it left in
    /// the session; of a step that failed the history row that says so.
    pub cursor: Option<String>,
    /// Rows changed so far.
    pub rows: u64,
    /// Batches committed so far.
    pub batches: u64,
}

/// Why a step did not get through.
#[derive(Clone, Debug)]
pub enum StepError {
    /// The database refused something.
    Db(DbError),
    /// The run has to end here for another reason.
    Stop(Failure),
}

impl From<DbError> for StepError {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}
