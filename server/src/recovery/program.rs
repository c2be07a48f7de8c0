//! The programs that copy tables: pg_dump, mariadb-dump, and SQLite itself. A password goes through the environment.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use planner::dialect::Dialect;
use planner::name::ObjectName;

use crate::target::Target;
use crate::url::TargetUrl;

/// SQLite copies itself, while others go on reading.
pub(super) async fn sqlite(target: &mut Target, path: &Path) -> Result<(), String> {
    let sql = format!("VACUUM INTO {}", target.literal(&path.to_string_lossy()));
    target.execute(&sql).await.map(drop).map_err(|error| error.to_string())
}

/// `pg_dump` of some tables, in its own format.
pub(super) async fn postgres(url: &TargetUrl, tables: &[String], file: File) -> Result<(), String> {
    let mut command = Command::new(
        std::env::var_os("FLIGHTPLAN_PG_BIN")
            .map_or_else(|| "pg_dump".into(), |folder| std::path::PathBuf::from(folder).join("pg_dump")),
    );
    command.args(["--format=custom", "--no-password"]).args(postgres_place(url));
    command.args(tables.iter().map(|table| format!("--table={table}")));
    command.envs(url.password.iter().map(|password| ("PGPASSWORD", password)));
    command.envs(url.ssl_mode.iter().map(|mode| ("PGSSLMODE", mode)));
    end(command, "pg_dump", file).await
}

/// `mariadb-dump`, or `mysqldump` where that is not there.
pub(super) async fn mysql(url: &TargetUrl, tables: &[ObjectName], file: File) -> Result<(), String> {
    let there = |name: &str| Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    let name =
        if url.dialect == Dialect::MySql && there("mysqldump") || !there("mariadb-dump") { "mysqldump" } else { "mariadb-dump" };
    let mut command = Command::new(name);
    command.args(["--no-defaults", "--single-transaction", "--no-tablespaces", "--hex-blob"]).args(mysql_place(url));
    let database = tables.iter().find_map(|table| table.schema.clone()).unwrap_or_else(|| url.database.clone());
    command.arg("--").arg(database).args(tables.iter().map(|table| &table.name));
    command.envs(url.password.iter().map(|password| ("MYSQL_PWD", password)));
    end(command, name, file).await
}

fn postgres_place(url: &TargetUrl) -> Vec<String> {
    let mut place = vec![format!("--host={}", url.host), format!("--port={}", url.port)];
    place.extend(url.user.iter().map(|user| format!("--username={user}")));
    place.push(format!("--dbname={}", url.database));
    place
}

fn mysql_place(url: &TargetUrl) -> Vec<String> {
    let mut place = match &url.socket {
        Some(socket) => vec![format!("--socket={}", socket.display())],
        None => vec![format!("--host={}", url.host), format!("--port={}", url.port), "--protocol=tcp".to_owned()],
    };
    place.extend(url.user.iter().map(|user| format!("--user={user}")));
    place
}

async fn end(mut command: Command, name: &str, file: File) -> Result<(), String> {
    let name = name.to_owned();
    command.stdin(Stdio::null()).stdout(file).stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || command.spawn().and_then(std::process::Child::wait_with_output));
    let output = output.await.map_err(|error| error.to_string())?.map_err(|error| format!("{name} cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.trim().lines().take(3).collect();
    Err(format!("{name}: {}", said.join(" / ")))
}

/// The command that puts a copy back.
#[must_use]
pub(super) fn restore(url: &TargetUrl, file: &str) -> String {
    let quoted = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=./:@%+".contains(&byte);
        if text.bytes().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
    };
    let all = |arguments: Vec<String>| arguments.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(" ");
    match url.dialect {
        Dialect::Sqlite => format!("sqlite3 {} \".restore {}\"", quoted(&url.database), quoted(file)),
        Dialect::Postgres => {
            format!("pg_restore --clean --if-exists {} {}", all(postgres_place(url)), quoted(file))
        }
        Dialect::MySql | Dialect::MariaDb => {
            format!("mariadb {} {} < {}", all(mysql_place(url)), quoted(&url.database), quoted(file))
        }
    }
}
