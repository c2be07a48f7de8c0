//! How large data changes are cut and paced: the `batch_*` keys of an environment.

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::DeValue;

use super::toml_reader::TomlReader;

/// Longest pause, wait and budget, ms: a week.
const LONGEST_MS: u64 = 7 * 24 * 3600 * 1000;

/// How large data changes are cut, unless author or reviewer say otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchPolicy {
    /// Rows from which a single data change is planned in batches.
    pub from_rows: u64,
    /// Rows of the first batch.
    pub size: u32,
    /// Rows a batch may grow to while it stays under the target time.
    pub most: u32,
    /// Pause between batches, ms.
    pub pause_ms: u32,
    /// What makes a batched change wait, or stop.
    pub brakes: Brakes,
}

/// What makes a batched change wait, or stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brakes {
    /// Milliseconds a batch should hold its row locks at most.
    pub target_ms: u32,
    /// Milliseconds a replica may lag behind before batches wait for it; 0: replicas are not looked at.
    pub replica_lag_ms: u32,
    /// Longest time, ms, that batches rest a quarter of their time for a vacuum that works on the table; 0: they do not.
    pub vacuum_wait_ms: u64,
    /// Milliseconds of fruitless attempts (lock timeouts, deadlocks) in a row after which the run stops.
    pub budget_ms: u64,
    /// Hours in UTC, `22:00-06:00`, outside of which no batch begins; absent: all day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
}

impl Default for Brakes {
    fn default() -> Self {
        Self { target_ms: 500, replica_lag_ms: 10_000, vacuum_wait_ms: 60_000, budget_ms: 40 * 60_000, window: None }
    }
}

impl Default for BatchPolicy {
    fn default() -> Self {
        Self { from_rows: 10_000, size: 5000, most: 50_000, pause_ms: 0, brakes: Brakes::default() }
    }
}

/// The keys [`read`] knows.
pub(super) const KEYS: [&str; 9] = [
    "batch_from_rows",
    "batch_size",
    "batch_most",
    "batch_pause_ms",
    "batch_target_ms",
    "batch_replica_lag_ms",
    "batch_vacuum_wait_ms",
    "batch_budget_ms",
    "batch_window",
];

/// Reads one key of an environment; `false`: it is none of [`KEYS`].
pub(super) fn read(reader: &mut TomlReader<'_>, name: &str, value: &Spanned<DeValue<'_>>, policy: &mut BatchPolicy) -> bool {
    let brakes = &mut policy.brakes;
    match name {
        "batch_from_rows" => put(&mut policy.from_rows, reader.number(name, value, 0..=u64::MAX)),
        "batch_size" => put(&mut policy.size, reader.count(name, value, 1..=1_000_000)),
        "batch_most" => put(&mut policy.most, reader.count(name, value, 1..=1_000_000)),
        "batch_pause_ms" => put(&mut policy.pause_ms, reader.count(name, value, 0..=600_000)),
        "batch_target_ms" => put(&mut brakes.target_ms, reader.count(name, value, 10..=600_000)),
        "batch_replica_lag_ms" => put(&mut brakes.replica_lag_ms, reader.count(name, value, 0..=86_400_000)),
        "batch_vacuum_wait_ms" => put(&mut brakes.vacuum_wait_ms, reader.number(name, value, 0..=LONGEST_MS)),
        "batch_budget_ms" => put(&mut brakes.budget_ms, reader.number(name, value, 1000..=LONGEST_MS)),
        "batch_window" => {
            let text = reader.word(name, value);
            if text.as_deref().is_some_and(|text| Window::parse(text).is_none()) {
                reader.wrong(name, value, "hours in UTC such as \"22:00-06:00\"");
            } else {
                brakes.window = text;
            }
        }
        _ => return false,
    }
    true
}

fn put<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

/// Hours of the day, in minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    from: u16,
    to: u16,
}

impl Window {
    /// Reads `22:00-06:00`; `None`: it is none, or it is empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let (from, to) = (minutes(from.trim())?, minutes(to.trim())?);
        (from != to).then_some(Self { from, to })
    }

    /// Minutes until it opens at a minute of the day; 0: it is open.
    #[must_use]
    pub const fn opens_in(self, minute: u16) -> u16 {
        let open =
            if self.from < self.to { self.from <= minute && minute < self.to } else { self.from <= minute || minute < self.to };
        if open { 0 } else { (self.from + DAY - minute % DAY) % DAY }
    }
}

const DAY: u16 = 24 * 60;

fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_window_may_reach_over_midnight() {
        let night = Window::parse("22:00-06:00").expect("it is a window");
        assert_eq!([night.opens_in(22 * 60), night.opens_in(5 * 60 + 59), night.opens_in(6 * 60)], [0, 0, 16 * 60]);
        let day = Window::parse("01:30 - 02:00").expect("it is a window");
        assert_eq!([day.opens_in(0), day.opens_in(90), day.opens_in(120)], [90, 0, 23 * 60 + 30]);
        assert_eq!(["24:00-01:00", "1-2", "03:00-03:00", ""].map(Window::parse), [None; 4]);
    }
}
