//! SQLite: a file lock for the run, `BEGIN IMMEDIATE` for each step, exact counts.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use planner::dialect::ServerVersion;
use planner::name::ObjectName;
use planner::project::{Statistics, TableStatistics};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, TypeInfo, ValueRef};

use crate::exit::{Failure, Outcome};
use crate::target::error::DbError;
use crate::target::{Access, CONNECT_TIMEOUT, TextRow, literal, quoted};
use crate::url::TargetUrl;

/// Rows are counted up to this many.
const COUNT_LIMIT: u32 = 10_000_000;

/// Steps of SQLite's machine between two looks at the clock: some hundred microseconds.
const STEPS: i32 = 10_000;

/// One connection to one file.
#[derive(Debug)]
pub struct Sqlite {
    connection: SqliteConnection,
    /// Version of the library.
    pub version: ServerVersion,
    lock_path: PathBuf,
    lock: Option<File>,
    /// The journal's file stays between transactions.
    keeps_journal: bool,
}

impl Sqlite {
    /// Opens the file.
    ///
    /// # Errors
    /// See [`super::Target::connect`].
    pub async fn connect(url: &TargetUrl, access: Access) -> Outcome<Self> {
        let path = Path::new(&url.database);
        let missing = !path.exists();
        if missing && path.parent().is_some_and(|folder| !folder.is_dir()) {
            return Err(Failure::failed(
                format!("{url}: its folder does not exist."),
                "Create the folder, or mend the path in the URL; the file itself is created by the first migration.",
            ));
        }
        let mut options = SqliteConnectOptions::new()
            // What a migration finds when any other tool runs it: SQLite's default.
            .foreign_keys(false)
            .busy_timeout(Duration::from_secs(5));
        options = match (missing, access) {
            (true, Access::Read) => options.in_memory(true),
            (_, Access::Read) => options.filename(path).create_if_missing(false),
            (_, Access::Write) => options.filename(path).create_if_missing(true),
        };
        let opened = tokio::time::timeout(CONNECT_TIMEOUT, options.disable_statement_logging().connect()).await;
        let connection = match opened {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return Err(unopened(url, &error.to_string())),
            Err(_) => return Err(unopened(url, "no answer within 10 s")),
        };
        let lock_path = PathBuf::from(format!("{}.flightplan.lock", url.database));
        let mut sqlite = Self { connection, version: ServerVersion::default(), lock_path, lock: None, keeps_journal: false };
        // Reading the schema proves that the file is a database.
        let rows = sqlite.rows("SELECT sqlite_version(), count(*) FROM sqlite_master").await;
        let rows = rows.map_err(|error| unopened(url, &error.message))?;
        let version = rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten();
        sqlite.version = version.and_then(|text| text.parse().ok()).unwrap_or_default();
        Ok(sqlite)
    }

    /// The connection, for the schema reader.
    pub(super) const fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    super::sends!(SqliteRow);

    /// Ends a statement that is still at work at that moment; `None`: none is ended any more.
    pub(super) async fn end_after(&mut self, until: Option<Instant>) -> Result<(), DbError> {
        let mut handle = self.connection.lock_handle().await?;
        match until {
            Some(until) => handle.set_progress_handler(STEPS, move || Instant::now() < until),
            None => handle.remove_progress_handler(),
        }
        Ok(())
    }

    /// See [`super::Target::row_with`].
    pub(super) async fn row_with(&mut self, sql: &str, parameters: &[String], count: u32) -> Result<Option<TextRow>, DbError> {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for parameter in parameters {
            query = query.bind(parameter.as_str());
        }
        query = query.bind(count.to_string());
        query.fetch_optional(&mut self.connection).await?.as_ref().map(text_row).transpose()
    }

    /// Lock waiting is the busy timeout; a statement has no time limit in SQLite.
    pub(super) async fn prepare_step(&mut self, lock_timeout_ms: u64, _statement_timeout_ms: u64) -> Result<(), DbError> {
        let busy = if lock_timeout_ms == 0 { 60_000 } else { lock_timeout_ms };
        self.execute(&format!("PRAGMA busy_timeout = {busy}")).await.map(drop)
    }

    /// See [`super::Target::begin_walk`].
    pub(super) async fn begin_walk(&mut self) -> Result<(), DbError> {
        let mode = self.rows("PRAGMA journal_mode").await?;
        // A database in WAL mode, or one whose journal somebody chose, is left as it is.
        if mode.first().and_then(|row| row.first()).and_then(Option::as_deref) == Some("delete") {
            self.rows("PRAGMA journal_mode = PERSIST").await?;
            self.keeps_journal = true;
        }
        Ok(())
    }

    /// See [`super::Target::end_walk`].
    pub(super) async fn end_walk(&mut self) {
        if self.keeps_journal {
            // Inside of a transaction it does nothing; then the closing of the connection tries again.
            let _ = self.rows("PRAGMA journal_mode = DELETE").await;
        }
    }

    /// The lock file stays; what counts is the operating system's lock on it, which ends with the process.
    pub(super) fn try_lock(&mut self) -> Result<bool, DbError> {
        if self.lock.is_some() {
            return Ok(true);
        }
        let named = |error: std::io::Error| DbError::other(format!("{}: {error}", self.lock_path.display()));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&self.lock_path).map_err(named)?;
        match file.try_lock() {
            Ok(()) => {
                self.lock = Some(file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(named(error)),
        }
    }

    /// See [`super::Target::unlock`].
    pub(super) fn unlock(&mut self) {
        self.lock = None;
    }

    /// See [`super::Target::has_table`].
    pub(super) async fn has_table(&mut self, table: &ObjectName) -> Result<bool, DbError> {
        let sql = format!("SELECT 1 FROM sqlite_master WHERE type = 'table' AND lower(name) = lower({})", literal(&table.name));
        Ok(!self.rows(&sql).await?.is_empty())
    }

    /// Counts every table; bytes are not known without the `dbstat` extension.
    pub(super) async fn statistics(&mut self) -> Result<Statistics, DbError> {
        let names = self
            .rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1")
            .await?;
        let mut statistics = Statistics::default();
        for name in names.into_iter().flatten().flatten() {
            let table = quoted(&ObjectName::bare(name.clone()));
            let counted = self.rows(&format!("SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {COUNT_LIMIT})")).await;
            // A virtual table whose module is not loaded cannot be counted, and so stays unknown.
            let Ok(rows) = counted else { continue };
            let count = rows.first().and_then(|row| row.first()).and_then(|value| value.as_deref()?.parse().ok());
            if let Some(rows) = count {
                statistics.tables.insert(name, TableStatistics::sized(rows, 0));
            }
        }
        Ok(statistics)
    }

    /// Closes the file.
    pub(super) async fn close(mut self) {
        self.end_walk().await;
        let _ = self.connection.close().await;
    }
}

/// Every value of a row as text. Blobs have no text and are an error: nothing we read holds one.
fn text_row(row: &SqliteRow) -> Result<TextRow, DbError> {
    (0..row.len())
        .map(|at| {
            let value = row.try_get_raw(at)?;
            if value.is_null() {
                return Ok(None);
            }
            let text = match value.type_info().name() {
                "INTEGER" | "BOOLEAN" | "INT8" => row.try_get_unchecked::<i64, _>(at)?.to_string(),
                "REAL" => row.try_get_unchecked::<f64, _>(at)?.to_string(),
                "BLOB" => return Err(DbError::other(format!("column {at} is binary and cannot be read as text"))),
                _ => row.try_get_unchecked::<String, _>(at)?,
            };
            Ok(Some(text))
        })
        .collect()
}

fn unopened(url: &TargetUrl, why: &str) -> Failure {
    Failure::failed(
        format!("{url} cannot be opened: {why}."),
        "Check that the path names a SQLite database and that this user may read and write it and its folder.",
    )
}
