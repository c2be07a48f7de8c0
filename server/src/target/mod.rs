//! The database that is migrated: one connection, which also holds the lock.
//!
//! Everything the executor needs from a product is a method here; each product has one file.

mod bookkeeping;
pub mod error;
pub mod mysql;
mod mysql_login;
mod ours;
pub mod postgres;
mod postgres_step;
mod reading;
mod refusal;
pub mod schema_mysql;
pub mod schema_postgres;
pub mod schema_sqlite;
pub mod sqlite;
mod step;
pub mod text;

use std::time::Duration;

use planner::catalog::schema::Schema;
use planner::dialect::{Dialect, ServerVersion};
use planner::name::ObjectName;
use planner::project::Statistics;

use crate::exit::Outcome;
use crate::url::TargetUrl;
pub use bookkeeping::Bookkeeping;
pub use error::{DbError, DbErrorKind};
pub use refusal::Refusal;
pub use step::{Closed, Opened, Opening};
pub use text::{literal, quoted};

/// How long a connection may take to open.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// One row as text; `None` is NULL.
pub type TextRow = Vec<Option<String>>;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Looking: nothing is created, a SQLite file that is not there is an empty database.
    Read,
    /// Migrating: a SQLite file that is not there is created.
    Write,
}

/// A connection to the database that is migrated.
#[derive(Debug)]
pub enum Target {
    /// PostgreSQL.
    Postgres(Box<postgres::Postgres>),
    /// MySQL or MariaDB.
    MySql(Box<mysql::MySql>),
    /// SQLite.
    Sqlite(Box<sqlite::Sqlite>),
}

/// What every product sends alike; sqlx types each driver on its own. User statements go by the text protocol: much of
/// what a migration holds cannot be prepared.
macro_rules! sends {
    ($row:ty) => {
        /// See [`super::Target::execute`].
        pub(super) async fn execute(&mut self, sql: &str) -> Result<u64, DbError> {
            Ok(sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection).await?.rows_affected())
        }

        /// See [`super::Target::execute_with`].
        pub(super) async fn execute_with(&mut self, sql: &str, parameters: &[String]) -> Result<u64, DbError> {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for parameter in parameters {
                query = query.bind(parameter.as_str());
            }
            Ok(query.execute(&mut self.connection).await?.rows_affected())
        }

        /// See [`super::Target::rows`].
        pub(super) async fn rows(&mut self, sql: &str) -> Result<Vec<TextRow>, DbError> {
            use futures_util::TryStreamExt;
            let rows: Vec<$row> = sqlx::raw_sql(AssertSqlSafe(sql)).fetch(&mut self.connection).try_collect().await?;
            rows.iter().map(text_row).collect()
        }
    };
}
use sends;

/// Forwards a call to the product's file.
macro_rules! each {
    ($target:expr, $product:ident => $call:expr) => {
        match $target {
            Target::Postgres($product) => $call,
            Target::MySql($product) => $call,
            Target::Sqlite($product) => $call,
        }
    };
}

impl Target {
    /// Opens the connection. `name` is what others see in `pg_stat_activity`.
    ///
    /// # Errors
    /// One sentence and its cure: unreachable host, refused credentials, missing database or file.
    pub async fn connect(url: &TargetUrl, name: &str, access: Access) -> Outcome<Self> {
        match url.dialect {
            Dialect::Postgres => Ok(Self::Postgres(Box::new(postgres::Postgres::connect(url, name).await?))),
            Dialect::Sqlite => Ok(Self::Sqlite(Box::new(sqlite::Sqlite::connect(url, access).await?))),
            Dialect::MySql | Dialect::MariaDb => Ok(Self::MySql(Box::new(mysql::MySql::connect(url, name).await?))),
        }
    }

    /// The product.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::MySql(mysql) => mysql.dialect,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Version of the server.
    #[must_use]
    pub const fn version(&self) -> ServerVersion {
        each!(self, product => product.version)
    }

    /// Sends one statement, alone in its message; rows affected.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn execute(&mut self, sql: &str) -> Result<u64, DbError> {
        each!(self, product => product.execute(sql).await)
    }

    /// Sends one statement with text parameters (`$1`, or `?` on MySQL and SQLite); rows affected.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn execute_with(&mut self, sql: &str, parameters: &[String]) -> Result<u64, DbError> {
        each!(self, product => product.execute_with(sql, parameters).await)
    }

    /// Rows of a query, every column as text.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn rows(&mut self, sql: &str) -> Result<Vec<TextRow>, DbError> {
        each!(self, product => product.rows(sql).await)
    }

    /// [`Self::rows`] of a query over a whole table, on one core of the server: PostgreSQL would take several, and whoever
    /// works beside it waits for one. On two cores the slowest answers of an application took 3 to 89 ms meanwhile, not 2.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn rows_on_one_core(&mut self, sql: &str) -> Result<Vec<TextRow>, DbError> {
        match self {
            Self::Postgres(postgres) => postgres.rows(&format!("SET LOCAL max_parallel_workers_per_gather TO 0; {sql}")).await,
            Self::MySql(_) | Self::Sqlite(_) => self.rows(sql).await,
        }
    }

    /// The first row of a query with text parameters and, last, a number of rows; every column as text.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn row_with(&mut self, sql: &str, parameters: &[String], count: u32) -> Result<Option<TextRow>, DbError> {
        each!(self, product => product.row_with(sql, parameters, count).await)
    }

    /// Loads the data lines of a `COPY … FROM STDIN`; rows loaded.
    ///
    /// # Errors
    /// The server's refusal; only PostgreSQL has COPY.
    pub async fn copy(&mut self, sql: &str, data: &str) -> Result<u64, DbError> {
        match self {
            Self::Postgres(postgres) => postgres.copy(sql, data).await,
            Self::MySql(_) | Self::Sqlite(_) => Err(DbError::other(format!("{} has no COPY", self.dialect().title()))),
        }
    }

    /// Opens a transaction that may write.
    ///
    /// # Errors
    /// The server's refusal, on SQLite also a busy database.
    pub async fn begin(&mut self) -> Result<(), DbError> {
        match self {
            Self::Postgres(postgres) => postgres.execute("BEGIN").await.map(drop),
            Self::MySql(mysql) => mysql.begin().await,
            Self::Sqlite(sqlite) => sqlite.execute("BEGIN IMMEDIATE").await.map(drop),
        }
    }

    /// Begins the transaction of a batch. `unhurried`: where the product can, its commit does not wait for the disk; after a
    /// crash of the server it may be gone, as a whole, with all that was committed so behind it. Any other commit makes the
    /// ones before it last.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub async fn begin_batch(&mut self, unhurried: bool) -> Result<(), DbError> {
        match self {
            Self::Postgres(postgres) if unhurried => {
                postgres.execute("BEGIN; SET LOCAL synchronous_commit TO off").await.map(drop)
            }
            Self::MySql(mysql) => mysql.begin_batch().await,
            Self::Postgres(_) | Self::Sqlite(_) => self.begin().await,
        }
    }

    /// Makes ready for many short transactions, one behind the other: on SQLite the file of the rollback journal stays between
    /// them. To make it and to take it away cost a sixth of a walk over 300,000 rows (SQLite 3.40). A crash leaves it there,
    /// which every SQLite copes with.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn begin_walk(&mut self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.begin_walk().await,
            Self::Postgres(_) | Self::MySql(_) => Ok(()),
        }
    }

    /// Behind [`Self::begin_walk`].
    pub async fn end_walk(&mut self) {
        if let Self::Sqlite(sqlite) = self {
            sqlite.end_walk().await;
        }
    }

    /// Commits.
    ///
    /// # Errors
    /// The server's refusal: deferred constraints, a lost connection.
    pub async fn commit(&mut self) -> Result<(), DbError> {
        match self {
            Self::MySql(mysql) => mysql.commit().await,
            Self::Postgres(_) | Self::Sqlite(_) => self.execute("COMMIT").await.map(drop),
        }
    }

    /// Rolls back whatever is open. An error is ignored: then there is nothing open, or no connection.
    pub async fn rollback(&mut self) {
        match self {
            Self::MySql(mysql) => mysql.rollback().await,
            Self::Postgres(_) | Self::Sqlite(_) => drop(self.execute("ROLLBACK").await),
        }
    }

    /// Sends an author's `LOCK TABLES` with some tables of ours added; elsewhere the statement as it is.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn lock_tables(&mut self, sql: &str, own: &[ObjectName]) -> Result<(), DbError> {
        match self {
            Self::MySql(mysql) => mysql.lock_tables(sql, own).await,
            Self::Postgres(_) | Self::Sqlite(_) => self.execute(sql).await.map(drop),
        }
    }

    /// Gives back table locks that a script still holds.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn release_tables(&mut self) -> Result<(), DbError> {
        match self {
            Self::MySql(mysql) => mysql.release_tables().await,
            Self::Postgres(_) | Self::Sqlite(_) => Ok(()),
        }
    }

    /// Names the open transaction, where the product can; a script that commits by itself is found this way.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn transaction_id(&mut self) -> Result<Option<String>, DbError> {
        match self {
            Self::Postgres(postgres) => postgres.transaction_id().await,
            Self::MySql(mysql) => mysql.transaction_id().await,
            Self::Sqlite(_) => Ok(None),
        }
    }

    /// Sets the limits of the next step and puts what a script may have set in the session back to what it was at the start.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn prepare_step(&mut self, lock_timeout_ms: u64, statement_timeout_ms: u64) -> Result<(), DbError> {
        each!(self, product => product.prepare_step(lock_timeout_ms, statement_timeout_ms).await)
    }

    /// Tries to take the migration lock of a history table; `false`: somebody else holds it.
    ///
    /// # Errors
    /// The server's refusal, or a lock file that cannot be opened.
    pub async fn try_lock(&mut self, history: &ObjectName) -> Result<bool, DbError> {
        match self {
            Self::Postgres(postgres) => postgres.try_lock(history).await,
            Self::MySql(mysql) => mysql.try_lock(history).await,
            Self::Sqlite(sqlite) => sqlite.try_lock(),
        }
    }

    /// Gives the lock back; a closed connection does the same.
    pub async fn unlock(&mut self, history: &ObjectName) {
        match self {
            Self::Postgres(postgres) => postgres.unlock(history).await,
            Self::MySql(mysql) => mysql.unlock(history).await,
            Self::Sqlite(sqlite) => sqlite.unlock(),
        }
    }

    /// Whether a schema exists. A product without schemas has every one.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn has_schema(&mut self, schema: &str) -> Result<bool, DbError> {
        let name = self.literal(schema);
        let sql = match self {
            Self::Postgres(_) => format!("SELECT 1 FROM pg_namespace WHERE nspname = {name}"),
            Self::MySql(_) => format!("SELECT 1 FROM information_schema.schemata WHERE schema_name = {name}"),
            Self::Sqlite(_) => return Ok(true),
        };
        Ok(!self.rows(&sql).await?.is_empty())
    }

    /// The statement of [`Self::create_schema`].
    #[must_use]
    pub fn create_schema_sql(&self, schema: &str) -> String {
        format!("CREATE SCHEMA {}", self.quoted_bare(schema))
    }

    /// Creates a schema; on MySQL and MariaDB, where it is a database, the session goes into its own if it is this one.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn create_schema(&mut self, schema: &str) -> Result<(), DbError> {
        self.execute(&self.create_schema_sql(schema)).await?;
        match self {
            Self::MySql(mysql) if mysql.works_in(schema) => mysql.use_database().await,
            _ => Ok(()),
        }
    }

    /// Whether a table exists.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn has_table(&mut self, table: &ObjectName) -> Result<bool, DbError> {
        each!(self, product => product.has_table(table).await)
    }

    /// The live schema, with these tables left out.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn schema(&mut self, exclude: &[String]) -> Result<Schema, DbError> {
        match self {
            Self::Postgres(postgres) => schema_postgres::read(postgres.connection(), exclude).await,
            Self::MySql(mysql) => {
                let dialect = mysql.dialect;
                schema_mysql::read(mysql.connection(), dialect, exclude).await
            }
            Self::Sqlite(sqlite) => schema_sqlite::read(sqlite.connection(), exclude).await,
        }
        .map_err(DbError::from)
    }

    /// Sizes of the tables.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn statistics(&mut self) -> Result<Statistics, DbError> {
        each!(self, product => product.statistics().await)
    }

    /// The schema unqualified names are made in; absent on SQLite.
    #[must_use]
    pub fn current_schema(&self) -> Option<&str> {
        match self {
            Self::Postgres(postgres) => postgres.current_schema(),
            Self::MySql(mysql) => mysql.current_schema(),
            Self::Sqlite(_) => None,
        }
    }

    /// Closes the connection in good order.
    pub async fn close(self) {
        match self {
            Self::Postgres(postgres) => postgres.close().await,
            Self::MySql(mysql) => mysql.close().await,
            Self::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}
