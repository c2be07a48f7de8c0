//! `flyway_schema_history`, as Flyway 9.16 makes and fills it (`facts/flyway.md` §3).

use planner::name::ObjectName;
use planner::project::AppliedFlyway;

use crate::history::Ran;
use crate::target::{DbError, Target, literal, literal_or_null, quoted};

/// What a new row says; rank, user, times and success are filled in.
#[derive(Clone, Copy, Debug)]
pub struct NewRow<'a> {
    /// `version`.
    pub version: Option<&'a str>,
    /// `description`.
    pub description: &'a str,
    /// `type`.
    pub kind: &'a str,
    /// `script`.
    pub script: &'a str,
    /// `checksum`.
    pub checksum: Option<i32>,
}

/// Creates table, primary key and index with Flyway's names.
///
/// # Errors
/// The server's refusal.
pub async fn create(target: &mut Target, table: &ObjectName) -> Result<(), DbError> {
    let name = quoted(table);
    let part = |suffix: &str| quoted(&ObjectName::bare(format!("{}{suffix}", table.name)));
    let (key, index) = (part("_pk"), part("_s_idx"));
    let statements = match target {
        Target::Postgres(_) => vec![
            format!(
                "CREATE TABLE {name} (\"installed_rank\" INT NOT NULL, \"version\" VARCHAR(50), \
                 \"description\" VARCHAR(200) NOT NULL, \"type\" VARCHAR(20) NOT NULL, \"script\" VARCHAR(1000) NOT NULL, \
                 \"checksum\" INTEGER, \"installed_by\" VARCHAR(100) NOT NULL, \
                 \"installed_on\" TIMESTAMP NOT NULL DEFAULT now(), \"execution_time\" INTEGER NOT NULL, \
                 \"success\" BOOLEAN NOT NULL)"
            ),
            format!("ALTER TABLE {name} ADD CONSTRAINT {key} PRIMARY KEY (\"installed_rank\")"),
            format!("CREATE INDEX {index} ON {name} (\"success\")"),
        ],
        Target::Sqlite(_) => vec![
            format!(
                "CREATE TABLE \"main\".{name} (\"installed_rank\" INT NOT NULL PRIMARY KEY, \"version\" VARCHAR(50), \
                 \"description\" VARCHAR(200) NOT NULL, \"type\" VARCHAR(20) NOT NULL, \"script\" VARCHAR(1000) NOT NULL, \
                 \"checksum\" INT, \"installed_by\" VARCHAR(100) NOT NULL, \
                 \"installed_on\" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now')), \
                 \"execution_time\" INT NOT NULL, \"success\" BOOLEAN NOT NULL)"
            ),
            format!("CREATE INDEX \"main\".{index} ON {name} (\"success\")"),
        ],
    };
    for statement in statements {
        target.execute(&statement).await?;
    }
    Ok(())
}

/// All rows by rank.
///
/// # Errors
/// The server's refusal.
pub async fn rows(target: &mut Target, table: &ObjectName) -> Result<Vec<AppliedFlyway>, DbError> {
    let installed_on = match target {
        // The column has no time zone: it is the session's local time at the insert, and is read back the same way.
        Target::Postgres(_) => {
            "to_char(\"installed_on\" AT TIME ZONE current_setting('TimeZone') AT TIME ZONE 'UTC', \
             'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        }
        Target::Sqlite(_) => "replace(\"installed_on\", ' ', 'T') || 'Z'",
    };
    let sql = format!(
        "SELECT \"installed_rank\", \"version\", \"description\", \"type\", \"script\", \"checksum\", \"installed_by\", \
         {installed_on}, \"execution_time\", CASE WHEN \"success\" THEN 1 ELSE 0 END FROM {} ORDER BY \"installed_rank\"",
        quoted(table)
    );
    target.rows(&sql).await?.into_iter().map(row).collect()
}

fn row(row: Vec<Option<String>>) -> Result<AppliedFlyway, DbError> {
    let [rank, version, description, kind, script, checksum, installed_by, installed_on, execution_time, success] =
        <[Option<String>; 10]>::try_from(row)
            .map_err(|row| DbError::other(format!("a history row has {} columns, not 10", row.len())))?;
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
    Ok(AppliedFlyway {
        rank: number(rank).unwrap_or(0),
        version,
        description: description.unwrap_or_default(),
        kind: kind.unwrap_or_default(),
        script: script.unwrap_or_default(),
        checksum: number(checksum),
        installed_by: installed_by.unwrap_or_default(),
        installed_on: installed_on.unwrap_or_default(),
        execution_time: number(execution_time).unwrap_or(0),
        success: success.as_deref() == Some("1"),
    })
}

/// Appends a row; its rank is the highest one plus one.
///
/// # Errors
/// The server's refusal.
pub async fn insert(target: &mut Target, table: &ObjectName, row: &NewRow<'_>, ran: Ran) -> Result<(), DbError> {
    insert_at(target, table, row, ran, "(SELECT COALESCE(MAX(\"installed_rank\"), 0) + 1 FROM {table})").await
}

/// The row Flyway writes for schemas it created: rank 0, the quoted list as script.
///
/// # Errors
/// The server's refusal.
pub async fn insert_schema_row(target: &mut Target, table: &ObjectName, schema: &str) -> Result<(), DbError> {
    let script = quoted(&ObjectName::bare(schema));
    let row =
        NewRow { version: None, description: "<< Flyway Schema Creation >>", kind: "SCHEMA", script: &script, checksum: None };
    insert_at(target, table, &row, Ran { duration_ms: 0, success: true }, "0").await
}

async fn insert_at(target: &mut Target, table: &ObjectName, row: &NewRow<'_>, ran: Ran, rank: &str) -> Result<(), DbError> {
    let name = quoted(table);
    let user = match target {
        Target::Postgres(_) => "current_user",
        Target::Sqlite(_) => "''",
    };
    let success = match target {
        Target::Postgres(_) => {
            if ran.success {
                "true"
            } else {
                "false"
            }
        }
        Target::Sqlite(_) => {
            if ran.success {
                "1"
            } else {
                "0"
            }
        }
    };
    let sql = format!(
        "INSERT INTO {name} (\"installed_rank\", \"version\", \"description\", \"type\", \"script\", \"checksum\", \
         \"installed_by\", \"execution_time\", \"success\") VALUES ({}, {}, {}, {}, {}, {}, {user}, {}, {success})",
        rank.replace("{table}", &name),
        literal_or_null(row.version),
        literal(&abbreviate_end(row.description, 200)),
        literal(row.kind),
        literal(&abbreviate_start(row.script, 1000)),
        row.checksum.map_or_else(|| "NULL".to_owned(), |checksum| checksum.to_string()),
        i32::try_from(ran.duration_ms).unwrap_or(i32::MAX),
    );
    target.execute(&sql).await.map(drop)
}

/// Removes the rows of failed migrations, so that they can be tried again; rows removed.
///
/// # Errors
/// The server's refusal.
pub async fn delete_failed(target: &mut Target, table: &ObjectName) -> Result<u64, DbError> {
    target.execute(&format!("DELETE FROM {} WHERE NOT \"success\"", quoted(table))).await
}

/// Flyway's way with descriptions that are too long.
fn abbreviate_end(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - 3).chain("...".chars()).collect()
}

/// Flyway's way with script paths that are too long: the end matters.
fn abbreviate_start(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return text.to_owned();
    }
    "...".chars().chain(text.chars().skip(count - (limit - 3))).collect()
}
