//! The control store: approvals, plans, runs and their events, open gates, in one SQLite file beside the project, or in a
//! schema of a PostgreSQL database that several nodes share.
//!
//! The truth about a target is in the target; what is here is who agreed to what, and what was seen while it ran.

pub mod alive;
pub mod approvals;
pub mod audit;
pub mod comments;
pub mod emergencies;
pub mod gates;
pub mod idempotency;
pub mod measures;
mod migration;
pub mod place;
pub mod plans;
mod product;
pub mod recovery_points;
pub mod rehearsals;
pub mod rollbacks;
pub mod row_counts;
pub mod runs;
pub mod sessions;
pub mod settings;
mod sql;
pub mod tokens;
pub mod users;
pub mod wishes;
pub mod wrong_passwords;

use std::sync::Arc;

use time::OffsetDateTime;

use crate::actor::user;
use crate::exit::{Failure, Outcome};
use crate::store::place::Place;
use crate::store::sql::Pool;

/// The open store.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Pool,
    locks: alive::Locks,
    /// Who changes something where nothing else says so.
    actor: Arc<str>,
    signer: audit::Signer,
}

impl Store {
    /// Opens the store, creating folder, file or schema and tables where they are missing.
    ///
    /// # Errors
    /// [`Exit::Failed`](crate::exit::Exit::Failed) where a server cannot be reached; a file that cannot be written; a store of
    /// a later version.
    pub async fn open(place: &Place) -> Outcome<Self> {
        let pool = Pool::open(place).await?;
        let (locks, signer) = (alive::Locks::of(place), audit::Signer::beside(&place.file()));
        Ok(Self { pool, locks, actor: user().into(), signer })
    }

    /// Opens the store where there is one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_existing(place: &Place) -> Outcome<Option<Self>> {
        if Pool::is_there(place).await? { Self::open(place).await.map(Some) } else { Ok(None) }
    }

    /// Whether this machine is one of several that may share it.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        matches!(self.pool, Pool::Postgres(_))
    }

    /// The same store for somebody else.
    #[must_use]
    pub fn acting_as(&self, actor: &str) -> Self {
        Self { actor: actor.into(), ..self.clone() }
    }
}

/// Now, RFC 3339 in UTC with milliseconds, all three digits: as text it sorts as the time does.
#[must_use]
pub fn now() -> String {
    text(OffsetDateTime::now_utc())
}

/// The time so many seconds from now, as [`now`] writes it.
#[must_use]
pub fn from_now(seconds: u64) -> String {
    text(OffsetDateTime::now_utc().saturating_add(time::Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX))))
}

/// The time so many seconds ago, as [`now`] writes it.
pub(crate) fn ago(seconds: u64) -> String {
    text(OffsetDateTime::now_utc().saturating_sub(time::Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX))))
}

fn text(at: OffsetDateTime) -> String {
    let ((year, month, day), (hour, minute, second, milli)) = (at.to_calendar_date(), at.to_hms_milli());
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z", u8::from(month))
}

/// An error of the store, for people.
pub(crate) fn broken(error: &dyn std::fmt::Display) -> Failure {
    Failure::failed(
        format!("The control store refused: {error}."),
        "Check the disk and the rights of the file or role, or name another with --store.",
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use time::format_description::well_known::Rfc3339;

    use super::*;

    #[test]
    fn times_sort_as_texts() {
        let at = |milli| text(OffsetDateTime::UNIX_EPOCH.replace_millisecond(milli).unwrap());
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        let texts = [at(0), at(1), at(99), at(100), at(120), at(500), at(999)];
        assert!(texts.is_sorted(), "{texts:?}");
        assert!(texts.iter().all(|text| OffsetDateTime::parse(text, &Rfc3339).is_ok()));
    }
}
