//! The audit log: every change of state as a row that holds the hash of the row before it, signed with a key that is not in
//! the store. Rows and their proof are [`planner::audit`]'s, which a browser has too; here are the deeds and the key.
//!
//! How far the log had come also stands in a file outside of the store, so a tail that was cut off shows.

pub mod head;
pub mod signer;
pub mod trusted;

pub use planner::audit::{Head, Row, checkpoint};
pub use trusted::verify;

/// Something that was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deed {
    /// Who did it.
    pub actor: String,
    /// What: `plan.approved`, `run.done`.
    pub action: &'static str,
    /// Where; empty: nowhere in particular.
    pub environment: String,
    /// What it was done to: a run, a gate, a user, a database.
    pub subject: String,
    /// Digest of the plan; empty: none was at hand.
    pub digest: String,
    /// Why, in the actor's words.
    pub reason: String,
    /// What else there is to know.
    pub detail: String,
}
