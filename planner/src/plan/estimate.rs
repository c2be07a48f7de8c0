//! How long and how much, from measured table sizes. Integers only; nothing of this reaches the digest.
//!
//! Each figure is a range from a quiet machine with fast disks to a busy one with slow disks. Measured anchors
//! (`facts/benchmarks.md`, `facts/safety.md` §5.2): PostgreSQL updates 300,000 rows by keyset in 4.1 to 5.1 s and
//! 2,000,000 in 13.9 to 25.9 s, so 7 to 17 µs a row; MariaDB 7 µs; SQLite 2 µs; 580 bytes of log for a row of 180 bytes.

use super::{Batch, Estimate, PlannedStatement, Step, TransactionMode};
use crate::dialect::Dialect;
use crate::effect::Blocks;
use crate::project::{Statistics, TableStatistics};

/// Microseconds to change one row: low, high. High is the measured worst case doubled. Each index beyond the first costs an
/// entry more.
fn row_us(dialect: Dialect, measured: Option<&TableStatistics>) -> (u64, u64) {
    let (low, high) = match dialect {
        Dialect::Postgres | Dialect::MySql | Dialect::MariaDb => (7, 35),
        Dialect::Sqlite => (2, 15),
    };
    let more = measured.map_or(0, |table| u64::try_from(table.indexes.len().saturating_sub(1)).unwrap_or(0));
    (low + more, high + more.saturating_mul(10))
}

/// Milliseconds of one commit with its round trips: low, high.
const COMMIT_MS: (u64, u64) = (1, 15);
/// Bytes a millisecond when rows are looked for: 2 GB/s to 50 MB/s.
const READ_BYTES_MS: (u64, u64) = (2_000_000, 50_000);
/// Log bytes of a changed row beyond the row itself: headers, index entry, share of full-page images.
const LOG_BYTES_A_ROW: u64 = 400;

/// Fills the figures of a batched statement.
pub fn fill_batch(batch: &mut Batch, measured: Option<&TableStatistics>, dialect: Dialect) {
    let size = u64::from(batch.size.max(1));
    let (low, high) = row_us(dialect, measured);
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

/// What a data change works on.
#[derive(Clone, Copy, Debug)]
pub enum Changed<'a> {
    /// So many new rows.
    Rows(u64),
    /// So many of the rows of a table, low and high; all of it is read.
    Of(&'a TableStatistics, (u64, u64)),
    /// Nobody knows.
    Unknown,
}

/// Milliseconds a statement works, and so holds its locks, of which `schema` is its schema work; `None` where a size it
/// depends on is not known.
#[must_use]
pub fn work_ms(schema: Option<(u64, u64)>, changed: Option<Changed<'_>>, dialect: Dialect) -> Option<(u64, u64)> {
    let total = schema?;
    let (table, rows) = match changed {
        None => return Some(total),
        Some(Changed::Unknown) => return None,
        Some(Changed::Rows(rows)) => (None, (rows, rows)),
        Some(Changed::Of(table, rows)) => (Some(table), rows),
    };
    let (low, high) = row_us(dialect, table);
    let read = table.map_or(0, |table| table.bytes);
    let changes = (rows.0.saturating_mul(low) / 1000, rows.1.saturating_mul(high) / 1000);
    Some(add(add(total, changes), (read / READ_BYTES_MS.0, read / READ_BYTES_MS.1)))
}

fn add(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    (a.0.saturating_add(b.0), a.1.saturating_add(b.1))
}

/// Totals of the steps. `work` tells how long a statement works. A lock taken in a transaction is held to its
/// end, so it counts from its statement on.
#[must_use]
pub fn totals(
    steps: &[Step],
    statistics: &Statistics,
    work: impl Fn(&Step, &PlannedStatement) -> Option<(u64, u64)>,
) -> Estimate {
    let mut duration = Some((0, 0));
    let mut longest = Some((0, 0));
    let mut opaque_statements = 0;
    for step in steps {
        let mut held = None;
        for statement in &step.statements {
            opaque_statements += u32::from(statement.effect.opaque.is_some());
            let (works, locks) = match &statement.batch {
                Some(batch) => (batch.duration_ms, Some(batch.lock_ms)),
                None => (work(step, statement), work(step, statement)),
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
    Estimate { duration_ms: duration, longest_lock_ms: longest, opaque_statements, rests_on: statistics.source() }
}
