//! Room: what is left on the server's disk, what keeps its log from being removed, and the largest tables.

use planner::dialect::Dialect;

use super::{Complaint, Patient, cell};
use crate::preflight;
use crate::target::DbError;

/// Room is short below this, and below the size of the largest table: no statement could write it anew.
const LITTLE: u64 = 1 << 30;

/// Bytes of log that a replication slot may keep.
const SLOT: u64 = 1 << 30;

/// Looks.
pub(super) async fn look(patient: &mut Patient<'_>) -> Result<Vec<Complaint>, DbError> {
    let mut found = Vec::new();
    let largest = largest(patient).await?;
    if let Some(folder) = preflight::folder(patient.target, patient.url).await
        && let Some(free) = preflight::free(&folder)
    {
        let (needed, place) = (largest.first().map_or(0, |(_, bytes)| *bytes), folder.display());
        let complaint = |found: fn(&'static str, String, String) -> Complaint| {
            let message = format!("{place} has {} MB left; the largest table has {} MB.", free >> 20, needed >> 20);
            let rows = largest.iter().map(|(name, bytes)| format!("{name}: {} MB", bytes >> 20)).collect();
            Complaint { rows, ..found("space", message, format!("df -h {place}")) }
        };
        if free < LITTLE {
            found.push(complaint(Complaint::error));
        } else if free < needed {
            found.push(complaint(Complaint::warning));
        }
    }
    if patient.target.dialect() == Dialect::Postgres {
        let sql = format!(
            "SELECT slot_name, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) FROM pg_replication_slots \
             WHERE NOT active AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > {SLOT} AND NOT pg_is_in_recovery()"
        );
        for row in patient.target.rows(&sql).await? {
            let (slot, kept) = (cell(&row, 0), cell(&row, 1));
            let message = format!("Nobody reads the replication slot {slot}, and it keeps {kept} of the log.");
            found.push(Complaint::error("space", message, format!("psql -c \"SELECT pg_drop_replication_slot('{slot}')\"")));
        }
    }
    Ok(found)
}

/// The largest tables with their indexes, bytes.
async fn largest(patient: &mut Patient<'_>) -> Result<Vec<(String, u64)>, DbError> {
    let sql = match patient.target.dialect() {
        Dialect::Postgres => {
            // The server's own functions for sizes wait where a table is locked.
            "SELECT c.oid::regclass::text, (c.relpages + coalesce((SELECT sum(i.relpages) FROM pg_index x JOIN pg_class i ON \
             i.oid = x.indexrelid WHERE x.indrelid = c.oid), 0)) * current_setting('block_size')::bigint \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm') \
             AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 2 DESC LIMIT 5"
        }
        Dialect::MySql | Dialect::MariaDb => {
            "SELECT table_name, COALESCE(data_length + index_length, 0) FROM information_schema.tables \
             WHERE table_schema = DATABASE() ORDER BY 2 DESC LIMIT 5"
        }
        Dialect::Sqlite => {
            let bytes = std::fs::metadata(&patient.url.database).map(|file| file.len()).unwrap_or_default();
            return Ok(vec![(patient.url.database.clone(), bytes)]);
        }
    };
    let rows = patient.target.rows(sql).await?;
    Ok(rows.iter().map(|row| (cell(row, 0).to_owned(), cell(row, 1).parse().unwrap_or(0))).collect())
}
