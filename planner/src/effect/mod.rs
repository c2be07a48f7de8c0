//! What a statement does to a live database: locks, rewrites, scans, and what comes back.
//!
//! One exhaustive match per dialect, laid out in the order of the vendor's manual. Facts are
//! measured on real servers and held against them by the oracle tests.

mod draft;
pub mod duration;
pub mod lock;
pub mod mysql;
pub mod postgres;
mod query;
pub mod sqlite;
pub mod statement;
pub mod transaction;
mod undo;

use serde::{Deserialize, Serialize};

pub use lock::{Algorithm, LockMode};
pub use statement::of_statement;

/// The effect of one statement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Locks, strongest mode per object, objects by the name they bear before the statement, sorted. Objects the
    /// statement itself creates and plain `AccessShareLock` are left out.
    pub locks: Vec<Lock>,
    /// The objects of [`Self::locks`] that the same migration made before: nobody else knows them, so nobody waits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<String>,
    /// Tables written anew.
    pub rewrites: Vec<String>,
    /// Tables read in full while locked.
    pub scans: Vec<String>,
    /// Indexes built (index name or `table.column`).
    pub builds: Vec<String>,
    /// What the strongest lock keeps others from.
    pub blocks: Blocks,
    /// Whether the server takes it inside a transaction.
    pub transactional: bool,
    /// What the way back costs.
    pub undo: Reversibility,
    /// What the server would refuse it with, as far as the catalog knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Why nothing certain can be said; set on every statement the planner cannot know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opaque: Option<String>,
    /// What was taken for granted where the catalog does not know, always on the side of more harm; a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<String>,
    /// Milliseconds the lock is held, low and high; absent: unknown without statistics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_ms: Option<(u64, u64)>,
    /// The figures [`Self::lock_ms`] rests on, a phrase a table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests_on: Vec<String>,
}

impl Effect {
    /// What a lock of this statement keeps others from: nothing where nobody else knows the object.
    #[must_use]
    pub fn blocked_by(&self, lock: &Lock) -> Blocks {
        if self.unseen.contains(&lock.object) { Blocks::Nothing } else { lock.mode.blocks() }
    }
}

/// One lock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lock {
    /// Table, view or materialized view, qualified where the catalog is.
    pub object: String,
    /// Mode in the server's words.
    pub mode: LockMode,
    /// MySQL, MariaDB: how the table is changed; absent where no `ALGORITHM` goes with the statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
}

/// Who has to wait. The order is the order of harm, and of the colours in the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocks {
    /// Nobody.
    #[default]
    Nothing,
    /// Other schema changes and autovacuum.
    SchemaChanges,
    /// Everyone who writes.
    Writes,
    /// Everyone who reads or writes.
    ReadsAndWrites,
    /// Nobody knows: the statement is opaque, so it may be anyone.
    Unknown,
}

/// What undoing a statement costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reversibility {
    /// Schema and all information come back.
    #[default]
    Lossless,
    /// The schema comes back, some information does not.
    Lossy,
    /// There is no way back.
    None,
    /// Unknown.
    Opaque,
}
