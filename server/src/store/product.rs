//! Where the two products of the store differ; everything else is written once.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use planner::dialect::Dialect;
use planner::name::ObjectName;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};

use crate::exit::{Failure, Outcome};
use crate::store::place::Place;
use crate::store::sql::{Pool, Transaction};
use crate::store::{broken, migration};
use crate::target::{postgres, quoted};
use crate::url::TargetUrl;

/// How long anything waits for the store before it is refused.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// What a change of the store begins with on PostgreSQL: whoever changes the store is alone, as on SQLite, and so the chain of
/// the audit log cannot fork. A node that is halted in the middle, or cut off, keeps the others out for a minute at most.
const ALONE: &str = "SET LOCAL lock_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '60s'; \
                     LOCK TABLE audit_chain IN EXCLUSIVE MODE";

/// What the migrations of the store write differently, as Flyway's placeholders.
pub(super) const fn words(dialect: Dialect) -> [(&'static str, &'static str); 4] {
    match dialect {
        Dialect::Postgres => {
            [("strict", ""), ("integer", "BIGINT"), ("boolean", "BOOLEAN"), ("identity", "BIGINT GENERATED ALWAYS AS IDENTITY")]
        }
        _ => [("strict", " STRICT"), ("integer", "INTEGER"), ("boolean", "INTEGER"), ("identity", "INTEGER")],
    }
}

impl Pool {
    /// Opens the store, with its tables as this version knows them.
    ///
    /// # Errors
    /// It cannot be reached or made; it was written by a later version.
    pub(super) async fn open(place: &Place) -> Outcome<Self> {
        match place {
            Place::File(path) => open_file(place, path).await,
            Place::Server { url, .. } => open_server(place, url).await,
        }
    }

    /// Whether there is a store.
    pub(super) async fn is_there(place: &Place) -> Outcome<bool> {
        match place {
            Place::File(path) => Ok(path.exists()),
            Place::Server { url, .. } => Ok(version_on_server(url).await? > 0),
        }
    }

    /// Begins a change.
    pub(super) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        match self {
            Self::Sqlite(pool) => pool.begin_with("BEGIN IMMEDIATE").await.map(Transaction::Sqlite),
            Self::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                sqlx::raw_sql(ALONE).execute(&mut *transaction).await?;
                Ok(Transaction::Postgres(transaction))
            }
        }
    }

    /// The triggers that keep the rows of the audit log as they were written, and the query for those that do.
    pub(super) const fn guards(&self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Sqlite(_) => (
                &["audit_is_not_changed", "audit_is_not_deleted"],
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'",
            ),
            Self::Postgres(_) => (
                &["audit_is_not_changed", "audit_is_not_deleted", "audit_is_not_emptied"],
                "SELECT tgname::text FROM pg_trigger WHERE tgrelid = 'audit'::regclass AND tgenabled <> 'D'",
            ),
        }
    }
}

impl Transaction {
    /// Makes all of it so.
    pub(super) async fn commit(self) -> Outcome<()> {
        let committed = match self {
            Self::Sqlite(open) => open.commit().await,
            Self::Postgres(open) => open.commit().await,
        };
        committed.map_err(|error| match unreachable(&error) {
            Some(why) => Failure::failed(
                format!("The control store did not say whether it took the change: {why}."),
                "Look whether it did before you ask for it again.",
            ),
            None => broken(&error),
        })
    }
}

/// Why the store could not answer at all; `None`: it answered, and refused.
fn unreachable(error: &sqlx::Error) -> Option<String> {
    match error {
        sqlx::Error::PoolTimedOut => Some(format!("it gave no connection within {} s", PATIENCE.as_secs())),
        sqlx::Error::Io(error) => Some(error.to_string()),
        sqlx::Error::Tls(error) => Some(error.to_string()),
        // Cut off in the middle of a message.
        sqlx::Error::Protocol(error) => Some(error.clone()),
        // It is shutting down, starting up, or has no connection left (PostgreSQL's classes 57P and 53300, and 08).
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            let away = code.starts_with("57P") || code.starts_with("08") || code == "53300";
            away.then(|| error.message().to_owned())
        }
        _ => None,
    }
}

/// A refusal of the store for people; what they cannot mend is told apart from what they can.
pub(super) fn refused(error: &sqlx::Error) -> Failure {
    match unreachable(error) {
        Some(why) => Failure::failed(
            format!("The control store cannot be reached: {why}."),
            "Check that its server is up; --store, FLIGHTPLAN_STORE or [store] in flightplan.toml say where it is.",
        ),
        None => broken(error),
    }
}

fn unopened(place: &Place, why: &dyn Display) -> Failure {
    Failure::usage(format!("The control store {place} cannot be opened: {why}."), "Name a writable file with --store.")
}

async fn open_file(place: &Place, path: &Path) -> Outcome<Pool> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| unopened(place, &error))?;
        let ignore = folder.join(".gitignore");
        if folder.ends_with(".flightplan") && !ignore.exists() {
            std::fs::write(&ignore, "*\n").map_err(|error| unopened(place, &error))?;
        }
    }
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(30));
    let version: i64 = if path.exists() {
        let mut connection = SqliteConnection::connect_with(&options).await.map_err(|error| unopened(place, &error))?;
        let version = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut connection).await;
        let _ = connection.close().await;
        version.map_err(|error| unopened(place, &error))?
    } else {
        0
    };
    let missing = migration::is_missing(place, version)?;
    if missing {
        let url = TargetUrl::parse("sqlite:store.db", Path::new("/"))?;
        let url = TargetUrl { database: path.to_string_lossy().into_owned(), ..url };
        migration::run(place, url, Some(version)).await?;
    }
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await;
    let pool = pool.map_err(|error| unopened(place, &error))?;
    if missing {
        // Earlier versions of Flightplan know by this number that the store is not theirs to read.
        let noted = sqlx::raw_sql(migration::NOTE_VERSION).execute(&pool).await;
        noted.map_err(|error| unopened(place, &error))?;
    }
    Ok(Pool::Sqlite(pool))
}

async fn open_server(place: &Place, url: &TargetUrl) -> Outcome<Pool> {
    if migration::is_missing(place, version_on_server(url).await?)? {
        migration::run(place, url.clone(), None).await?;
    }
    let options = postgres::options(url, "flightplan store")?;
    let pool = PgPoolOptions::new().max_connections(8).acquire_timeout(PATIENCE).connect_lazy_with(options);
    Ok(Pool::Postgres(pool))
}

/// Version of the newest migration the store has; 0: it is empty.
async fn version_on_server(url: &TargetUrl) -> Outcome<i64> {
    let mut connection = postgres::open(url, "flightplan store", PATIENCE).await?;
    let history = quoted(&ObjectName::qualified(url.schema.clone().unwrap_or_default(), migration::HISTORY));
    let there = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(&history).fetch_one(&mut connection).await;
    let version = if there.map_err(|error| refused(&error))? {
        let newest = format!("SELECT coalesce(max(version::bigint), 0) FROM {history} WHERE success AND version IS NOT NULL");
        let newest = sqlx::query_scalar(sqlx::AssertSqlSafe(newest)).fetch_one(&mut connection).await;
        newest.map_err(|error| refused(&error))?
    } else {
        0
    };
    let _ = connection.close().await;
    Ok(version)
}
