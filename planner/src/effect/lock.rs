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

/// How MySQL and MariaDB change a table, in their words. The order is the order of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    /// Only the server's own catalogs change.
    Instant,
    /// MariaDB: indexes are built or dropped, the table stays.
    NoCopy,
    /// The storage engine does it, where need be by writing the table anew.
    InPlace,
    /// The server copies the table row by row.
    Copy,
}

impl Algorithm {
    /// The word behind `ALGORITHM=`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instant => "INSTANT",
            Self::NoCopy => "NOCOPY",
            Self::InPlace => "INPLACE",
            Self::Copy => "COPY",
        }
    }

    /// The algorithm of that word; `DEFAULT` is none.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        [Self::Instant, Self::NoCopy, Self::InPlace, Self::Copy].into_iter().find(|own| own.name().eq_ignore_ascii_case(word))
    }
}

impl LockMode {
    /// The word behind MySQL's and MariaDB's `LOCK=`; the other modes have none.
    #[must_use]
    pub const fn mysql_word(self) -> Option<&'static str> {
        match self {
            Self::LockNone => Some("NONE"),
            Self::LockShared => Some("SHARED"),
            Self::LockExclusive => Some("EXCLUSIVE"),
            _ => None,
        }
    }

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
