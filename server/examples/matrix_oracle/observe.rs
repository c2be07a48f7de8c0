//! One query on one server as it stands.

use sqlx::{Column, Connection, Executor, Row, SqlSafeStr, Statement, TypeInfo};

/// What the server does with a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Why it is not prepared.
    pub(crate) refused: Option<String>,
    /// Columns that go out: name and type.
    pub(crate) columns: Vec<(String, String)>,
    /// A data change that ran: rows, or why it was refused. Absent: it was not run.
    pub(crate) ran: Option<Result<u64, String>>,
}

/// A connection for queries, beside the one that migrates.
pub(crate) enum Asker {
    /// PostgreSQL.
    Postgres(sqlx::PgConnection),
    /// MySQL and MariaDB.
    MySql(sqlx::MySqlConnection),
}

impl Asker {
    pub(crate) async fn open(url: &str) -> Result<Self, String> {
        let words = |error: sqlx::Error| error.to_string();
        if url.starts_with("postgres") {
            return sqlx::PgConnection::connect(url).await.map(Self::Postgres).map_err(words);
        }
        let url = url.replacen("mariadb:", "mysql:", 1);
        sqlx::MySqlConnection::connect(&url).await.map(Self::MySql).map_err(words)
    }

    /// Prepares the query; runs it where it changes data, and takes that back.
    pub(crate) async fn ask(&mut self, sql: &str, path: Option<&str>) -> Seen {
        match self {
            Self::Postgres(connection) => {
                if let Some(path) = path {
                    let _ = connection.execute(sqlx::AssertSqlSafe(format!("SET search_path = {path}"))).await;
                }
                let mut seen = Seen::default();
                match connection.prepare(sqlx::AssertSqlSafe(sql.to_owned()).into_sql_str()).await {
                    Ok(statement) => {
                        let columns = statement.columns().iter();
                        seen.columns = columns.map(|it| (it.name().to_owned(), it.type_info().name().to_owned())).collect();
                    }
                    Err(error) => seen.refused = Some(words(&error)),
                }
                connection.clear_cached_statements().await.ok();
                if seen.refused.is_none() && changes(sql) {
                    seen.ran = run_postgres(connection, sql).await;
                }
                seen
            }
            Self::MySql(connection) => {
                let mut seen = Seen::default();
                match connection.prepare(sqlx::AssertSqlSafe(sql.to_owned()).into_sql_str()).await {
                    Ok(statement) => {
                        let columns = statement.columns().iter();
                        seen.columns = columns.map(|it| (it.name().to_owned(), it.type_info().name().to_owned())).collect();
                    }
                    Err(error) => seen.refused = Some(words(&error)),
                }
                connection.clear_cached_statements().await.ok();
                if seen.refused.is_none() && changes(sql) {
                    seen.ran = run_mysql(connection, sql).await;
                }
                seen
            }
        }
    }
}

fn words(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

fn changes(sql: &str) -> bool {
    let word: String = sql.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    ["insert", "update", "delete", "replace"].iter().any(|verb| word.eq_ignore_ascii_case(verb))
}

/// With foreign keys and triggers off, and a value of its type for each parameter.
async fn run_postgres(connection: &mut sqlx::PgConnection, sql: &str) -> Option<Result<u64, String>> {
    connection.execute("BEGIN; SET LOCAL session_replication_role = replica").await.ok()?;
    let ran = async {
        connection.execute(sqlx::AssertSqlSafe(format!("PREPARE asked AS {sql}"))).await.ok()?;
        let types = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'asked'";
        let types: Vec<String> = connection.fetch_one(types).await.ok()?.try_get(0).ok()?;
        let mut values = Vec::new();
        for name in types {
            values.push(value(connection, &name).await?);
        }
        let call = if values.is_empty() { "EXECUTE asked".to_owned() } else { format!("EXECUTE asked ({})", values.join(", ")) };
        let done = connection.execute(sqlx::AssertSqlSafe(call)).await;
        Some(done.map(|done| done.rows_affected()).map_err(|error| words(&error)))
    };
    let ran = ran.await;
    connection.execute("ROLLBACK").await.ok();
    connection.execute("DEALLOCATE ALL").await.ok();
    ran
}

/// A literal of a type.
async fn value(connection: &mut sqlx::PgConnection, name: &str) -> Option<String> {
    let (element, array) = name.strip_suffix("[]").map_or((name, false), |element| (element, true));
    let text = match element {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" | "text" | "character varying" => {
            "1".to_owned()
        }
        "character" | "name" | "citext" => "a".to_owned(),
        "boolean" => "true".to_owned(),
        "uuid" => "00000000-0000-0000-0000-000000000001".to_owned(),
        "timestamp with time zone" | "timestamp without time zone" | "date" => "2024-01-01".to_owned(),
        "json" | "jsonb" => "{}".to_owned(),
        "bytea" => "x".to_owned(),
        "inet" | "cidr" => "127.0.0.1".to_owned(),
        "interval" => "1 day".to_owned(),
        other => {
            let labels =
                format!("SELECT enumlabel::text FROM pg_enum WHERE enumtypid = '{other}'::regtype ORDER BY enumsortorder");
            connection.fetch_one(sqlx::AssertSqlSafe(labels)).await.ok()?.try_get(0).ok()?
        }
    };
    Some(if array { format!("ARRAY['{text}']::{name}") } else { format!("'{text}'::{name}") })
}

async fn run_mysql(connection: &mut sqlx::MySqlConnection, sql: &str) -> Option<Result<u64, String>> {
    let quoted = sql.replace('\\', "\\\\").replace('\'', "''");
    let parameters = sql.matches('?').count();
    connection.execute("SET foreign_key_checks = 0, autocommit = 0").await.ok()?;
    let ran = async {
        connection.execute(sqlx::AssertSqlSafe(format!("PREPARE asked FROM '{quoted}'"))).await.ok()?;
        connection.execute("SET @one = '1'").await.ok()?;
        let using = if parameters == 0 { String::new() } else { format!(" USING {}", vec!["@one"; parameters].join(", ")) };
        let done = connection.execute(sqlx::AssertSqlSafe(format!("EXECUTE asked{using}"))).await;
        Some(done.map(|done| done.rows_affected()).map_err(|error| words(&error)))
    };
    let ran = ran.await;
    connection.execute("ROLLBACK").await.ok();
    connection.execute("SET autocommit = 1").await.ok();
    ran
}
