//! How long a statement works, and so holds its locks, from the size of the tables.
//!
//! The rates are wide on purpose: the low end is a fast disk with everything in memory, the high end a busy volume. They
//! bound an order of magnitude; `server/tests/suite/oracle_duration.rs` holds them against a real server.

use crate::effect::draft::Draft;
use crate::name::ObjectName;
use crate::project::{Statistics, TableStatistics};

/// Milliseconds of a change to the server's own catalogs.
const METADATA: (u64, u64) = (1, 50);
/// Bytes read in a millisecond: 2 GB/s and 50 MB/s.
const READ: (u64, u64) = (2_000_000, 50_000);
/// Bytes of a table written anew in a millisecond, indexes apart: 400 MB/s and 15 MB/s.
const REWRITE: (u64, u64) = (400_000, 15_000);
/// Rows that enter an index in a millisecond: 4,000,000 and 50,000 a second.
const ENTRIES: (u64, u64) = (4_000, 50);
/// Bytes of an index built in a millisecond: 150 MB/s and 4 MB/s.
const INDEX: (u64, u64) = (150_000, 4_000);

/// What an estimate is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    /// Milliseconds, low and high.
    pub(super) ms: (u64, u64),
    /// The figures it rests on, a phrase a table.
    pub(super) rests_on: Vec<String>,
}

/// Absent where a table that is read or written has no statistics, or nothing certain can be said.
pub(super) fn work(draft: &Draft<'_>, statistics: &Statistics) -> Option<Work> {
    if draft.opaque.is_some() {
        return None;
    }
    let mut work = Work { ms: METADATA, rests_on: Vec::new() };
    for key in draft.rewrites.union(&draft.scans) {
        let name = key.to_string();
        let size = statistics.table(&name)?;
        work.rests_on.push(format!("{name}: {}", phrase(size)));
        if draft.rewrites.contains(key) {
            work.add(size.bytes, REWRITE);
            work.rebuild(draft, key, size);
        } else {
            work.add(size.bytes, READ);
            if !draft.builds.is_empty() {
                work.add(size.rows, ENTRIES);
            }
        }
    }
    Some(work)
}

impl Work {
    fn add(&mut self, amount: u64, rate: (u64, u64)) {
        self.ms.0 = self.ms.0.saturating_add(amount / rate.0);
        self.ms.1 = self.ms.1.saturating_add(amount / rate.1);
    }

    /// A table written anew has its indexes built anew: by their bytes where those are known, else by the rows.
    fn rebuild(&mut self, draft: &Draft<'_>, key: &ObjectName, size: &TableStatistics) {
        if let Some(bytes) = index_bytes(size) {
            return self.add(bytes, INDEX);
        }
        let known = draft.before.tables.get(key).map_or(0, |table| table.index_names().count());
        let indexes = u64::try_from(known.max(size.indexes.len())).unwrap_or(u64::MAX);
        self.add(size.rows.saturating_mul(indexes), ENTRIES);
    }
}

/// Bytes of all indexes, where the server tells each.
fn index_bytes(size: &TableStatistics) -> Option<u64> {
    if size.indexes.is_empty() {
        return None;
    }
    size.indexes.iter().map(|index| index.bytes).sum()
}

/// `1200000 rows, 245 MB, 3 indexes`.
fn phrase(size: &TableStatistics) -> String {
    let mut text = format!("{} rows, {} MB", size.rows, size.bytes.div_ceil(1_000_000));
    if !size.indexes.is_empty() {
        text.push_str(&format!(", {} indexes", size.indexes.len()));
    }
    text
}
