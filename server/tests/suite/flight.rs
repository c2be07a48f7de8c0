//! What the tests share: a project in a temporary folder, the binary, and a database of either product.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use sqlx::{Connection, MySqlConnection, PgConnection, Row, SqliteConnection, TypeInfo, ValueRef};

use crate::{mariadb, postgres};

/// A project in a folder of its own, with one database.
pub(crate) struct Flight {
    folder: tempfile::TempDir,
    /// Address of the control store, where it is no file in the project.
    pub(crate) store: Option<String>,
    pub(crate) url: String,
    pub(crate) dialect: &'static str,
}

/// What the binary said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Said {
    /// Fails the test unless the exit code is this one.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Fails the test unless stderr holds all of these.
    #[track_caller]
    pub(crate) fn complains(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is missing in:\n{}", self.err);
        }
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }
}

/// `FLIGHTPLAN_TEST_STORE=postgres`: every project has a store of its own on PostgreSQL.
fn store() -> Option<String> {
    std::env::var("FLIGHTPLAN_TEST_STORE").ok().filter(|product| product == "postgres").map(|_| postgres::database().url)
}

impl Flight {
    /// The same project with a store on PostgreSQL.
    pub(crate) fn with_store(self, store: &str) -> Self {
        Self { store: Some(store.to_owned()), ..self }
    }

    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self { folder, store: store(), url, dialect: "sqlite" }
    }

    pub(crate) fn postgres() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), store: store(), url: postgres::database().url, dialect: "postgres" }
    }

    pub(crate) fn mariadb() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), store: store(), url: mariadb::database().url, dialect: "mariadb" }
    }

    /// A project for a PostgreSQL database that is there.
    pub(crate) fn at(url: String) -> Self {
        let dialect = if url.starts_with("mariadb:") { "mariadb" } else { "postgres" };
        Self { folder: tempfile::tempdir().unwrap(), store: store(), url, dialect }
    }

    /// One of each product with transactional schema changes.
    pub(crate) fn each() -> [Self; 2] {
        [Self::sqlite(), Self::postgres()]
    }

    /// One of each product, MariaDB too, where schema changes commit.
    pub(crate) fn all() -> [Self; 3] {
        [Self::sqlite(), Self::postgres(), Self::mariadb()]
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The user's cache folder, as the binary sees it.
    pub(crate) fn cache(&self) -> PathBuf {
        self.path().join(".cache")
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A project file whose one environment needs this many approvals.
    pub(crate) fn configure(&self, source: &str, approvals: u32) {
        let tool =
            if source == "flyway" { "[flyway]\nlocations = [\"sql\"]\n" } else { "[alembic]\nscript_location = \"alembic\"\n" };
        let text = format!(
            "[project]\nname = \"test\"\n\n{tool}\n[environments.test]\nsource = \"{source}\"\ndialect = \"{}\"\nurl_env = \"TEST_URL\"\napprovals = {approvals}\n",
            self.dialect
        );
        self.write("flightplan.toml", text);
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flightplan"));
        command.current_dir(self.path()).args(arguments).env("TEST_URL", &self.url).env("XDG_CACHE_HOME", self.cache());
        command.env("XDG_STATE_HOME", self.path().join(".state")).env_remove("FLIGHTPLAN_AUDIT_KEY");
        for name in ["PGPASSWORD", "PGUSER", "MYSQL_PWD", "FLIGHTPLAN_URL", "FLYWAY_URL", "FLIGHTPLAN_FAILPOINT"] {
            command.env_remove(name);
        }
        match &self.store {
            Some(store) => command.env("FLIGHTPLAN_STORE", store),
            None => command.env_remove("FLIGHTPLAN_STORE"),
        };
        command
    }

    /// Runs the binary with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs it on the bare Flyway folder `sql`.
    pub(crate) fn flyway(&self, arguments: &[&str]) -> Said {
        self.run(&[&["--source", "flyway:sql", "--url", &self.url], arguments].concat())
    }

    /// Starts it and does not wait.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let all = [&["--source", "flyway:sql", "--url", &self.url], arguments].concat();
        self.command(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs it until it kills itself at a failpoint; `false`: the point was not reached.
    pub(crate) fn killed_at(&self, point: &str, arguments: &[&str]) -> bool {
        use std::os::unix::process::ExitStatusExt;
        let all = [&["--source", "flyway:sql", "--url", &self.url], arguments].concat();
        let output = self.command(&all).env("FLIGHTPLAN_FAILPOINT", point).output().unwrap();
        output.status.signal() == Some(9)
    }

    /// Starts it and does not wait; it halts itself at a failpoint.
    pub(crate) fn start_halting(&self, point: &str, arguments: &[&str]) -> Child {
        let all = [&["--source", "flyway:sql", "--url", &self.url], arguments].concat();
        let mut command = self.command(&all);
        command.env("FLIGHTPLAN_FAILPOINT", point).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Another project with a database of the same product.
    pub(crate) fn again(&self) -> Self {
        match self.dialect {
            "sqlite" => Self::sqlite(),
            "mariadb" => Self::mariadb(),
            _ => Self::postgres(),
        }
    }

    /// The same, by way of another port.
    pub(crate) fn through(mut self, server: u16, port: u16) -> Self {
        self.url = self.url.replace(&format!(":{server}/"), &format!(":{port}/"));
        self
    }

    /// Another session that has run a statement in a transaction and keeps it open.
    pub(crate) fn hold(&self, sql: &str) -> Held {
        let runtime = runtime();
        let session = runtime.block_on(async {
            match self.dialect {
                "mariadb" => {
                    let mut connection = MySqlConnection::connect(&self.url.replace("mariadb://", "mysql://")).await.unwrap();
                    for text in ["START TRANSACTION", sql] {
                        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
                    }
                    Session::MySql(connection)
                }
                _ => {
                    let mut connection = PgConnection::connect(&self.url).await.unwrap();
                    for text in ["BEGIN", sql] {
                        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
                    }
                    Session::Postgres(connection)
                }
            }
        });
        Held { runtime, session }
    }

    /// Rows of a query, columns joined with `|`, NULL as `-`.
    pub(crate) fn query(&self, sql: &str) -> Vec<String> {
        runtime().block_on(async {
            match self.dialect {
                "sqlite" => {
                    let mut connection = SqliteConnection::connect(&self.url.replace("sqlite:", "sqlite://")).await.unwrap();
                    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
                    rows.iter().map(|row| join(row.len(), |at| sqlite_text(row, at))).collect()
                }
                "mariadb" => {
                    let url = self.url.replace("mariadb://", "mysql://");
                    let mut connection = MySqlConnection::connect(&url).await.unwrap();
                    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
                    rows.iter().map(|row| join(row.len(), |at| row.try_get_unchecked(at).unwrap())).collect()
                }
                _ => {
                    let mut connection = PgConnection::connect(&self.url).await.unwrap();
                    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
                    rows.iter()
                        .map(|row| {
                            join(row.len(), |at| row.try_get_raw(at).map(|value| value.as_str().ok().map(str::to_owned)).unwrap())
                        })
                        .collect()
                }
            }
        })
    }

    /// As [`Self::query`], on a SQLite file that may not be there yet.
    pub(crate) fn query_or_create(&self, sql: &str) -> Vec<String> {
        if let Some(file) = self.url.strip_prefix("sqlite:") {
            std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        }
        self.query(sql)
    }

    /// The first value of a query.
    pub(crate) fn value(&self, sql: &str) -> String {
        self.query(sql).into_iter().next().unwrap_or_default()
    }

    /// Names of all tables of the application and of the tools, sorted.
    pub(crate) fn tables(&self) -> Vec<String> {
        self.query(match self.dialect {
            "sqlite" => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1",
            "mariadb" => "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
            _ => "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
        })
    }

    /// As [`Self::tables`]; none where the SQLite file is not there.
    pub(crate) fn tables_or_none(&self) -> Vec<String> {
        let missing = self.url.strip_prefix("sqlite:").is_some_and(|file| !Path::new(file).exists());
        if missing { Vec::new() } else { self.tables() }
    }

    /// The history, as people read it.
    pub(crate) fn history(&self) -> Vec<String> {
        self.query(
            "SELECT installed_rank, version, description, type, script, CASE WHEN success THEN 'ok' ELSE 'failed' END \
             FROM flyway_schema_history ORDER BY installed_rank",
        )
    }
}

/// A session with an open transaction.
pub(crate) struct Held {
    runtime: tokio::runtime::Runtime,
    session: Session,
}

enum Session {
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

impl Held {
    /// Commits what it holds.
    pub(crate) fn commit(mut self) {
        self.runtime.block_on(async {
            match &mut self.session {
                Session::Postgres(connection) => drop(sqlx::raw_sql("COMMIT").execute(connection).await.unwrap()),
                Session::MySql(connection) => drop(sqlx::raw_sql("COMMIT").execute(connection).await.unwrap()),
            }
        });
    }
}

fn join(columns: usize, value: impl Fn(usize) -> Option<String>) -> String {
    (0..columns).map(|at| value(at).unwrap_or_else(|| "-".to_owned())).collect::<Vec<_>>().join("|")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn sqlite_text(row: &sqlx::sqlite::SqliteRow, at: usize) -> Option<String> {
    let value = row.try_get_raw(at).unwrap();
    match value.type_info().name() {
        _ if value.is_null() => None,
        "INTEGER" | "BOOLEAN" => Some(row.try_get_unchecked::<i64, _>(at).unwrap().to_string()),
        _ => Some(row.try_get_unchecked::<String, _>(at).unwrap()),
    }
}
