//! How long a lock is held, from the size of the tables.
//!
//! The constants are wide on purpose: the low end is a fast disk with everything in memory, the high
//! end a busy cloud volume. They bound an order of magnitude; a rehearsal measures.

use crate::effect::draft::Draft;
use crate::name::ObjectName;
use crate::project::{Statistics, TableStatistics};

/// Milliseconds of a change to the server's own catalogs.
const METADATA: (u64, u64) = (1, 50);
/// Bytes read in a millisecond: 1 GB/s and 50 MB/s.
const READ: (u64, u64) = (1_000_000, 50_000);
/// Bytes written anew in a millisecond, indexes apart: 200 MB/s and 15 MB/s.
const REWRITE: (u64, u64) = (200_000, 15_000);
/// Rows that enter an index in a millisecond: 1,000,000 and 50,000 a second.
const INDEX: (u64, u64) = (1_000, 50);

/// Low and high estimate; absent where a table that is read or written has no statistics.
pub(super) fn lock_ms(draft: &Draft<'_>, statistics: &Statistics) -> Option<(u64, u64)> {
    if draft.opaque.is_some() || draft.locks.is_empty() {
        return None;
    }
    let (mut low, mut high) = METADATA;
    for key in draft.rewrites.union(&draft.scans) {
        let size = size(statistics, key)?;
        let rewritten = draft.rewrites.contains(key);
        let rate = if rewritten { REWRITE } else { READ };
        low = low.saturating_add(size.bytes / rate.0);
        high = high.saturating_add(size.bytes / rate.1);
        let stored = draft.before.tables.get(key).map_or(0, |table| table.index_names().count());
        let indexes = if rewritten { stored } else { usize::from(!draft.builds.is_empty()) };
        let entries = size.rows.saturating_mul(u64::try_from(indexes).unwrap_or(u64::MAX));
        low = low.saturating_add(entries / INDEX.0);
        high = high.saturating_add(entries / INDEX.1);
    }
    Some((low, high))
}

fn size(statistics: &Statistics, key: &ObjectName) -> Option<TableStatistics> {
    statistics.0.get(&key.to_string()).copied()
}
