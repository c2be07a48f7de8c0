//! Lock modes and what each keeps others from.

use serde::{Deserialize, Serialize};

use crate::effect::Blocks;

/// A lock mode in the server's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LockMode {
    /// PostgreSQL `ACCESS SHARE`.
    AccessShareLock,
    /// PostgreSQL `ROW SHARE`.
    RowShareLock,
    /// PostgreSQL `ROW EXCLUSIVE`.
    RowExclusiveLock,
    /// PostgreSQL `SHARE UPDATE EXCLUSIVE`.
    ShareUpdateExclusiveLock,
    /// PostgreSQL `SHARE`.
    ShareLock,
    /// PostgreSQL `SHARE ROW EXCLUSIVE`.
    ShareRowExclusiveLock,
    /// PostgreSQL `EXCLUSIVE`.
    ExclusiveLock,
    /// PostgreSQL `ACCESS EXCLUSIVE`.
    AccessExclusiveLock,
    /// SQLite: the one writer of the database file; readers go on under WAL.
    DatabaseWriteLock,
    /// MySQL/MariaDB `LOCK=NONE`: readers and writers go on.
    LockNone,
    /// MySQL/MariaDB `LOCK=SHARED`: readers go on.
    LockShared,
    /// MySQL/MariaDB `LOCK=EXCLUSIVE`: nobody goes on.
    LockExclusive,
}

impl LockMode {
    /// Who has to wait. Source: PostgreSQL manual 13.3; `facts/safety.md` §2.1 to §2.3.
    #[must_use]
    pub const fn blocks(self) -> Blocks {
        match self {
            Self::AccessShareLock | Self::RowShareLock | Self::RowExclusiveLock | Self::LockNone => Blocks::Nothing,
            Self::ShareUpdateExclusiveLock => Blocks::SchemaChanges,
            Self::ShareLock | Self::ShareRowExclusiveLock | Self::ExclusiveLock | Self::DatabaseWriteLock | Self::LockShared => {
                Blocks::Writes
            }
            Self::AccessExclusiveLock | Self::LockExclusive => Blocks::ReadsAndWrites,
        }
    }
}
