//! What goes on at the server: who else is there, for how long, and who follows it.

use planner::dialect::Dialect;

use super::settings::PreflightSettings;
use super::{Note, Subject, note, number, row, text};
use crate::target::Target;

/// A replica, or a server that is set to take no writes.
pub(super) async fn writable(target: &mut Target) -> Option<Note> {
    let (sql, why) = match target.dialect() {
        Dialect::Postgres => (
            "SELECT CASE WHEN pg_is_in_recovery() THEN 'it is a replica' \
             WHEN current_setting('default_transaction_read_only') = 'on' THEN 'default_transaction_read_only is on' END",
            "name the primary with --url; SELECT * FROM pg_stat_wal_receiver shows where it is",
        ),
        Dialect::MySql | Dialect::MariaDb => (
            // Who may write there nevertheless is not stopped by the server.
            "SELECT CASE WHEN @@read_only = 1 THEN 'read_only is on' END",
            "name the primary with --url; SHOW REPLICA STATUS shows where it is",
        ),
        Dialect::Sqlite => return None,
    };
    let row = row(target, sql).await?;
    let found = text(&row, 0);
    (!found.is_empty()).then(|| note(Subject::Writable, format!("The server takes no writes: {found}."), why.to_owned()))
}

/// Connections that are left for others.
pub(super) async fn connections(target: &mut Target, settings: &PreflightSettings) -> Option<Note> {
    let (sql, next) = match target.dialect() {
        Dialect::Postgres => (
            "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - count(*), \
             current_setting('max_connections') FROM pg_stat_activity WHERE backend_type = 'client backend'",
            "psql -c \"SELECT usename, application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC\"",
        ),
        Dialect::MySql | Dialect::MariaDb => (
            "SELECT @@max_connections - (SELECT variable_value FROM information_schema.global_status \
             WHERE variable_name = 'Threads_connected'), @@max_connections",
            "mariadb -e \"SHOW PROCESSLIST\"",
        ),
        Dialect::Sqlite => return None,
    };
    let row = row(target, sql).await?;
    let left = if text(&row, 0).starts_with('-') { 0 } else { number(&row, 0)? };
    (left < settings.connections_left)
        .then(|| note(Subject::Connections, format!("{left} of {} connections are left.", text(&row, 1)), next.to_owned()))
}

/// The oldest transaction of another session.
pub(super) async fn long_transactions(target: &mut Target, settings: &PreflightSettings) -> Option<Note> {
    let limit = settings.long_transaction_s;
    let sql = match target.dialect() {
        Dialect::Postgres => format!(
            "SELECT pid, usename, extract(epoch FROM now() - xact_start)::bigint, state, left(query, 80) FROM pg_stat_activity \
             WHERE pid <> pg_backend_pid() AND datname = current_database() AND xact_start < now() - interval '{limit} seconds' \
             ORDER BY xact_start LIMIT 1"
        ),
        Dialect::MySql | Dialect::MariaDb => format!(
            "SELECT t.trx_mysql_thread_id, p.user, TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), t.trx_state, \
             COALESCE(LEFT(t.trx_query, 80), '') FROM information_schema.innodb_trx t LEFT JOIN information_schema.processlist p \
             ON p.id = t.trx_mysql_thread_id WHERE t.trx_mysql_thread_id <> CONNECTION_ID() AND \
             t.trx_started < NOW() - INTERVAL {limit} SECOND ORDER BY t.trx_started LIMIT 1"
        ),
        Dialect::Sqlite => return None,
    };
    let row = row(target, &sql).await?;
    let (id, seconds) = (number(&row, 0)?, number(&row, 2)?);
    let next = match target.dialect() {
        Dialect::Postgres => format!("psql -c \"SELECT pg_terminate_backend({id})\", once you know whose it is"),
        _ => format!("mariadb -e \"KILL {id}\", once you know whose it is"),
    };
    Some(note(
        Subject::LongTransactions,
        format!(
            "Session {id} of {} has been in a transaction for {seconds} s ({}: {}): a lock of the plan may have to wait for it, \
             and everybody else behind that.",
            text(&row, 1),
            text(&row, 3).to_lowercase(),
            text(&row, 4)
        ),
        next,
    ))
}

/// The replica that is furthest behind. What a stuck one says last is old; batches look at that by themselves.
pub(super) async fn replica_lag(target: &mut Target, settings: &PreflightSettings) -> Option<Note> {
    if target.dialect() != Dialect::Postgres {
        return None;
    }
    let sql = "SELECT application_name, coalesce(extract(epoch FROM replay_lag), 0)::bigint, \
               coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), 0)::bigint \
               FROM pg_stat_replication WHERE state <> 'backup' ORDER BY 2 DESC LIMIT 1";
    let row = row(target, sql).await?;
    let seconds = number(&row, 1)?;
    (seconds > settings.replica_lag_s).then(|| {
        note(
            Subject::ReplicaLag,
            format!("Replica {} is {seconds} s and {} bytes behind.", text(&row, 0), text(&row, 2)),
            "psql -c \"SELECT application_name, state, sent_lsn, replay_lsn, replay_lag FROM pg_stat_replication\"".to_owned(),
        )
    })
}

/// What is committed may be gone after a crash of the server, and the history with it.
pub(super) async fn durability(target: &mut Target) -> Option<Note> {
    let (sql, next) = match target.dialect() {
        Dialect::Postgres => (
            "SELECT concat_ws(', ', CASE WHEN current_setting('fsync') = 'off' THEN 'fsync is off' END, \
             CASE WHEN current_setting('synchronous_commit') = 'off' THEN 'synchronous_commit is off' END, \
             CASE WHEN current_setting('full_page_writes') = 'off' THEN 'full_page_writes is off' END)",
            "psql -c \"ALTER SYSTEM SET synchronous_commit = on\" -c \"SELECT pg_reload_conf()\", and so on",
        ),
        Dialect::MySql | Dialect::MariaDb => (
            "SELECT CASE WHEN @@innodb_flush_log_at_trx_commit <> 1 THEN CONCAT('innodb_flush_log_at_trx_commit is ', \
             @@innodb_flush_log_at_trx_commit) END",
            "mariadb -e \"SET GLOBAL innodb_flush_log_at_trx_commit = 1\"",
        ),
        Dialect::Sqlite => return None,
    };
    let row = row(target, sql).await?;
    let found = text(&row, 0);
    (!found.is_empty()).then(|| {
        note(Subject::Durability, format!("A crash of the server can lose what it said is committed: {found}."), next.to_owned())
    })
}
