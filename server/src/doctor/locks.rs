//! Lock timeouts: who waits, for what, since when, and who is in the way with which query.

use planner::dialect::Dialect;

use super::{Complaint, Patient, cell};
use crate::target::DbError;

/// Waiting session, its application, seconds, table, query; then session, application, state, seconds of its transaction,
/// its beginning and query of the one in the way.
const POSTGRES: &str = "SELECT a.pid, coalesce(nullif(a.application_name, ''), a.usename, 'unknown'), \
     greatest(extract(epoch FROM clock_timestamp() - a.state_change), 0)::bigint, \
     coalesce((SELECT l.relation::regclass::text FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted LIMIT 1), 'rows'), \
     left(a.query, 200), b.pid, coalesce(nullif(b.application_name, ''), b.usename, 'unknown'), b.state, \
     coalesce(extract(epoch FROM clock_timestamp() - b.xact_start), 0)::bigint, \
     to_char(b.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), left(b.query, 200) \
     FROM pg_stat_activity a CROSS JOIN LATERAL unnest(pg_blocking_pids(a.pid)) AS x(pid) \
     JOIN pg_stat_activity b ON b.pid = x.pid WHERE a.datname = current_database() ORDER BY 3 DESC, 1, 6";

const INNODB: &str = "SELECT w.trx_mysql_thread_id, p.user, TIMESTAMPDIFF(SECOND, w.trx_wait_started, NOW()), 'rows', \
     COALESCE(LEFT(w.trx_query, 200), ''), h.trx_mysql_thread_id, q.user, q.command, \
     TIMESTAMPDIFF(SECOND, h.trx_started, NOW()), CONVERT_TZ(h.trx_started, @@session.time_zone, '+00:00'), \
     COALESCE(LEFT(COALESCE(h.trx_query, q.info), 200), '') \
     FROM information_schema.innodb_lock_waits l JOIN information_schema.innodb_trx w ON w.trx_id = l.requesting_trx_id \
     JOIN information_schema.innodb_trx h ON h.trx_id = l.blocking_trx_id \
     LEFT JOIN information_schema.processlist p ON p.id = w.trx_mysql_thread_id \
     LEFT JOIN information_schema.processlist q ON q.id = h.trx_mysql_thread_id ORDER BY 3 DESC";

/// Without a plugin MariaDB does not say who holds a metadata lock; an open transaction does, the oldest first.
const METADATA: &str = "SELECT w.id, w.user, w.time, 'the table of its statement', COALESCE(LEFT(w.info, 200), ''), \
     h.trx_mysql_thread_id, q.user, q.command, TIMESTAMPDIFF(SECOND, h.trx_started, NOW()), \
     CONVERT_TZ(h.trx_started, @@session.time_zone, '+00:00'), COALESCE(LEFT(COALESCE(h.trx_query, q.info), 200), '') \
     FROM information_schema.processlist w JOIN information_schema.innodb_trx h ON h.trx_mysql_thread_id <> w.id \
     LEFT JOIN information_schema.processlist q ON q.id = h.trx_mysql_thread_id \
     WHERE w.state LIKE 'Waiting for table metadata lock%' AND (q.db = w.db OR q.db IS NULL) ORDER BY 3 DESC, h.trx_started";

const MYSQL: &str = "SELECT waiting_pid, waiting_account, TIMESTAMPDIFF(SECOND, wait_started, NOW()), locked_table, \
     COALESCE(LEFT(waiting_query, 200), ''), blocking_pid, blocking_account, 'Query', \
     TIMESTAMPDIFF(SECOND, blocking_trx_started, NOW()), blocking_trx_started, COALESCE(LEFT(blocking_query, 200), '') \
     FROM sys.innodb_lock_waits \
     UNION ALL SELECT waiting_pid, waiting_account, waiting_query_secs, CONCAT(object_schema, '.', object_name), \
     COALESCE(LEFT(waiting_query, 200), ''), blocking_pid, blocking_account, blocking_lock_type, waiting_query_secs, '', '' \
     FROM sys.schema_table_lock_waits WHERE blocking_pid <> waiting_pid";

/// Looks.
pub(super) async fn look(patient: &mut Patient<'_>) -> Result<Vec<Complaint>, DbError> {
    let questions: &[&str] = match patient.target.dialect() {
        Dialect::Postgres => &[POSTGRES],
        Dialect::MariaDb => &[INNODB, METADATA],
        Dialect::MySql => &[MYSQL],
        Dialect::Sqlite => return sqlite(patient).await,
    };
    let mut found = Vec::new();
    for question in questions {
        let rows = patient.target.rows(question).await?;
        let waiting: Vec<String> = rows.iter().map(|row| cell(row, 0).to_owned()).collect();
        for row in &rows {
            // Whoever waits as well is not the one to end.
            if !waiting.contains(&cell(row, 5).to_owned()) {
                found.push(complaint(row, patient.target.dialect()));
            }
        }
    }
    Ok(found)
}

fn complaint(row: &[Option<String>], dialect: Dialect) -> Complaint {
    let at = |place| cell(row, place);
    let (holder, idle) = (at(5), at(7).starts_with("idle") || at(7) == "Sleep");
    let state = if idle { "it is idle in its transaction, and its last query was" } else { "its query is" };
    let since = if at(9).is_empty() { String::new() } else { format!(", in a transaction since {} UTC ({} s)", at(9), at(8)) };
    let query = if at(10).is_empty() { "not known" } else { at(10) };
    let next = match (dialect, idle) {
        (Dialect::Postgres, false) => format!("psql -c \"SELECT pg_cancel_backend({holder})\""),
        (Dialect::Postgres, true) => format!("psql -c \"SELECT pg_terminate_backend({holder})\""),
        (_, false) => format!("mariadb -e \"KILL QUERY {holder}\""),
        (_, true) => format!("mariadb -e \"KILL {holder}\""),
    };
    Complaint::error(
        "locks",
        format!(
            "Session {} ({}) has waited {} s for {} with: {}. Session {holder} ({}) is in the way{since}; {state}: {query}.",
            at(0),
            at(1),
            at(2),
            at(3),
            at(4),
            at(6)
        ),
        next,
    )
}

/// SQLite tells only that it is busy; who has the file open is for the system to say.
async fn sqlite(patient: &mut Patient<'_>) -> Result<Vec<Complaint>, DbError> {
    if !std::path::Path::new(&patient.url.database).exists() {
        return Ok(Vec::new());
    }
    patient.target.execute("PRAGMA busy_timeout = 100").await?;
    match patient.target.execute("BEGIN IMMEDIATE").await {
        Ok(_) => {
            patient.target.rollback().await;
            Ok(Vec::new())
        }
        Err(error) if error.kind == crate::target::DbErrorKind::Transient => {
            let others = openers(&patient.url.database);
            let who = if others.is_empty() { "a process of another user".to_owned() } else { others.join("; ") };
            Ok(vec![Complaint::error(
                "locks",
                format!("{} is locked for writing. It is open in: {who}.", patient.url.database),
                format!("fuser -v {}, then end the one that holds it", patient.url.database),
            )])
        }
        Err(error) => Err(error),
    }
}

/// Other processes that have a file open, where the system shows it (Linux).
fn openers(file: &str) -> Vec<String> {
    let mut found = Vec::new();
    let own = std::process::id().to_string();
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let id = process.file_name().to_string_lossy().into_owned();
        if id == own || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let files = std::fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten();
        if files.filter_map(|entry| std::fs::read_link(entry.path()).ok()).any(|path| path.as_os_str() == file) {
            let words = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            let program = words.split(|byte| *byte == 0).next().map(String::from_utf8_lossy).unwrap_or_default();
            found.push(format!("process {id} ({program})"));
        }
    }
    found
}
