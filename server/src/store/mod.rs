//! The control store: approvals, plans, runs and their events, open gates, in one SQLite file beside the project.
//!
//! The truth about a target is in the target; what is here is who agreed to what, and what was seen while it ran.

pub mod alive;
pub mod approvals;
pub mod emergencies;
pub mod gates;
pub mod idempotency;
pub mod measures;
pub mod plans;
pub mod recovery_points;
pub mod rehearsals;
pub mod rollbacks;
pub mod row_counts;
pub mod runs;
pub mod wishes;

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use time::OffsetDateTime;

use crate::exit::{Failure, Outcome};

/// Version of the tables below, kept in `user_version`.
const SCHEMA_VERSION: i64 = 10;

/// The tables of each version, in order; all that are missing are created in one transaction.
const TABLES: [&[&str]; 10] = [
    &[
        "CREATE TABLE approvals (digest TEXT NOT NULL, environment TEXT NOT NULL, approver TEXT NOT NULL, at TEXT NOT NULL, \
     comment TEXT NOT NULL, PRIMARY KEY (digest, approver)) STRICT",
        "CREATE TABLE plans (digest TEXT NOT NULL PRIMARY KEY, at TEXT NOT NULL, plan TEXT NOT NULL, choices TEXT NOT NULL) STRICT",
        "CREATE TABLE runs (id TEXT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, started_at TEXT NOT NULL, run TEXT NOT NULL) STRICT",
        "CREATE TABLE events (run TEXT NOT NULL, sequence INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (run, sequence)) STRICT",
    ],
    &["CREATE TABLE wishes (run TEXT NOT NULL PRIMARY KEY, wish TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL) STRICT"],
    &["CREATE TABLE gates (digest TEXT NOT NULL, step TEXT NOT NULL, gate TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL, \
     reason TEXT NOT NULL, PRIMARY KEY (digest, step)) STRICT"],
    &["CREATE TABLE rollbacks (run TEXT NOT NULL PRIMARY KEY, undone TEXT NOT NULL) STRICT"],
    &["CREATE TABLE emergencies (id TEXT NOT NULL PRIMARY KEY, started_at TEXT NOT NULL, emergency TEXT NOT NULL) STRICT"],
    &["CREATE TABLE row_counts (environment TEXT NOT NULL, target TEXT NOT NULL, at TEXT NOT NULL, counts TEXT NOT NULL, \
     PRIMARY KEY (environment, target)) STRICT"],
    &["CREATE TABLE recovery_points (run TEXT NOT NULL, at TEXT NOT NULL, point TEXT NOT NULL) STRICT"],
    &["CREATE TABLE rehearsals (digest TEXT NOT NULL PRIMARY KEY, at TEXT NOT NULL, returns INTEGER NOT NULL, \
     result TEXT NOT NULL) STRICT"],
    &["CREATE TABLE measures (run TEXT NOT NULL PRIMARY KEY, at TEXT NOT NULL, measures TEXT NOT NULL) STRICT"],
    &["CREATE TABLE idempotency (key TEXT NOT NULL PRIMARY KEY, request TEXT NOT NULL, at TEXT NOT NULL, status INTEGER, \
     body TEXT) STRICT"],
];

/// The open store.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
    locks: alive::Locks,
}

impl Store {
    /// Opens the store, creating folder, file and tables where they are missing.
    ///
    /// # Errors
    /// A folder or file that cannot be written, or a store of a later version.
    pub async fn open(path: &Path) -> Outcome<Self> {
        let failure = |why: String| {
            Failure::usage(
                format!("The control store {} cannot be opened: {why}.", path.display()),
                "Name a writable file with --store.",
            )
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| failure(error.to_string()))?;
            let ignore = folder.join(".gitignore");
            if folder.ends_with(".flightplan") && !ignore.exists() {
                std::fs::write(&ignore, "*\n").map_err(|error| failure(error.to_string()))?;
            }
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await;
        let pool = pool.map_err(|error| failure(error.to_string()))?;
        let store = Self { pool, locks: alive::Locks::beside(path) };
        store.create().await.map_err(|error| failure(error.to_string()))?.map_or(Ok(store), |version| {
            Err(failure(format!("it was written by a later version (tables {version}, this one knows {SCHEMA_VERSION})")))
        })
    }

    /// Creates the tables; gives the version found where it is not ours to read.
    async fn create(&self) -> Result<Option<i64>, sqlx::Error> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *transaction).await?;
        if version > SCHEMA_VERSION {
            return Ok(Some(version));
        }
        let have = usize::try_from(version).unwrap_or(0);
        for table in TABLES.into_iter().skip(have).flatten() {
            sqlx::raw_sql(*table).execute(&mut *transaction).await?;
        }
        if version < SCHEMA_VERSION {
            sqlx::raw_sql("PRAGMA user_version = 10").execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(None)
    }
}

/// Now, RFC 3339 in UTC with milliseconds, all three digits: as text it sorts as the time does.
#[must_use]
pub fn now() -> String {
    text(OffsetDateTime::now_utc())
}

fn text(at: OffsetDateTime) -> String {
    let ((year, month, day), (hour, minute, second, milli)) = (at.to_calendar_date(), at.to_hms_milli());
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z", u8::from(month))
}

/// An error of the store, for people.
pub(crate) fn broken(error: &dyn std::fmt::Display) -> Failure {
    Failure::failed(
        format!("The control store refused: {error}."),
        "Check the disk and the rights of the file, or name another with --store.",
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
