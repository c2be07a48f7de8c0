//! `flyway_schema_history`, as Flyway 9.16 makes and fills it (`facts/flyway.md` §3).

use planner::dialect::Dialect;
use planner::name::ObjectName;
use planner::project::AppliedFlyway;

use crate::history::{History, Ran};
use crate::target::{Bookkeeping, DbError, Target};

/// The columns of the table.
pub const COLUMNS: [&str; 10] = [
    "installed_rank",
    "version",
    "description",
    "type",
    "script",
    "checksum",
    "installed_by",
    "installed_on",
    "execution_time",
    "success",
];

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

/// Creates table, primary key and index with Flyway's names, and the baseline row where there is one. On MySQL and
/// MariaDB each statement commits by itself; the row comes with the table, so that a table without it is never seen.
///
/// # Errors
/// The server's refusal.
pub async fn create(target: &mut Target, history: &History, baseline: Option<&NewRow<'_>>) -> Result<(), DbError> {
    let table = &history.table;
    let name = target.quoted(table);
    let part = |suffix: &str| target.quoted_bare(&format!("{}{suffix}", table.name));
    let (key, index) = (part("_pk"), part("_s_idx"));
    let statements = match target {
        Target::Postgres(_) => postgres(&name, &key, &index, &tablespace(target, history)).to_vec(),
        Target::Sqlite(_) => sqlite(&name, &index).to_vec(),
        Target::MySql(_) => {
            let row = baseline.map(|row| as_select(target, history, row)).unwrap_or_default();
            let sql = mysql(&name, &mysql_key(target, &key));
            return mysql_create(target, &name, &sql, &row, baseline).await;
        }
    };
    for statement in statements {
        target.execute(&statement).await?;
    }
    match baseline {
        Some(row) => insert(target, history, row, Ran { duration_ms: 0, success: true }).await,
        None => Ok(()),
    }
}

fn tablespace(target: &Target, history: &History) -> String {
    history.tablespace.as_deref().map(|space| format!(" TABLESPACE {}", target.quoted_bare(space))).unwrap_or_default()
}

fn postgres(name: &str, key: &str, index: &str, space: &str) -> [String; 3] {
    [
        format!(
            "CREATE TABLE {name} (\"installed_rank\" INT NOT NULL, \"version\" VARCHAR(50), \
             \"description\" VARCHAR(200) NOT NULL, \"type\" VARCHAR(20) NOT NULL, \"script\" VARCHAR(1000) NOT NULL, \
             \"checksum\" INTEGER, \"installed_by\" VARCHAR(100) NOT NULL, \
             \"installed_on\" TIMESTAMP NOT NULL DEFAULT now(), \"execution_time\" INTEGER NOT NULL, \
             \"success\" BOOLEAN NOT NULL){space}"
        ),
        format!("ALTER TABLE {name} ADD CONSTRAINT {key} PRIMARY KEY (\"installed_rank\")"),
        format!("CREATE INDEX {index} ON {name} (\"success\")"),
    ]
}

fn sqlite(name: &str, index: &str) -> [String; 2] {
    [
        format!(
            "CREATE TABLE \"main\".{name} (\"installed_rank\" INT NOT NULL PRIMARY KEY, \"version\" VARCHAR(50), \
             \"description\" VARCHAR(200) NOT NULL, \"type\" VARCHAR(20) NOT NULL, \"script\" VARCHAR(1000) NOT NULL, \
             \"checksum\" INT, \"installed_by\" VARCHAR(100) NOT NULL, \
             \"installed_on\" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now')), \
             \"execution_time\" INT NOT NULL, \"success\" BOOLEAN NOT NULL)"
        ),
        format!("CREATE INDEX \"main\".{index} ON {name} (\"success\")"),
    ]
}

/// Flyway names the key on MySQL only; MariaDB calls every primary key PRIMARY.
fn mysql_key(target: &Target, key: &str) -> String {
    if target.dialect() == Dialect::MySql { format!("CONSTRAINT {key} ") } else { String::new() }
}

fn mysql(name: &str, key: &str) -> String {
    format!(
        "CREATE TABLE {name} (`installed_rank` INT NOT NULL, `version` VARCHAR(50), `description` VARCHAR(200) NOT NULL, \
         `type` VARCHAR(20) NOT NULL, `script` VARCHAR(1000) NOT NULL, `checksum` INT, `installed_by` VARCHAR(100) NOT NULL, \
         `installed_on` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, `execution_time` INT NOT NULL, \
         `success` BOOL NOT NULL, {key}PRIMARY KEY (`installed_rank`)) ENGINE=InnoDB"
    )
}

/// A server that enforces GTID consistency refuses `CREATE TABLE … AS SELECT` with 1786; there Flyway inserts the row
/// afterwards, and so do we.
async fn mysql_create(
    target: &mut Target,
    name: &str,
    table: &str,
    row: &str,
    baseline: Option<&NewRow<'_>>,
) -> Result<(), DbError> {
    match target.execute(&format!("{table}{row}")).await {
        Err(error) if error.code.as_deref() == Some("1786") && baseline.is_some() => {
            target.execute(table).await?;
            let columns = row.trim_start_matches(" AS ");
            target.execute(&format!("INSERT INTO {name} {columns}")).await.map(drop)
        }
        other => other.map(drop),
    }
}

/// The statements that make table, key and index, for a dry run.
#[must_use]
pub fn ddl(target: &Target, history: &History) -> Vec<String> {
    let table = &history.table;
    let name = target.quoted(table);
    let part = |suffix: &str| target.quoted_bare(&format!("{}{suffix}", table.name));
    let (key, index) = (part("_pk"), part("_s_idx"));
    match target {
        Target::Postgres(_) => postgres(&name, &key, &index, &tablespace(target, history)).to_vec(),
        Target::Sqlite(_) => sqlite(&name, &index).to_vec(),
        Target::MySql(_) => {
            vec![mysql(&name, &mysql_key(target, &key)), format!("CREATE INDEX {index} ON {name} (`success`)")]
        }
    }
}

/// The baseline row as the `SELECT` behind `CREATE TABLE`, in the order of the columns.
fn as_select(target: &Target, history: &History, row: &NewRow<'_>) -> String {
    let user = user(target, history);
    format!(
        " AS SELECT 1 AS `installed_rank`, {} AS `version`, {} AS `description`, {} AS `type`, {} AS `script`, NULL AS `checksum`, \
         {user} AS `installed_by`, CURRENT_TIMESTAMP AS `installed_on`, 0 AS `execution_time`, \
         TRUE AS `success`",
        target.literal_or_null(row.version),
        target.literal(row.description),
        target.literal(row.kind),
        target.literal(row.script),
    )
}

/// The index that a run killed behind `CREATE TABLE` did not get to make (MySQL and MariaDB).
///
/// # Errors
/// The server's refusal.
pub async fn complete(target: &mut Target, table: &ObjectName) -> Result<(), DbError> {
    if !matches!(target, Target::MySql(_)) {
        return Ok(());
    }
    let index = format!("{}_s_idx", table.name);
    let schema = table.schema.as_deref().map_or_else(|| "DATABASE()".to_owned(), |schema| target.literal(schema));
    let there = format!(
        "SELECT 1 FROM information_schema.statistics WHERE table_schema = {schema} AND table_name = {} AND index_name = {}",
        target.literal(&table.name),
        target.literal(&index)
    );
    if target.rows(&there).await?.is_empty() {
        let sql = format!("CREATE INDEX {} ON {} (`success`)", target.quoted_bare(&index), target.quoted(table));
        target.execute(&sql).await?;
    }
    Ok(())
}

/// All rows by rank.
///
/// # Errors
/// The server's refusal.
pub async fn rows(target: &mut Target, table: &ObjectName) -> Result<Vec<AppliedFlyway>, DbError> {
    let column = |name: &str| target.quoted_bare(name);
    let installed_on = match target {
        // The column has no time zone: it is the session's local time at the insert, and is read back the same way.
        Target::Postgres(_) => {
            "to_char(\"installed_on\" AT TIME ZONE current_setting('TimeZone') AT TIME ZONE 'UTC', \
             'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        }
        // A TIMESTAMP is shown in the session's time zone; its seconds since 1970 are not.
        Target::MySql(_) => {
            "DATE_FORMAT(DATE_ADD('1970-01-01 00:00:00', INTERVAL UNIX_TIMESTAMP(`installed_on`) SECOND), \
             '%Y-%m-%dT%H:%i:%s.%fZ')"
        }
        Target::Sqlite(_) => "replace(\"installed_on\", ' ', 'T') || 'Z'",
    };
    let first = ["installed_rank", "version", "description", "type", "script", "checksum", "installed_by"].map(column).join(", ");
    let sql = format!(
        "SELECT {first}, {installed_on}, {}, CASE WHEN {} THEN 1 ELSE 0 END FROM {} ORDER BY {}",
        column("execution_time"),
        column("success"),
        target.quoted(table),
        column("installed_rank")
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
pub async fn insert(target: &mut Target, history: &History, row: &NewRow<'_>, ran: Ran) -> Result<(), DbError> {
    target.execute(&insert_statement(target, history, row, ran).sql()).await.map(drop)
}

/// The statement of [`insert`].
#[must_use]
pub fn insert_statement(target: &Target, history: &History, row: &NewRow<'_>, ran: Ran) -> Bookkeeping {
    let column = target.quoted_bare("installed_rank");
    let name = target.quoted(&history.table);
    let (start, end) = match target {
        // MySQL reads from the table it writes only in this form.
        Target::MySql(_) => (format!("SELECT COALESCE(MAX({column}), 0) + 1"), format!(" FROM {name}")),
        // The server plans this sooner than a MAX.
        Target::Postgres(_) | Target::Sqlite(_) => {
            let last = format!("SELECT {column} FROM {name} ORDER BY {column} DESC LIMIT 1");
            (format!("VALUES (COALESCE(({last}), 0) + 1"), ")".to_owned())
        }
    };
    statement(target, history, row, ran, &start).text(&end)
}

/// The row Flyway writes for schemas it created: rank 0, the quoted list as script.
#[must_use]
pub fn schema_row_statement(target: &Target, history: &History, schemas: &[String]) -> Bookkeeping {
    let script = schemas.iter().map(|schema| target.quoted_bare(schema)).collect::<Vec<_>>().join(",");
    let row =
        NewRow { version: None, description: "<< Flyway Schema Creation >>", kind: "SCHEMA", script: &script, checksum: None };
    statement(target, history, &row, Ran { duration_ms: 0, success: true }, "VALUES (0").text(")")
}

/// The columns Flyway names in its INSERT; `installed_on` has a default.
fn columns(target: &Target) -> String {
    let named = COLUMNS.into_iter().filter(|name| *name != "installed_on");
    named.map(|name| target.quoted_bare(name)).collect::<Vec<_>>().join(", ")
}

/// `installed_by`, as an SQL expression.
fn user(target: &Target, history: &History) -> String {
    match (&history.installed_by, target) {
        (Some(name), _) => target.literal(name),
        (None, Target::Postgres(_)) => "current_user".to_owned(),
        (None, Target::MySql(_)) => "SUBSTRING_INDEX(USER(), '@', 1)".to_owned(),
        (None, Target::Sqlite(_)) => "''".to_owned(),
    }
}

/// An INSERT from its rank to its last value.
fn statement(target: &Target, history: &History, row: &NewRow<'_>, ran: Ran, start: &str) -> Bookkeeping {
    let [no, yes] = match target {
        Target::Postgres(_) => ["false", "true"],
        Target::MySql(_) | Target::Sqlite(_) => ["0", "1"],
    };
    let number = |number: i32| number.to_string();
    let checksum = row.checksum.map_or_else(|| "NULL".to_owned(), number);
    let start = format!("INSERT INTO {} ({}) {start}, ", target.quoted(&history.table), columns(target));
    Bookkeeping::named("flightplan_history", start)
        .value("text", target.literal_or_null(row.version))
        .text(", ")
        .value("text", target.literal(&abbreviate_end(row.description, 200)))
        .text(", ")
        .value("text", target.literal(row.kind))
        .text(", ")
        .value("text", target.literal(&abbreviate_start(row.script, 1000)))
        .text(", ")
        .value("integer", checksum)
        .text(&format!(", {}, ", user(target, history)))
        .value("integer", number(i32::try_from(ran.duration_ms).unwrap_or(i32::MAX)))
        .text(", ")
        .value("boolean", if ran.success { yes } else { no }.to_owned())
}

/// Removes the rows of failed migrations, so that they can be tried again; rows removed.
///
/// # Errors
/// The server's refusal.
pub async fn delete_failed(target: &mut Target, table: &ObjectName) -> Result<u64, DbError> {
    target.execute(&format!("DELETE FROM {} WHERE NOT {}", target.quoted(table), target.quoted_bare("success"))).await
}

/// Removes the failed row of one migration, whose next attempt is about to be recorded.
///
/// # Errors
/// The server's refusal.
pub async fn forget_failure(
    target: &mut Target,
    table: &ObjectName,
    version: Option<&str>,
    description: &str,
) -> Result<(), DbError> {
    let column = |name: &str| target.quoted_bare(name);
    let which = match version {
        Some(version) => format!("{} = {}", column("version"), target.literal(version)),
        None => {
            let description = target.literal(&abbreviate_end(description, 200));
            format!("{} IS NULL AND {} = {description}", column("version"), column("description"))
        }
    };
    // The key in the condition keeps sql_safe_updates content.
    let (rank, success) = (column("installed_rank"), column("success"));
    let sql = format!("DELETE FROM {} WHERE {rank} > 0 AND NOT {success} AND {which}", target.quoted(table));
    target.execute(&sql).await.map(drop)
}

/// Lets a row take over what its file says.
///
/// # Errors
/// The server's refusal.
pub async fn align(
    target: &mut Target,
    table: &ObjectName,
    rank: i32,
    description: &str,
    kind: &str,
    checksum: Option<i32>,
) -> Result<(), DbError> {
    let column = |name: &str| target.quoted_bare(name);
    let sql = format!(
        "UPDATE {} SET {} = {}, {} = {}, {} = {} WHERE {} = {rank}",
        target.quoted(table),
        column("description"),
        target.literal(description),
        column("type"),
        target.literal(kind),
        column("checksum"),
        checksum.map_or_else(|| "NULL".to_owned(), |checksum| checksum.to_string()),
        column("installed_rank"),
    );
    target.execute(&sql).await.map(drop)
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
