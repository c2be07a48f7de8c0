//! The control store: approvals, plans, runs and their events, open gates, in one SQLite file beside the project.
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
pub mod plans;
pub mod recovery_points;
pub mod rehearsals;
pub mod rollbacks;
pub mod row_counts;
pub mod runs;
pub mod users;
pub mod wishes;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use time::OffsetDateTime;

use crate::actor::user;
use crate::exit::{Failure, Outcome};

/// Version of the tables below, kept in `user_version`.
const SCHEMA_VERSION: i64 = 13;

/// The tables of each version, in order; all that are missing are created in one transaction.
const TABLES: [&[&str]; 13] = [
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
    &[
        "ALTER TABLE plans ADD COLUMN author TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE plans ADD COLUMN valid_until TEXT",
        "ALTER TABLE approvals ADD COLUMN expires_at TEXT",
        "ALTER TABLE approvals ADD COLUMN policy TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE approvals ADD COLUMN signed TEXT",
        "CREATE TABLE plan_files (sha256 TEXT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, at TEXT NOT NULL) STRICT",
        "CREATE TABLE comments (id INTEGER PRIMARY KEY, digest TEXT NOT NULL, step TEXT NOT NULL, by TEXT NOT NULL, \
     at TEXT NOT NULL, comment TEXT NOT NULL) STRICT",
    ],
    &[
        "CREATE TABLE audit_chain (id TEXT NOT NULL PRIMARY KEY) STRICT",
        "INSERT INTO audit_chain (id) VALUES (lower(hex(randomblob(16))))",
        "CREATE TABLE audit (sequence INTEGER PRIMARY KEY, chain TEXT NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, \
     action TEXT NOT NULL, environment TEXT NOT NULL, subject TEXT NOT NULL, digest TEXT NOT NULL, reason TEXT NOT NULL, \
     detail TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL, key TEXT NOT NULL, signature TEXT NOT NULL) STRICT",
        "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN \
     SELECT raise(ABORT, 'the audit log is only appended to'); END",
        "CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN \
     SELECT raise(ABORT, 'the audit log is only appended to'); END",
    ],
    &[
        "CREATE TABLE users (name TEXT NOT NULL PRIMARY KEY, password TEXT, groups TEXT NOT NULL, enabled INTEGER NOT NULL, \
     at TEXT NOT NULL) STRICT",
        "CREATE TABLE grants (user TEXT NOT NULL, role TEXT NOT NULL, project TEXT NOT NULL, environment TEXT NOT NULL, \
     PRIMARY KEY (user, role, project, environment)) STRICT",
        "CREATE TABLE tokens (id TEXT NOT NULL PRIMARY KEY, hash TEXT NOT NULL UNIQUE, user TEXT NOT NULL, name TEXT NOT NULL, \
     scope TEXT NOT NULL, at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT) STRICT",
        "CREATE TABLE sessions (hash TEXT NOT NULL PRIMARY KEY, user TEXT NOT NULL, at TEXT NOT NULL, expires_at TEXT NOT NULL) STRICT",
    ],
];

/// The open store.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
    locks: alive::Locks,
    /// Who changes something where nothing else says so.
    actor: Arc<str>,
    signer: audit::Signer,
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
            .busy_timeout(Duration::from_secs(30));
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await;
        let pool = pool.map_err(|error| failure(error.to_string()))?;
        let (locks, signer) = (alive::Locks::beside(path), audit::Signer::beside(path));
        let store = Self { pool, locks, actor: user().into(), signer };
        store.create().await.map_err(|error| failure(error.to_string()))?.map_or(Ok(store), |version| {
            Err(failure(format!("it was written by a later version (tables {version}, this one knows {SCHEMA_VERSION})")))
        })
    }

    /// The same store for somebody else.
    #[must_use]
    pub fn acting_as(&self, actor: &str) -> Self {
        Self { actor: actor.into(), ..self.clone() }
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
            sqlx::raw_sql("PRAGMA user_version = 13").execute(&mut *transaction).await?;
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

/// The time so many seconds from now, as [`now`] writes it.
#[must_use]
pub fn from_now(seconds: u64) -> String {
    text(OffsetDateTime::now_utc().saturating_add(time::Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX))))
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
