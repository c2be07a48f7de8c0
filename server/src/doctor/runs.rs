//! Runs that do not get on: who holds the migration lock, what was cut off, what waits, what nobody can know.

use std::collections::BTreeMap;

use planner::dialect::Dialect;
use planner::protocol::RunState;

use super::{Complaint, Patient, cell};
use crate::journal::{EntryState, Journal};
use crate::run::undo;
use crate::store::alive::is_under_way;
use crate::target::DbError;
use crate::target::mysql::lock_name;
use crate::target::postgres::lock_key;

/// A holder of the lock that does nothing for so long hangs, in seconds.
const IDLE: u64 = 60;

/// Looks.
pub(super) async fn look(patient: &mut Patient<'_>) -> Result<Vec<Complaint>, DbError> {
    let mut found = holder(patient).await?;
    let journal = Journal::beside(&patient.history.table);
    if let Some(held) = journal.quarantine(patient.target).await? {
        let (migration, step) = (held.migration, held.step);
        found.push(Complaint::error(
            "runs",
            format!("Step {step} is in quarantine: runs in a row were cut off in it, and no other one begins."),
            format!("flightplan resolve {migration} --as again --by NAME --reason \"…\""),
        ));
    }
    if found.is_empty() && journal.exists(patient.target).await? {
        found.extend(unfinished(patient, &journal).await?);
    }
    if let Some(store) = patient.store {
        // Runs of the store are of many databases; a store that refuses says nothing of this one.
        for run in store.runs().await.unwrap_or_default().iter().filter(|run| run.target == patient.url.identity()) {
            match run.state {
                RunState::Waiting => found.push(Complaint::warning(
                    "runs",
                    format!("Run {} waits at gate {}.", run.id, run.gate.as_deref().unwrap_or_default()),
                    "flightplan gate list".to_owned(),
                )),
                state if is_under_way(state) => found.push(Complaint::warning(
                    "runs",
                    format!("Run {} is under way since {}: {}", run.id, run.started_at, run.message),
                    format!("flightplan runs show {}", run.id),
                )),
                _ => {}
            }
        }
    }
    Ok(found)
}

/// What is not recorded of a migration.
#[derive(Default)]
struct Left {
    done: usize,
    open: usize,
    /// Something of its way forth.
    forth: bool,
    /// Something of its way back.
    back: bool,
}

/// What was begun and is not recorded, by migration.
async fn unfinished(patient: &mut Patient<'_>, journal: &Journal) -> Result<Vec<Complaint>, DbError> {
    let mut left: BTreeMap<String, Left> = BTreeMap::new();
    for entry in journal.unfinished(patient.target).await? {
        let back = entry.step.starts_with(undo::STEP);
        let left = left.entry(entry.migration).or_default();
        left.back |= back;
        left.forth |= !back;
        match entry.state {
            EntryState::Done => left.done += 1,
            EntryState::Intent | EntryState::Failed | EntryState::Batch => left.open += 1,
            EntryState::Recorded => {}
        }
    }
    let complaint = |(migration, Left { done, open, forth, back }): (String, Left)| {
        let (way, next) = match (forth, back) {
            (true, true) => ("taken back from a half", "flightplan rollback --failed, which goes on from there".to_owned()),
            (false, _) => ("taken back", "flightplan undo, which goes on from there".to_owned()),
            (true, false) => (
                "applied",
                format!(
                    "flightplan resolve {migration} shows it; flightplan migrate goes on from there, flightplan rollback --failed takes \
                     back what is done"
                ),
            ),
        };
        let message = format!("{migration} is half {way}: {done} statement(s) are done, {open} begun or failed.");
        Complaint::error("runs", message, next)
    };
    Ok(left.into_iter().map(complaint).collect())
}

/// The session that holds the migration lock, if it is not at work.
async fn holder(patient: &mut Patient<'_>) -> Result<Vec<Complaint>, DbError> {
    let history = &patient.history.table;
    let sql = match patient.target.dialect() {
        Dialect::Postgres => {
            let key = lock_key(history);
            format!(
                "SELECT a.pid, a.application_name, a.state, greatest(extract(epoch FROM clock_timestamp() - a.state_change), 0)::bigint, \
                 left(a.query, 200) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND \
                 l.granted AND (l.classid::bigint << 32 | l.objid::bigint) = {key} AND l.objsubid = 1 \
                 AND a.datname = current_database()"
            )
        }
        Dialect::MySql | Dialect::MariaDb => format!(
            "SELECT id, user, CASE command WHEN 'Sleep' THEN 'idle' ELSE 'active' END, time, COALESCE(LEFT(info, 200), '') \
             FROM information_schema.processlist WHERE id = IS_USED_LOCK('{}')",
            lock_name(history)
        ),
        Dialect::Sqlite => return sqlite(patient).await,
    };
    let Some(row) = patient.target.rows(&sql).await?.into_iter().next() else { return Ok(Vec::new()) };
    let (id, name, seconds) = (cell(&row, 0), cell(&row, 1), cell(&row, 3));
    let end = match patient.target.dialect() {
        Dialect::Postgres => format!("psql -c \"SELECT pg_terminate_backend({id})\""),
        _ => format!("mariadb -e \"KILL {id}\""),
    };
    let idle = cell(&row, 2).starts_with("idle");
    if idle && seconds.parse::<u64>().unwrap_or(0) >= IDLE {
        let message = format!("Session {id} ({name}) holds the migration lock and has done nothing for {seconds} s.");
        return Ok(vec![Complaint::error("runs", message, format!("{end}, once you know that its process hangs"))]);
    }
    let message = format!("Session {id} ({name}) holds the migration lock; for {seconds} s: {}.", cell(&row, 4));
    Ok(vec![Complaint::warning("runs", message, "flightplan runs".to_owned())])
}

async fn sqlite(patient: &mut Patient<'_>) -> Result<Vec<Complaint>, DbError> {
    let file = format!("{}.flightplan.lock", patient.url.database);
    if !std::path::Path::new(&file).exists() {
        return Ok(Vec::new());
    }
    if patient.target.try_lock(&patient.history.table).await? {
        patient.target.unlock(&patient.history.table).await;
        return Ok(Vec::new());
    }
    let next = format!("fuser -v {file}");
    Ok(vec![Complaint::warning("runs", "Another process holds the migration lock.".to_owned(), next)])
}
