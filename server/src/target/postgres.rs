//! PostgreSQL: session advisory lock on Flyway's key, text protocol, one statement a message.

use std::fmt::Write as _;
use std::time::Duration;

use planner::dialect::ServerVersion;
use planner::name::ObjectName;
use planner::project::{Statistics, TableStatistics};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, TypeInfo, ValueRef};

use crate::exit::{Failure, Outcome};
use crate::target::error::DbError;
use crate::target::postgres_step::Prepared;
use crate::target::{CONNECT_TIMEOUT, TextRow, literal, quoted};
use crate::url::TargetUrl;

/// Rows are counted up to this many where the server has no estimate yet.
const COUNT_LIMIT: u32 = 100_000;

/// Bytes of COPY data in one message.
const COPY_CHUNK: usize = 1 << 16;

/// One session.
#[derive(Debug)]
pub struct Postgres {
    pub(super) connection: PgConnection,
    /// Version of the server.
    pub version: ServerVersion,
    /// Search path at the start, as SQL text.
    pub(super) search_path: String,
    current_schema: Option<String>,
    pub(super) prepared: Prepared,
}

impl Postgres {
    /// Opens a session and tags it.
    ///
    /// # Errors
    /// See [`super::Target::connect`].
    pub async fn connect(url: &TargetUrl, name: &str) -> Outcome<Self> {
        let mut postgres = Self {
            connection: open(url, name, CONNECT_TIMEOUT).await?,
            version: ServerVersion::default(),
            search_path: String::new(),
            current_schema: None,
            prepared: Prepared::default(),
        };
        postgres.introduce().await?;
        Ok(postgres)
    }

    async fn introduce(&mut self) -> Result<(), DbError> {
        let rows =
            self.rows("SELECT current_setting('server_version'), current_setting('search_path'), current_schema()").await?;
        let mut row = rows.into_iter().next().unwrap_or_default().into_iter();
        let mut next = || row.next().flatten();
        self.version = next().and_then(|text| text.parse().ok()).unwrap_or_default();
        self.search_path = next().unwrap_or_default();
        self.current_schema = next();
        self.session_settings().await
    }

    /// A server that notices a dead client within half a second frees the lock at once (`facts/governance.md` §4.4).
    async fn session_settings(&mut self) -> Result<(), DbError> {
        if self.version.major >= 14 {
            self.execute("SET client_connection_check_interval = 500").await?;
        }
        Ok(())
    }

    super::sends!(PgRow);

    /// See [`super::Target::row_with`]. The prepared protocol answers in binary, so the row is turned to text by the server.
    pub(super) async fn row_with(&mut self, sql: &str, parameters: &[String], count: u32) -> Result<Option<TextRow>, DbError> {
        let wrapped = format!(
            "SELECT array_to_json(ARRAY(SELECT value FROM json_each_text(row_to_json(bound))))::text FROM ({sql}) AS bound"
        );
        let mut query = sqlx::query_scalar::<_, String>(AssertSqlSafe(wrapped.as_str()));
        for parameter in parameters {
            query = query.bind(parameter.as_str());
        }
        query = query.bind(count.to_string());
        let Some(text) = query.fetch_optional(&mut self.connection).await? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|error| DbError::other(format!("the key row {text} is no list: {error}")))
    }

    /// See [`super::Target::copy`].
    pub(super) async fn copy(&mut self, sql: &str, data: &str) -> Result<u64, DbError> {
        let mut copy = self.connection.copy_in_raw(sql).await?;
        // In pieces: the driver copies what it is about to send.
        for piece in data.as_bytes().chunks(COPY_CHUNK) {
            if let Err(error) = copy.send(piece).await {
                let _ = copy.abort("the data could not be sent").await;
                return Err(error.into());
            }
        }
        Ok(copy.finish().await?)
    }

    /// See [`super::Target::transaction_id`].
    pub(super) async fn transaction_id(&mut self) -> Result<Option<String>, DbError> {
        let rows = self.rows("SELECT txid_current_if_assigned()").await?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
    }

    /// Puts a schema first in the search path of this session and of every step.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn lead_with(&mut self, schema: &str) -> Result<(), DbError> {
        let mut path = quoted(&ObjectName::bare(schema));
        if !self.search_path.is_empty() {
            let _ = write!(path, ", {}", self.search_path);
        }
        self.search_path = path;
        self.current_schema = Some(schema.to_owned());
        self.execute(&format!("SELECT set_config('search_path', {}, false)", literal(&self.search_path))).await.map(drop)
    }

    /// See [`super::Target::try_lock`].
    pub(super) async fn try_lock(&mut self, history: &ObjectName) -> Result<bool, DbError> {
        let rows = self.rows(&format!("SELECT pg_try_advisory_lock({})", lock_key(history))).await?;
        Ok(rows.first().and_then(|row| row.first()).is_some_and(|value| value.as_deref() == Some("t")))
    }

    /// See [`super::Target::unlock`].
    pub(super) async fn unlock(&mut self, history: &ObjectName) {
        let _ = self.execute(&format!("SELECT pg_advisory_unlock({})", lock_key(history))).await;
    }

    /// See [`super::Target::has_table`].
    pub(super) async fn has_table(&mut self, table: &ObjectName) -> Result<bool, DbError> {
        let rows = self.rows(&format!("SELECT to_regclass({}) IS NOT NULL", literal(&quoted(table)))).await?;
        Ok(rows.first().and_then(|row| row.first()).is_some_and(|value| value.as_deref() == Some("t")))
    }

    /// The connection, for the schema reader.
    pub(super) const fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// The planner's estimate where there is one; else a count that stops at [`COUNT_LIMIT`].
    pub(super) async fn statistics(&mut self) -> Result<Statistics, DbError> {
        let rows = self
            .rows(
                "SELECT n.nspname, c.relname, c.reltuples::bigint, pg_relation_size(c.oid), c.relkind = 'p' \
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
                 AND n.nspname NOT LIKE 'pg_toast%' AND n.nspname NOT LIKE 'pg_temp%' ORDER BY 1, 2",
            )
            .await?;
        let mut statistics = Statistics::default();
        for row in rows {
            let [Some(schema), Some(name), Some(estimate), Some(bytes), partitioned] = row.as_slice() else { continue };
            let estimate: i64 = estimate.parse().unwrap_or(-1);
            let bytes = bytes.parse().unwrap_or(0);
            let name = ObjectName::qualified(schema.clone(), name.clone());
            let partitioned = partitioned.as_deref() == Some("t");
            if bytes == 0 && !partitioned {
                // No page, no row: thousands of new tables are not counted one by one.
                statistics.tables.insert(name.to_string(), TableStatistics::sized(0, bytes));
                continue;
            }
            let unknown = estimate <= 0 || partitioned;
            let rows = if unknown { self.count(&name).await } else { u64::try_from(estimate).ok() };
            if let Some(rows) = rows {
                statistics.tables.insert(name.to_string(), TableStatistics::sized(rows, bytes));
            }
        }
        Ok(statistics)
    }

    /// A table that this user may not read has no count, and so stays unknown.
    async fn count(&mut self, table: &ObjectName) -> Option<u64> {
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {COUNT_LIMIT}) AS bounded", quoted(table));
        let rows = self.rows(&sql).await.ok()?;
        rows.first()?.first()?.as_deref()?.parse().ok()
    }

    /// The schema unqualified names are made in.
    pub(super) fn current_schema(&self) -> Option<&str> {
        self.current_schema.as_deref()
    }

    /// Says goodbye to the server.
    pub(super) async fn close(self) {
        let _ = self.connection.close().await;
    }
}

/// Every value of a row as the text the server sent.
pub(super) fn text_row(row: &PgRow) -> Result<TextRow, DbError> {
    (0..row.len())
        .map(|at| {
            let value = row.try_get_raw(at)?;
            if value.is_null() {
                return Ok(None);
            }
            value
                .as_str()
                .map(|text| Some(text.to_owned()))
                .map_err(|error| DbError::other(format!("column {at} of type {} is no text: {error}", value.type_info().name())))
        })
        .collect()
}

/// Flyway's advisory key: its name in ASCII plus Java's `hashCode` of the quoted history table (`facts/flyway.md` §5).
#[must_use]
pub fn lock_key(history: &ObjectName) -> i64 {
    const FLYWAY: i64 = 0x466C_7977_6179;
    let hash = quoted(history).encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    FLYWAY + i64::from(hash)
}

/// Opens a connection, and says in people's words why it cannot.
pub(crate) async fn open(url: &TargetUrl, name: &str, patience: Duration) -> Outcome<PgConnection> {
    match tokio::time::timeout(patience, options(url, name)?.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(refused(url, &error)),
        Err(_) => Err(unreachable(url, &format!("no answer within {} s", patience.as_secs()))),
    }
}

/// How to log in.
pub(crate) fn options(url: &TargetUrl, name: &str) -> Outcome<PgConnectOptions> {
    let mut options = PgConnectOptions::new().host(&url.host).port(url.port).database(&url.database).application_name(name);
    if let Some(user) = &url.user {
        options = options.username(user);
    }
    if let Some(password) = &url.password {
        options = options.password(password);
    }
    if let Some(mode) = &url.ssl_mode {
        let mode: PgSslMode = mode.parse().map_err(|_| {
            Failure::usage(format!("sslmode={mode} is not known."), "Use disable, prefer, require, verify-ca or verify-full.")
        })?;
        options = options.ssl_mode(mode);
    }
    if let Some(schema) = &url.schema {
        options = options.options([("search_path", schema.as_str())]);
    }
    Ok(options.disable_statement_logging())
}

/// The server answered and said no, or nobody answered.
fn refused(url: &TargetUrl, error: &sqlx::Error) -> Failure {
    let user = url.user.as_deref().unwrap_or("the current user");
    let sqlx::Error::Database(database) = error else {
        return unreachable(url, &error.to_string());
    };
    match database.code().as_deref() {
        Some("28P01" | "28000") => Failure::usage(
            format!("{url}: the server refused the login of {user}: {}.", database.message()),
            "Check user and password (in the URL, or FLIGHTPLAN_PASSWORD / PGPASSWORD) and the server's pg_hba.conf.",
        ),
        Some("3D000") => {
            Failure::usage(format!("{url}: {}.", database.message()), "Create the database first, or mend its name in the URL.")
        }
        _ => unreachable(url, database.message()),
    }
}

fn unreachable(url: &TargetUrl, why: &str) -> Failure {
    Failure::failed(
        format!("{url} cannot be reached: {why}."),
        "Check that the server is up and that host, port and firewall let this machine in.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_flyways_own() {
        assert_eq!(lock_key(&ObjectName::qualified("public", "flyway_schema_history")), 77_433_833_903_597);
        assert_eq!(lock_key(&ObjectName::qualified("foo", "flyway_schema_history")), 77_433_465_621_428);
    }
}
