//! How far a walk is and how long it will take: from the pace of the last batches over the keys that are left.

use std::time::Duration;

/// Weight of the newest batch in the pace.
const NEWEST: f64 = 0.2;

/// Keys a second, pauses and waits included.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rate(Option<f64>);

impl Rate {
    /// A batch of `rows` keys took this long, from the begin of the last one to the begin of the next.
    #[allow(clippy::cast_precision_loss, reason = "a batch has at most a million rows")]
    pub(super) fn learn(&mut self, rows: u64, took: Duration) {
        let rate = rows as f64 / took.as_secs_f64().max(1e-6);
        self.0 = Some(self.0.map_or(rate, |before| before.mul_add(1.0 - NEWEST, rate * NEWEST)));
    }

    /// Milliseconds for so many keys, low and high; `None` before anything is known. Never nothing while keys are left.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate")]
    pub(super) fn eta_ms(self, left: u64) -> Option<(u64, u64)> {
        let ms = left as f64 / self.0? * 1000.0;
        Some(((ms * 0.8) as u64, ((ms * 1.5) as u64).max(u64::from(left > 0))))
    }
}

/// Rows of the table as the plan thought, or those counted in it where they are more: the statistics of a table that was just
/// filled know of a part of it.
pub(super) fn at_least(rows: Option<u64>, before: Option<u64>) -> Option<u64> {
    rows.map(|rows| rows.max(before.unwrap_or(0)))
}

/// Keys that are left: never nothing before the end, whatever the estimate of the table said.
pub(super) const fn left(all: u64, visited: u64, size: u32) -> u64 {
    let left = all.saturating_sub(visited);
    if left == 0 { size as u64 } else { left }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_follows_the_last_batches() {
        let mut rate = Rate::default();
        assert_eq!(rate.eta_ms(10), None);
        rate.learn(1000, Duration::from_secs(1));
        assert_eq!(rate.eta_ms(10_000), Some((8000, 15_000)));
        for _ in 0..40 {
            rate.learn(1000, Duration::from_secs(2));
        }
        let (low, high) = rate.eta_ms(10_000).unwrap_or_default();
        assert!((15_900..16_100).contains(&low) && (29_900..30_100).contains(&high), "{low} {high}");
    }

    #[test]
    fn a_table_larger_than_thought_never_ends_early() {
        assert_eq!(at_least(Some(87_000), Some(300_000)), Some(300_000), "counted before the first batch");
        assert_eq!(at_least(Some(300_000), Some(10)), Some(300_000), "few of its rows are to change");
        assert_eq!(at_least(Some(300_000), None), Some(300_000));
        assert_eq!(left(100, 250, 50), 50);
        assert_eq!(left(300, 250, 50), 50);
    }
}
