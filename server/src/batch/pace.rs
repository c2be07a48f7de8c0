//! How many rows the next batch takes, from how long the last ones took.
//!
//! Smoothed milliseconds a row (newest first, weight 0.4 as GitLab does), aimed at a fifth of the target where nobody works
//! beside it: with 100 ms a batch its fixed cost is some twentieth, and who comes meanwhile waits that long once
//! (`cargo xtask bench backfill`). Growth is bounded to a half a batch; shrinking is not: an application
//! waits meanwhile (`facts/safety.md` §4).

/// Weight of the newest batch.
const NEWEST: f64 = 0.4;

/// Part of the target time that a batch is sized for.
const AIM: f64 = 0.2;

/// The same while an application works beside it.
const GENTLE_AIM: f64 = 0.007;

/// Most rows of a batch while an application works beside it: its commits wait for the disk together with what the batch has
/// written. On PostgreSQL 15 the 99th percentile of an update fifty times a second was 1.3 to 1.7 ms idle, 6.3 to 7.3 beside
/// batches of some 2,300 rows, 3.0 to 3.2 of 600, 1.9 of 300 with a rest as long behind each; the change of two million rows
/// took 35 s, not 8.
const GENTLE_MOST: f64 = 300.0;

/// Most a batch grows by.
const GROWTH: f64 = 1.5;

/// The size of the batches of one statement.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    size: u32,
    least: u32,
    most: u32,
    target_ms: u32,
    /// Smoothed milliseconds a row; absent before the first batch.
    per_row: Option<f64>,
}

impl Pace {
    /// Starts at `size` rows; `most` is what the plan allows.
    pub(super) fn new(size: u32, most: u32, target_ms: u32) -> Self {
        let size = size.max(1);
        Self { size, least: (size / 50).max(10).min(size), most: most.max(size), target_ms: target_ms.max(1), per_row: None }
    }

    /// Goes on at the size an earlier run had come to, within what the plan allows.
    pub(super) fn resume(mut self, size: u32) -> Self {
        self.size = size.clamp(self.least, self.most);
        self
    }

    /// Rows of the next batch; `gentle` beside an application, which nobody may have seen while the last one ran.
    pub(super) fn size(&self, gentle: bool) -> u32 {
        match self.per_row {
            _ if !gentle => self.size,
            None => self.least,
            Some(per_row) => self.bounded(self.aimed(GENTLE_AIM, per_row).min(GENTLE_MOST).min(f64::from(self.size))),
        }
    }

    /// Rows that take a part of the target time.
    fn aimed(&self, part: f64, per_row: f64) -> f64 {
        f64::from(self.target_ms) * part / per_row.max(f64::MIN_POSITIVE)
    }

    /// A batch of `rows` rows held its locks for `took_ms`; `gentle` while an application works beside it.
    pub(super) fn learn(&mut self, rows: u64, took_ms: f64, gentle: bool) {
        if rows == 0 {
            return;
        }
        #[allow(clippy::cast_precision_loss, reason = "a batch has at most a million rows")]
        let per_row = took_ms / rows as f64;
        let smoothed = self.per_row.map_or(per_row, |before| before.mul_add(1.0 - NEWEST, per_row * NEWEST));
        self.per_row = Some(smoothed);
        let size = f64::from(self.size);
        let mut wanted = if gentle { self.aimed(GENTLE_AIM, smoothed).min(GENTLE_MOST) } else { self.aimed(AIM, smoothed) };
        if took_ms > f64::from(self.target_ms) {
            wanted = wanted.min(size / 2.0);
        }
        self.size = self.bounded(wanted.min(size * GROWTH));
    }

    /// Somebody was in the way, or somebody waited too long.
    pub(super) fn halve(&mut self) {
        self.size = self.bounded(f64::from(self.size) / 2.0);
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 32 bits before")]
    fn bounded(&self, rows: f64) -> u32 {
        rows.clamp(f64::from(self.least), f64::from(self.most)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_by_a_half_up_to_the_aim() {
        let mut pace = Pace::new(2000, 50_000, 500);
        pace.learn(2000, 14.0, false);
        assert_eq!(pace.size(false), 3000);
        for _ in 0..40 {
            pace.learn(u64::from(pace.size(false)), f64::from(pace.size(false)) * 0.007, false);
        }
        assert_eq!(pace.size(false), 14285, "a fifth of 500 ms at 7 µs a row");
        assert_eq!(pace.size(true), 300, "few rows beside an application, before it is learnt of");
        pace.learn(300, 9.0, true);
        assert_eq!(pace.size(false), 216, "a hundred and fortieth of the target at 16 µs a row");
    }

    #[test]
    fn it_never_passes_what_was_agreed_to() {
        let mut pace = Pace::new(777, 777, 500);
        pace.learn(777, 1.0, false);
        assert_eq!(pace.size(false), 777);
    }

    #[test]
    fn a_slow_batch_shrinks_it_at_once() {
        let mut pace = Pace::new(5000, 50_000, 500);
        pace.learn(5000, 2500.0, false);
        assert_eq!(pace.size(false), 200, "100 ms at half a millisecond a row");
        pace.halve();
        assert_eq!(pace.size(false), 100);
        pace.halve();
        assert_eq!(pace.size(false), 100, "a fiftieth of the first size is the least");
    }

    #[test]
    fn one_row_at_a_time_is_possible() {
        let mut pace = Pace::new(1, 1, 500);
        pace.learn(1, 900.0, false);
        pace.halve();
        assert_eq!(pace.size(false), 1);
    }

    #[test]
    fn the_first_batch_beside_an_application_is_the_least() {
        let pace = Pace::new(5000, 50_000, 500);
        assert_eq!((pace.size(true), pace.size(false)), (100, 5000));
    }
}
