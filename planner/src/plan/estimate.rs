//! How long and how much, from measured table sizes. Integers only; nothing of this reaches the digest.
//!
//! Each figure is a range from a quiet machine with fast disks to a busy one with slow disks. Measured anchors
//! (`facts/benchmarks.md`, `facts/safety.md` §5.2): PostgreSQL updates 300,000 rows by keyset in 4.1 to 5.1 s and
//! 2,000,000 in 13.9 to 25.9 s, so 7 to 17 µs a row; MariaDB 7 µs; SQLite 2 µs; 580 bytes of log for a row of 180 bytes.

use super::batch::Visits;
use super::{Batch, Estimate, PlannedStatement, Step, TransactionMode};
use crate::dialect::Dialect;
use crate::effect::Blocks;
use crate::project::{Statistics, TableStatistics};

/// Microseconds to change one row: low, high. Each index beyond the first costs an entry more, and each byte is copied and
/// logged. Measured (`cargo xtask bench backfill`, PostgreSQL 15 on a quiet machine): rows of 40 bytes 2.5 to 5 µs, an index
/// 1 to 2 µs more, rows of 940 bytes 9 µs. High is the same beside others, on a disk that has to write it all.
fn row_us(dialect: Dialect, measured: Option<&TableStatistics>) -> (u64, u64) {
    let more = measured.map_or(0, |table| u64::try_from(table.indexes.len().saturating_sub(1)).unwrap_or(0));
    let bytes = measured.map_or(180, |table| table.bytes / table.rows.max(1)).min(8000);
    let (low, high) = match dialect {
        Dialect::Postgres | Dialect::MySql | Dialect::MariaDb => (2 + bytes / 300, 14 + bytes / 25),
        Dialect::Sqlite => (1 + bytes / 300, 8 + bytes / 25),
    };
    (low + more / 2, high + more.saturating_mul(6))
}

/// Milliseconds of one commit with its round trips: low, high.
const COMMIT_MS: (u64, u64) = (1, 15);
/// Bytes a millisecond when rows are looked for: 2 GB/s to 50 MB/s.
const READ_BYTES_MS: (u64, u64) = (2_000_000, 50_000);
/// Log bytes of a changed row beyond the row itself: headers, index entry, share of full-page images.
const LOG_BYTES_A_ROW: u64 = 400;

/// Fills the figures of a batched statement that changes so many rows of the table, low and high, and visits all of them.
/// Batches grow while there is time, so at best they are as large as they may be, and at worst as small as they begin.
pub fn fill_batch(
    batch: &mut Batch,
    measured: Option<&TableStatistics>,
    changes: impl Fn(&TableStatistics) -> (u64, u64),
    visits: Visits,
    dialect: Dialect,
) {
    let size = u64::from(batch.size.max(1));
    let (low, high) = row_us(dialect, measured);
    let largest = measured.map_or(size, |table| size.min(table.rows.max(1)));
    batch.lock_ms = (largest * low / 1000 + COMMIT_MS.0, largest * high / 1000 + COMMIT_MS.1);
    let Some(table) = measured else { return };
    let changed = changes(table);
    let (least, most) = if visits == Visits::Matching { changed } else { (table.rows, table.rows) };
    let policy = (batch.size, batch.most, batch.pause_ms);
    // Through an index of its own only the rows that change are read, and their changing counts that.
    let read = if visits == Visits::Matching { (0, 0) } else { read_ms(table) };
    let work = (changed.0.saturating_mul(low) / 1000, changed.1.saturating_mul(high) / 1000);
    batch.duration_ms = Some(add(add(work, read), (walk_ms(least, policy).0, walk_ms(most, policy).1)));
    batch.rows = Some(table.rows);
    batch.batches = Some(most.div_ceil(size).max(1));
    batch.wal_bytes = Some(table.bytes.saturating_add(table.rows.saturating_mul(LOG_BYTES_A_ROW)));
}

/// Rows of a batch beside an application, and the milliseconds until the next one, its rest included: two million rows took
/// 35 s so (`cargo xtask bench backfill`).
const BESIDE: (u64, u64) = (300, 5);

/// The same as [`walk_ms`] where an application may work beside it, whose sake makes the batches small.
#[must_use]
pub fn walk_beside_ms(rows: u64, batch: (u32, u32, u32)) -> (u64, u64) {
    let (low, high) = walk_ms(rows, batch);
    let beside = rows.div_ceil(BESIDE.0).saturating_mul(BESIDE.1.saturating_add(u64::from(batch.2)));
    (low, high.max(beside))
}

/// Milliseconds that the batches of a walk over so many rows cost beside their rows, low and high: at best they are as large
/// as they may be, at worst as small as they begin. `batch` is that size, that most, and the pause.
#[must_use]
pub fn walk_ms(rows: u64, (size, most, pause_ms): (u32, u32, u32)) -> (u64, u64) {
    let fixed = |size: u32, commit: u64| {
        rows.div_ceil(u64::from(size.max(1))).max(1).saturating_mul(commit.saturating_add(u64::from(pause_ms)))
    };
    (fixed(most, COMMIT_MS.0), fixed(size, COMMIT_MS.1))
}

/// Milliseconds to read a table once, low and high.
#[must_use]
pub const fn read_ms(table: &TableStatistics) -> (u64, u64) {
    (table.bytes / READ_BYTES_MS.0, table.bytes / READ_BYTES_MS.1)
}

/// Rows a filter lets through, low and high: any number of them, but for `column IS NULL`, where the server knows the
/// share. Its figures may be some days old, so the range is half to double.
#[must_use]
pub fn matching(filter: Option<&str>, table: &TableStatistics) -> (u64, u64) {
    let Some(filter) = filter else { return (table.rows, table.rows) };
    let column = filter.trim().rsplit_once(char::is_whitespace).filter(|(_, last)| last.eq_ignore_ascii_case("null"));
    let column = column.and_then(|(rest, _)| rest.trim_end().rsplit_once(char::is_whitespace));
    let column = column.filter(|(_, word)| word.eq_ignore_ascii_case("is")).map(|(column, _)| column.trim());
    let known = column.and_then(|column| table.columns.get(column.rsplit('.').next().unwrap_or(column)));
    match known.and_then(|column| column.null_fraction) {
        Some(share) => {
            let rows = share.share_of(table.rows);
            (rows / 2, rows.saturating_mul(2).min(table.rows))
        }
        None => (0, table.rows),
    }
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
