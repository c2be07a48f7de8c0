//! How far the replicas are behind, in milliseconds.
//!
//! The server's own `replay_lag` says nothing while a replica is stuck: it is the lag of the last answer. So the
//! write-ahead log's position is noted with the time at each look; a replica that has replayed up to a position is as old
//! as that note.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Notes kept: at a look a second, an hour.
const MOST_NOTES: usize = 3600;

/// What is known about the replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lag {
    /// There is none.
    NoReplica,
    /// The slowest is this far behind.
    Behind(Duration),
    /// A replica is there whose state this user may not see.
    Hidden,
    /// Fewer than were seen before.
    Gone,
}

/// Positions of the log and when it stood there.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    notes: VecDeque<(Instant, u64)>,
    replicas: usize,
}

impl Notes {
    /// Judges a look: the log's position, and what each replica has replayed, as bytes since the beginning of the log.
    pub(super) fn judge(&mut self, now: Instant, written: u64, replayed: &[Option<u64>]) -> Lag {
        self.notes.push_back((now, written));
        if self.notes.len() > MOST_NOTES {
            self.notes.pop_front();
        }
        if replayed.len() < self.replicas {
            return Lag::Gone;
        }
        self.replicas = replayed.len();
        let mut slowest = Duration::ZERO;
        for position in replayed {
            let Some(position) = *position else { return Lag::Hidden };
            slowest = slowest.max(self.behind(now, written, position));
        }
        if replayed.is_empty() { Lag::NoReplica } else { Lag::Behind(slowest) }
    }

    fn behind(&self, now: Instant, written: u64, replayed: u64) -> Duration {
        if replayed >= written {
            return Duration::ZERO;
        }
        // The first note behind what it has replayed: it has not seen what was written since then.
        let missed = self.notes.iter().find(|(_, position)| *position > replayed).map_or(now, |(at, _)| *at);
        now.saturating_duration_since(missed)
    }
}

/// A position such as `16/B374D848` as bytes.
pub(super) fn position(text: &str) -> Option<u64> {
    let (high, low) = text.split_once('/')?;
    let (high, low) = (u64::from_str_radix(high, 16).ok()?, u64::from_str_radix(low, 16).ok()?);
    Some(high << 32 | low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stuck_replica_grows_older() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut notes = Notes::default();
        assert_eq!(notes.judge(at(0), 100, &[Some(100)]), Lag::Behind(Duration::ZERO));
        assert_eq!(notes.judge(at(1), 200, &[Some(100)]), Lag::Behind(Duration::ZERO));
        assert_eq!(notes.judge(at(4), 300, &[Some(100)]), Lag::Behind(Duration::from_secs(3)));
        assert_eq!(notes.judge(at(5), 300, &[Some(250)]), Lag::Behind(Duration::from_secs(1)));
        assert_eq!(notes.judge(at(6), 300, &[Some(300)]), Lag::Behind(Duration::ZERO));
        assert_eq!(notes.judge(at(7), 300, &[]), Lag::Gone);
        assert_eq!(notes.judge(at(8), 300, &[None]), Lag::Hidden);
        assert_eq!(Notes::default().judge(at(0), 1, &[]), Lag::NoReplica);
    }

    #[test]
    fn positions_are_hexadecimal() {
        assert_eq!(position("16/B374D848"), Some(0x16_B374_D848));
        assert_eq!(position("x"), None);
    }
}
