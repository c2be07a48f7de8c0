//! Indexes that hold nothing: what a concurrent build left that was cut off or failed. SQLite is asked about its pages.

use planner::dialect::Dialect;

use super::{Complaint, Patient, cell};
use crate::target::DbError;

const POSTGRES: &str = "SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text, pg_size_pretty(c.relpages * current_setting('block_size')::bigint), \
     EXISTS (SELECT 1 FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid), c.relname ~ '_ccnew[0-9]*$' \
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid AND c.relkind = 'i' ORDER BY 1";

/// Looks.
pub(super) async fn look(patient: &mut Patient<'_>) -> Result<Vec<Complaint>, DbError> {
    match patient.target.dialect() {
        Dialect::Postgres => {
            let rows = patient.target.rows(POSTGRES).await?;
            Ok(rows.iter().map(|row| postgres(row)).collect())
        }
        Dialect::Sqlite => sqlite(patient).await,
        // A build that fails there leaves nothing.
        Dialect::MySql | Dialect::MariaDb => Ok(Vec::new()),
    }
}

fn postgres(row: &[Option<String>]) -> Complaint {
    let (index, table, size) = (cell(row, 0), cell(row, 1), cell(row, 2));
    if cell(row, 3) == "t" {
        let message = format!("Index {index} of {table} is being built ({size} so far).");
        let next = "psql -c \"SELECT phase, blocks_done, blocks_total FROM pg_stat_progress_create_index\"";
        return Complaint::warning("indexes", message, next.to_owned());
    }
    let message = format!(
        "Index {index} of {table} ({size}) is not valid: no query uses it, and every write pays for it. A build was cut off or failed."
    );
    let next = match cell(row, 4) {
        "t" => format!("psql -c 'DROP INDEX CONCURRENTLY {index}'"),
        _ => format!("psql -c 'REINDEX INDEX CONCURRENTLY {index}', or DROP INDEX CONCURRENTLY and run its migration again"),
    };
    Complaint::error("indexes", message, next)
}

async fn sqlite(patient: &mut Patient<'_>) -> Result<Vec<Complaint>, DbError> {
    let rows = patient.target.rows("PRAGMA quick_check(5)").await?;
    let bad: Vec<String> = rows.into_iter().flatten().flatten().filter(|line| line != "ok").collect();
    if bad.is_empty() {
        return Ok(Vec::new());
    }
    let file = &patient.url.database;
    let next =
        format!("sqlite3 {file} '.recover' | sqlite3 {file}.recovered, after a copy; REINDEX where only indexes are named");
    let message = format!("{file} is damaged.");
    Ok(vec![Complaint { rows: bad, ..Complaint::error("indexes", message, next) }])
}
