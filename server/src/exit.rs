//! Exit codes, and the one error type that carries one.

use std::fmt;

use crate::target::{DbError, Refusal};

/// What the process says to the shell. Scripts rely on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for is done.
    Done = 0,
    /// It ran and failed: a statement was refused, the database cannot be reached.
    Failed = 1,
    /// Wrong usage or configuration; nothing was changed.
    Usage = 2,
    /// Findings at or above the gate's severity; nothing was changed.
    Findings = 3,
    /// The plan lacks approvals; nothing was changed.
    ApprovalMissing = 4,
    /// The plan is stale: files, schema or target differ from what was planned; nothing was changed.
    Stale = 5,
    /// Stopped part-way; the next run goes on from there.
    Stopped = 6,
    /// Another run holds the migration lock.
    Locked = 7,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why something could not be done: what happened, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The code the process ends with.
    pub exit: Exit,
    /// What happened, as one or more sentences.
    pub message: String,
    /// The cure; empty where the message says it all.
    pub cure: String,
    /// The statement the server refused, where it was one of a script.
    pub refusal: Option<Box<Refusal>>,
}

/// The result of everything that can go wrong.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// A failure with its cure.
    pub fn new(exit: Exit, message: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { exit, message: message.into(), cure: cure.into(), refusal: None }
    }

    /// The failure with the statement that the server refused.
    #[must_use]
    pub fn of(self, error: &DbError) -> Self {
        Self { refusal: error.refusal.clone().filter(|refusal| !refusal.file.is_empty()), ..self }
    }

    /// Wrong usage or configuration.
    pub fn usage(message: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message, cure)
    }

    /// Something that ran and failed.
    pub fn failed(message: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message, cure)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.cure.is_empty() { Ok(()) } else { write!(f, "\n  {}", self.cure) }
    }
}

impl std::error::Error for Failure {}
