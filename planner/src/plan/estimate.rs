//! How long and how much, from measured table sizes. Integers only; nothing of this reaches the digest.
//!
//! Each figure is a range from a quiet machine with fast disks to a busy one with slow disks. Measured anchors
//! (`facts/benchmarks.md`, `facts/safety.md` §5.2): PostgreSQL updates 300,000 rows by keyset in 4.1 to 5.1 s and
//! 2,000,000 in 13.9 to 25.9 s, so 7 to 17 µs a row; MariaDB 7 µs; SQLite 2 µs; 580 bytes of log for a row of 180 bytes.

use super::{Batch, Estimate, PlannedStatement, Step, TransactionMode};
use crate::dialect::Dialect;
use crate::effect::{Blocks, Effect};
use crate::project::{Statistics, TableStatistics};

/// Microseconds to change one row: low, high. High is the measured worst case doubled.
const fn row_us(dialect: Dialect) -> (u64, u64) {
    match dialect {
        Dialect::Postgres | Dialect::MySql | Dialect::MariaDb => (7, 35),
        Dialect::Sqlite => (2, 15),
    }
}

/// Milliseconds of one commit with its round trips: low, high.
const COMMIT_MS: (u64, u64) = (1, 15);
/// Milliseconds of a change that touches only the catalog.
const CATALOG_MS: (u64, u64) = (1, 50);
/// Bytes a millisecond when a table is read: 1,000 MB/s to 100 MB/s.
const READ_BYTES_MS: (u64, u64) = (1_000_000, 100_000);
/// Bytes a millisecond when an index is built: 100 MB/s to 15 MB/s.
const BUILD_BYTES_MS: (u64, u64) = (100_000, 15_000);
/// Bytes a millisecond when a table and its indexes are written anew: 80 MB/s to 8 MB/s.
const REWRITE_BYTES_MS: (u64, u64) = (80_000, 8_000);
/// Log bytes of a changed row beyond the row itself: headers, index entry, share of full-page images.
const LOG_BYTES_A_ROW: u64 = 400;

/// Fills the figures of a batched statement.
pub fn fill_batch(batch: &mut Batch, measured: Option<TableStatistics>, dialect: Dialect) {
    let size = u64::from(batch.size.max(1));
    let (low, high) = row_us(dialect);
    let largest = measured.map_or(size, |table| size.min(table.rows.max(1)));
    batch.lock_ms = (largest * low / 1000 + COMMIT_MS.0, largest * high / 1000 + COMMIT_MS.1);
    let Some(table) = measured else { return };
    let batches = table.rows.div_ceil(size).max(1);
    let fixed = |commit: u64| batches.saturating_mul(commit.saturating_add(u64::from(batch.pause_ms)));
    batch.rows = Some(table.rows);
    batch.batches = Some(batches);
    batch.duration_ms = Some((
        (table.rows.saturating_mul(low) / 1000).saturating_add(fixed(COMMIT_MS.0)),
        (table.rows.saturating_mul(high) / 1000).saturating_add(fixed(COMMIT_MS.1)),
    ));
    batch.wal_bytes = Some(table.bytes.saturating_add(table.rows.saturating_mul(LOG_BYTES_A_ROW)));
}

/// Milliseconds a statement works, and so holds its locks; `None` where a size it depends on is not known.
#[must_use]
pub fn work_ms(
    effect: &Effect,
    changed_rows: Option<Option<u64>>,
    statistics: &Statistics,
    dialect: Dialect,
) -> Option<(u64, u64)> {
    if effect.opaque.is_some() {
        return None;
    }
    let mut total = CATALOG_MS;
    if let Some(rows) = changed_rows {
        let (low, high) = row_us(dialect);
        let rows = rows?;
        total = add(total, (rows.saturating_mul(low) / 1000, rows.saturating_mul(high) / 1000));
    }
    let build = !effect.builds.is_empty();
    for table in &effect.rewrites {
        total = add(total, time(statistics.0.get(table)?.bytes, REWRITE_BYTES_MS));
    }
    for table in effect.scans.iter().filter(|table| !effect.rewrites.contains(table)) {
        total = add(total, time(statistics.0.get(table)?.bytes, if build { BUILD_BYTES_MS } else { READ_BYTES_MS }));
    }
    Some(total)
}

fn time(bytes: u64, rate: (u64, u64)) -> (u64, u64) {
    (bytes / rate.0, bytes / rate.1)
}

fn add(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    (a.0.saturating_add(b.0), a.1.saturating_add(b.1))
}

/// Totals of the steps. `work` tells how long a statement works, by its id. A lock taken in a transaction is held to its
/// end, so it counts from its statement on.
#[must_use]
pub fn totals(steps: &[Step], work: impl Fn(&PlannedStatement) -> Option<(u64, u64)>) -> Estimate {
    let mut duration = Some((0, 0));
    let mut longest = Some((0, 0));
    let mut opaque_statements = 0;
    for step in steps {
        let mut held = None;
        for statement in &step.statements {
            opaque_statements += u32::from(statement.effect.opaque.is_some());
            let (works, locks) = match &statement.batch {
                Some(batch) => (batch.duration_ms, Some(batch.lock_ms)),
                None => (work(statement), work(statement)),
            };
            duration = duration.zip(works).map(|(total, works)| add(total, works));
            let waits = statement.batch.is_some() || statement.effect.blocks >= Blocks::Writes;
            let goes_on = held.filter(|_| step.transaction == TransactionMode::Transactional);
            held = match (waits, goes_on) {
                (false, None) => None,
                (_, before) => Some(before.unwrap_or(Some((0, 0))).zip(locks).map(|(before, locks)| add(before, locks))),
            };
            if let Some(held) = held {
                longest = longest.zip(held).map(|(longest, held)| (longest.0.max(held.0), longest.1.max(held.1)));
            }
        }
    }
    Estimate { duration_ms: duration, longest_lock_ms: longest, opaque_statements }
}
