//! When plans may run: windows that open by the clock, and freezes that keep everything shut.
//!
//! A way back is not bound by them: it is what one wants when something has gone wrong.

pub mod settings;

use chrono::{DateTime, TimeDelta, Utc};

use crate::exit::{Exit, Failure, Outcome};
use settings::{Freeze, Window};

/// Steps to the next opening that are tried: freezes behind freezes.
const STEPS: u32 = 1000;

/// What the project says.
#[derive(Clone, Debug, Default)]
pub struct Windows {
    /// `[windows.NAME]`.
    pub windows: Vec<Window>,
    /// `[freezes.NAME]`.
    pub freezes: Vec<Freeze>,
}

impl Windows {
    /// Refuses to begin where it is not the time.
    ///
    /// # Errors
    /// [`Exit::ApprovalMissing`] with the next opening.
    pub fn refuse(&self, environment: &str, now: DateTime<Utc>) -> Outcome<()> {
        let why = match (self.frozen(environment, now), self.is_open(environment, now)) {
            (Some(freeze), _) => {
                let reason = if freeze.reason.is_empty() { String::new() } else { format!(" ({})", freeze.reason) };
                format!("Environment {environment} is frozen until {} by [freezes.{}]{reason}.", at(freeze.until), freeze.name)
            }
            (None, false) => format!("No window of environment {environment} is open at {}.", at(now)),
            (None, true) => return Ok(()),
        };
        let next = self.next(environment, now).map_or_else(
            || "There is no next opening: mend [windows] and [freezes] of flightplan.toml.".to_owned(),
            |next| format!("The next opening is at {} (in {}). Run the same command then.", at(next), distance(next - now)),
        );
        Err(Failure::new(Exit::ApprovalMissing, format!("{why} Nothing was changed."), next))
    }

    /// The next moment at which a plan may begin, `now` included.
    #[must_use]
    pub fn next(&self, environment: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut moment = now;
        for _ in 0..STEPS {
            if let Some(freeze) = self.frozen(environment, moment) {
                moment = freeze.until;
            } else if self.is_open(environment, moment) {
                return Some(moment);
            } else {
                let starts = self.of(environment).filter_map(|window| window.next(moment));
                moment = starts.min()?;
            }
        }
        None
    }

    fn of<'w>(&'w self, environment: &'w str) -> impl Iterator<Item = &'w Window> {
        self.windows.iter().filter(move |window| concerns(&window.environments, environment))
    }

    fn frozen(&self, environment: &str, now: DateTime<Utc>) -> Option<&Freeze> {
        let here = self.freezes.iter().filter(|freeze| concerns(&freeze.environments, environment));
        here.filter(|freeze| freeze.from <= now && now < freeze.until).max_by_key(|freeze| freeze.until)
    }

    /// Where there is no window, it is always open.
    fn is_open(&self, environment: &str, now: DateTime<Utc>) -> bool {
        let mut any = false;
        for window in self.of(environment) {
            any = true;
            if window.is_open(now) {
                return true;
            }
        }
        !any
    }
}

/// No name: every environment.
pub(crate) fn concerns(named: &[String], environment: &str) -> bool {
    named.is_empty() || named.iter().any(|name| name == environment)
}

pub(crate) fn at(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn distance(left: TimeDelta) -> String {
    let minutes = (left.num_seconds() + 59) / 60;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn window(opens: &str, minutes: i64, zone: &str) -> Window {
        Window {
            environments: vec!["production".to_owned()],
            opens: opens.parse().unwrap(),
            lasts: TimeDelta::minutes(minutes),
            zone: zone.parse().unwrap(),
        }
    }

    #[test]
    fn a_window_opens_by_the_clock_of_its_place() {
        let windows = Windows { windows: vec![window("0 22 * * MON-THU", 240, "Europe/Berlin")], freezes: Vec::new() };
        // Monday 2026-11-23, 22:00 in Berlin is 21:00 UTC; in July it is 20:00 UTC.
        for (moment, open) in [
            ("2026-11-23T20:59:59Z", false),
            ("2026-11-23T21:00:00Z", true),
            ("2026-11-24T00:59:59Z", true),
            ("2026-11-24T01:00:00Z", false),
            ("2026-07-06T20:00:00Z", true),
            ("2026-11-27T21:30:00Z", false),
        ] {
            assert_eq!(windows.refuse("production", time(moment)).is_ok(), open, "{moment}");
        }
        assert_eq!(windows.next("production", time("2026-11-27T12:00:00Z")), Some(time("2026-11-30T21:00:00Z")));
        assert!(windows.refuse("staging", time("2026-11-27T12:00:00Z")).is_ok(), "it has no window");
    }

    #[test]
    fn a_freeze_wins_and_the_next_opening_is_behind_it() {
        let freeze = |name: &str, from, until| Freeze {
            name: name.to_owned(),
            environments: Vec::new(),
            from: time(from),
            until: time(until),
            reason: "sales".to_owned(),
        };
        let windows = Windows {
            windows: vec![window("0 22 * * *", 60, "UTC")],
            freezes: vec![
                freeze("friday", "2026-11-27T00:00:00Z", "2026-11-28T22:30:00Z"),
                freeze("more", "2026-11-28T12:00:00Z", "2026-11-28T23:30:00Z"),
            ],
        };
        let now = time("2026-11-27T22:10:00Z");
        let failure = windows.refuse("production", now).unwrap_err();
        assert_eq!(failure.exit, Exit::ApprovalMissing);
        assert!(failure.message.contains("frozen until 2026-11-28 22:30 UTC by [freezes.friday] (sales)"), "{failure}");
        assert!(failure.cure.contains("2026-11-29 22:00 UTC (in 1 d 23 h)"), "{failure}");
    }

    #[test]
    fn what_never_opens_says_so() {
        let windows = Windows { windows: vec![window("0 0 30 2 *", 60, "UTC")], freezes: Vec::new() };
        let failure = windows.refuse("production", time("2026-11-27T22:10:00Z")).unwrap_err();
        assert!(failure.cure.contains("no next opening"), "{failure}");
    }
}
