//! MySQL and MariaDB: a named lock under Flyway's own name, text protocol, one statement a message.
//!
//! Both products speak one protocol; which one answers is asked after the connection is open, because the scheme of
//! the URL says only which driver its author used.

use planner::dialect::{Dialect, ServerVersion};
use planner::name::ObjectName;
use planner::project::{Statistics, TableStatistics};
use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use crate::exit::Outcome;
use crate::target::error::DbError;
use crate::target::mysql_login::{options, refused, unreachable};
use crate::target::ours::Ours;
use crate::target::text::{backticked, mysql_literal};
use crate::target::{CONNECT_TIMEOUT, TextRow};
use crate::url::TargetUrl;

/// Below this estimate rows are counted, because InnoDB's estimate is of use only for large tables.
const COUNT_LIMIT: u64 = 100_000;

/// Seconds one attempt at the lock waits in the server; the waiting connection holds nothing.
const LOCK_WAIT_S: u32 = 1;

/// One session.
#[derive(Debug)]
pub struct MySql {
    connection: MySqlConnection,
    /// Which of the two products answers.
    pub dialect: Dialect,
    /// Version of the server.
    pub version: ServerVersion,
    database: String,
    /// The assignments that bring the session back to how it began, for `SET`.
    beginning: String,
    /// Character set and collation of the session, for `SET NAMES`.
    names: &'static str,
    /// Galera replicates to nodes that know nothing of a named lock and refuses to take one.
    galera: bool,
    /// Replicas get statements, not rows: InnoDB refuses changes by READ COMMITTED then.
    logs_statements: bool,
    /// A script holds table locks.
    tables_locked: bool,
    ours: Ours,
}

impl MySql {
    /// Opens a session. `name` is for the log alone.
    ///
    /// # Errors
    /// See [`super::Target::connect`].
    pub async fn connect(url: &TargetUrl, name: &str) -> Outcome<Self> {
        let options = options(url)?;
        let connection = match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return Err(refused(url, &error)),
            Err(_) => return Err(unreachable(url, "no answer within 10 s")),
        };
        let mut mysql = Self {
            connection,
            dialect: url.dialect,
            version: ServerVersion::default(),
            database: url.database.clone(),
            beginning: String::new(),
            names: "utf8mb4",
            galera: false,
            logs_statements: false,
            tables_locked: false,
            ours: Ours::enter(url, 0),
        };
        mysql.introduce(url).await?;
        tracing::debug!(session = name, dialect = %mysql.dialect, version = %mysql.version, "connected");
        Ok(mysql)
    }

    async fn introduce(&mut self, url: &TargetUrl) -> Result<(), DbError> {
        // The driver asks for IGNORE_SPACE, which turns names of functions into reserved words: `CREATE TABLE count (…)`
        // would be refused here although every other client takes it.
        self.execute("SET sql_mode = @@GLOBAL.sql_mode").await?;
        let rows = self.rows("SELECT VERSION(), DATABASE(), CONNECTION_ID()").await?;
        let mut row = rows.into_iter().next().unwrap_or_default().into_iter();
        let version = row.next().flatten().unwrap_or_default();
        self.dialect = if version.to_ascii_lowercase().contains("mariadb") { Dialect::MariaDb } else { Dialect::MySql };
        self.version = version.parse().unwrap_or_default();
        self.database = row.next().flatten().unwrap_or_default();
        self.ours = Ours::enter(url, row.next().flatten().and_then(|id| id.parse().ok()).unwrap_or(0));
        self.note_beginning().await?;
        let found = self.rows("SHOW VARIABLES WHERE variable_name IN ('wsrep_on', 'log_bin', 'binlog_format')").await?;
        let is = |name: &str, value: &str| {
            found.iter().any(|row| matches!(row.as_slice(), [Some(found), Some(set)] if found == name && set == value))
        };
        self.galera = is("wsrep_on", "ON");
        self.logs_statements = is("log_bin", "ON") && is("binlog_format", "STATEMENT");
        Ok(())
    }

    /// The query for sessions of others that worked in this database within the last second. Those of other users are seen
    /// with the privilege PROCESS only.
    pub(crate) fn others(&self) -> String {
        format!(
            "SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND id NOT IN ({}) \
             AND (command <> 'Sleep' OR time < 1) LIMIT 1",
            self.ours.ids().join(", ")
        )
    }

    /// What a script may change in the session, as it is now.
    async fn note_beginning(&mut self) -> Result<(), DbError> {
        let sql = "SELECT @@sql_mode, @@foreign_key_checks, @@unique_checks, @@sql_safe_updates, @@autocommit, @@time_zone";
        let rows = self.rows(sql).await?;
        let row: Vec<String> = rows.into_iter().next().unwrap_or_default().into_iter().map(Option::unwrap_or_default).collect();
        let [sql_mode, foreign_keys, unique, safe, autocommit, zone] = row.as_slice() else {
            return Err(DbError::other("the server did not say how its session begins".to_owned()));
        };
        self.beginning = format!(
            "sql_mode = {}, foreign_key_checks = {foreign_keys}, unique_checks = {unique}, sql_safe_updates = {safe}, \
             autocommit = {autocommit}, time_zone = {}",
            mysql_literal(sql_mode),
            mysql_literal(zone)
        );
        Ok(())
    }

    /// Makes the session the one Flyway's driver opens, so that its scripts mean the same: both drivers add strict mode;
    /// MariaDB's (`driver`) also reads `COUNT (*)` with a blank and compares literals by `utf8mb4_unicode_ci` (measured with
    /// Flyway 9.16.2 and its driver 2.7).
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn speak_as_flyway(&mut self, driver: Dialect) -> Result<(), DbError> {
        let mut modes = "STRICT_TRANS_TABLES".to_owned();
        if driver == Dialect::MariaDb {
            modes.push_str(",IGNORE_SPACE");
            self.names = "utf8mb4 COLLATE utf8mb4_unicode_ci";
        }
        self.execute(&format!("SET NAMES {}, sql_mode = CONCAT(@@sql_mode, ',{modes}')", self.names)).await?;
        self.note_beginning().await
    }

    /// Works in another database from now on; it need not be there yet.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn work_in(&mut self, database: &str) -> Result<(), DbError> {
        database.clone_into(&mut self.database);
        let sql = format!("SELECT 1 FROM information_schema.schemata WHERE schema_name = {}", mysql_literal(database));
        if self.rows(&sql).await?.is_empty() { Ok(()) } else { self.use_database().await }
    }

    /// Whether a database is the one of this run.
    pub(crate) fn works_in(&self, database: &str) -> bool {
        self.database == database
    }

    /// Goes into the database of this run.
    ///
    /// # Errors
    /// The server's refusal.
    pub(crate) async fn use_database(&mut self) -> Result<(), DbError> {
        self.execute(&format!("USE {}", backticked(&ObjectName::bare(self.database.clone())))).await.map(drop)
    }

    super::sends!(MySqlRow);

    /// See [`super::Target::row_with`]. The columns are text already: the prepared protocol would send numbers in binary.
    /// `OFFSET` takes no text.
    pub(super) async fn row_with(&mut self, sql: &str, parameters: &[String], count: u32) -> Result<Option<TextRow>, DbError> {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for parameter in parameters {
            query = query.bind(parameter.as_str());
        }
        query = query.bind(count);
        query.fetch_optional(&mut self.connection).await?.as_ref().map(text_row).transpose()
    }

    /// See [`super::Target::transaction_id`]. MariaDB says only whether one is open.
    pub(super) async fn transaction_id(&mut self) -> Result<Option<String>, DbError> {
        if self.dialect != Dialect::MariaDb {
            return Ok(None);
        }
        let rows = self.rows("SELECT @@in_transaction").await?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
    }

    /// See [`super::Target::prepare_step`]. Table locks, variables and settings of an earlier step are gone.
    pub(super) async fn prepare_step(&mut self, lock_timeout_ms: u64, statement_timeout_ms: u64) -> Result<(), DbError> {
        self.release_tables().await?;
        // Metadata locks and row locks are waited for in whole seconds here.
        let wait = match lock_timeout_ms {
            0 => "DEFAULT".to_owned(),
            ms => ms.div_ceil(1000).max(1).to_string(),
        };
        let limit = match self.dialect {
            Dialect::MariaDb => {
                format!("max_statement_time = {}.{:03}", statement_timeout_ms / 1000, statement_timeout_ms % 1000)
            }
            // MySQL limits only reading statements.
            _ => format!("max_execution_time = {statement_timeout_ms}"),
        };
        let (names, beginning) = (self.names, &self.beginning);
        self.execute(&format!(
            "SET NAMES {names}, {beginning}, lock_wait_timeout = {wait}, innodb_lock_wait_timeout = {wait}, {limit}"
        ))
        .await?;
        self.use_database().await?;
        self.forget_variables().await
    }

    /// `START TRANSACTION` would give table locks back, turning autocommit off does not.
    pub(super) async fn begin(&mut self) -> Result<(), DbError> {
        self.execute(if self.tables_locked { "SET autocommit = 0" } else { "START TRANSACTION" }).await.map(drop)
    }

    /// Where it can, locks the rows of the batch alone: by REPEATABLE READ, InnoDB's default, a change over a range of keys
    /// also keeps others from inserting into it (`facts/safety.md` §5.2).
    pub(super) async fn begin_batch(&mut self) -> Result<(), DbError> {
        if !self.logs_statements && !self.tables_locked {
            self.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
        }
        self.begin().await
    }

    /// See [`super::Target::commit`].
    pub(super) async fn commit(&mut self) -> Result<(), DbError> {
        self.execute("COMMIT").await?;
        if self.tables_locked { self.execute("SET autocommit = 1").await.map(drop) } else { Ok(()) }
    }

    /// See [`super::Target::rollback`].
    pub(super) async fn rollback(&mut self) {
        let _ = self.execute("ROLLBACK").await;
        let _ = self.release_tables().await;
    }

    /// See [`super::Target::lock_tables`].
    pub(super) async fn lock_tables(&mut self, sql: &str, own: &[ObjectName]) -> Result<(), DbError> {
        let own: Vec<String> = own.iter().map(|table| format!("{} WRITE", backticked(table))).collect();
        // The line end closes a comment the author may have ended with.
        self.execute(&format!("{sql}\n, {}", own.join(", "))).await?;
        self.tables_locked = true;
        Ok(())
    }

    /// See [`super::Target::release_tables`].
    pub(super) async fn release_tables(&mut self) -> Result<(), DbError> {
        if !std::mem::take(&mut self.tables_locked) {
            return Ok(());
        }
        self.execute("UNLOCK TABLES").await?;
        self.execute("SET autocommit = 1").await.map(drop)
    }

    /// The user variables of the session that are not NULL, each with its value as SQL text.
    ///
    /// # Errors
    /// The server's refusal, also where this user may not list them: then a script cannot be gone on with safely.
    pub(crate) async fn variables(&mut self) -> Result<Vec<(String, String)>, DbError> {
        let list = match self.dialect {
            Dialect::MariaDb => "SELECT variable_name, variable_value, variable_type FROM information_schema.user_variables",
            _ => {
                "SELECT variable_name, variable_value, 'VARCHAR' FROM performance_schema.user_variables_by_thread v JOIN \
                 performance_schema.threads t USING (thread_id) WHERE t.processlist_id = CONNECTION_ID()"
            }
        };
        let value = |row: TextRow| match <[Option<String>; 3]>::try_from(row) {
            Ok([Some(name), Some(value), kind]) => {
                let number = kind.is_some_and(|kind| !kind.contains("CHAR") && !kind.contains("TEXT") && !kind.contains("BLOB"));
                Some((name, if number { value } else { mysql_literal(&value) }))
            }
            _ => None,
        };
        Ok(self.rows(list).await?.into_iter().filter_map(value).collect())
    }

    /// Sets the variables of earlier steps to NULL, where this user may list them (as Flyway does).
    async fn forget_variables(&mut self) -> Result<(), DbError> {
        let list = match self.dialect {
            Dialect::MariaDb => "SELECT variable_name FROM information_schema.user_variables WHERE variable_value IS NOT NULL",
            _ => {
                "SELECT variable_name FROM performance_schema.user_variables_by_thread v JOIN performance_schema.threads t \
                 USING (thread_id) WHERE t.processlist_id = CONNECTION_ID() AND variable_value IS NOT NULL"
            }
        };
        let Ok(rows) = self.rows(list).await else { return Ok(()) };
        let unset = |name: String| format!("@{} = NULL", backticked(&ObjectName::bare(name)));
        let all: Vec<String> = rows.into_iter().flatten().flatten().map(unset).collect();
        if all.is_empty() { Ok(()) } else { self.execute(&format!("SET {}", all.join(", "))).await.map(drop) }
    }

    /// See [`super::Target::try_lock`].
    ///
    /// MariaDB answers NULL at once to an endless wait, so the wait is short and only the answer 1 counts. A Galera
    /// cluster has no such lock; there the epoch in the journal is the only fence, and this says so once.
    pub(super) async fn try_lock(&mut self, history: &ObjectName) -> Result<bool, DbError> {
        if self.galera {
            crate::console::say("note: this is a Galera cluster, which has no named locks: see that only one run is under way.");
            return Ok(true);
        }
        let rows = self.rows(&format!("SELECT GET_LOCK('{}', {LOCK_WAIT_S})", lock_name(history))).await?;
        Ok(rows.first().and_then(|row| row.first()).is_some_and(|value| value.as_deref() == Some("1")))
    }

    /// See [`super::Target::unlock`].
    pub(super) async fn unlock(&mut self, history: &ObjectName) {
        let _ = self.execute(&format!("SELECT RELEASE_LOCK('{}')", lock_name(history))).await;
    }

    /// See [`super::Target::has_table`].
    pub(super) async fn has_table(&mut self, table: &ObjectName) -> Result<bool, DbError> {
        let schema = mysql_literal(table.schema.as_deref().unwrap_or(&self.database));
        let sql = format!(
            "SELECT 1 FROM information_schema.tables WHERE table_schema = {schema} AND table_name = {}",
            mysql_literal(&table.name)
        );
        Ok(!self.rows(&sql).await?.is_empty())
    }

    /// The connection, for the schema reader.
    pub(super) const fn connection(&mut self) -> &mut MySqlConnection {
        &mut self.connection
    }

    /// InnoDB's estimate for large tables, a count for the others.
    pub(super) async fn statistics(&mut self) -> Result<Statistics, DbError> {
        if self.dialect == Dialect::MySql {
            // MySQL 8 shows sizes that may be a day old; older versions do not know the variable and need no such word.
            let _ = self.execute("SET information_schema_stats_expiry = 0").await;
        }
        let rows = self
            .rows(
                "SELECT table_name, table_rows, data_length FROM information_schema.tables \
                 WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY 1",
            )
            .await?;
        let mut statistics = Statistics::default();
        for row in rows {
            let [Some(name), estimate, bytes] = row.as_slice() else { continue };
            let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<u64>().ok());
            let estimate = number(estimate).unwrap_or(0);
            let rows = if estimate < COUNT_LIMIT { self.count(name).await } else { Some(estimate) };
            if let Some(rows) = rows {
                statistics.tables.insert(name.clone(), TableStatistics::sized(rows, number(bytes).unwrap_or(0)));
            }
        }
        Ok(statistics)
    }

    /// A table that this user may not read has no count, and so stays unknown.
    async fn count(&mut self, table: &str) -> Option<u64> {
        let name = backticked(&ObjectName::bare(table));
        let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {name} LIMIT {COUNT_LIMIT}) AS bounded");
        let rows = self.rows(&sql).await.ok()?;
        rows.first()?.first()?.as_deref()?.parse().ok()
    }

    /// The database: here it is what a schema is elsewhere.
    pub(super) fn current_schema(&self) -> Option<&str> {
        Some(&self.database)
    }

    /// Says goodbye to the server.
    pub(super) async fn close(self) {
        let _ = self.connection.close().await;
    }
}

/// Every value of a row as the text the server sent.
fn text_row(row: &MySqlRow) -> Result<TextRow, DbError> {
    (0..row.len()).map(|at| Ok(row.try_get_unchecked::<Option<String>, _>(at)?)).collect()
}

/// Flyway's lock: its name plus Java's `hashCode` of the quoted history table (`facts/flyway.md` §5).
#[must_use]
pub fn lock_name(history: &ObjectName) -> String {
    let text = backticked(history);
    let hash = text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    format!("Flyway-{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_flyways_own() {
        assert_eq!(lock_name(&ObjectName::qualified("c_t1", "flyway_schema_history")), "Flyway-951717248");
    }
}
