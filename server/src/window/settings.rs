//! `[windows.NAME]` and `[freezes.NAME]` of `flightplan.toml`.
//!
//! ```toml
//! [windows.nights]
//! environments = ["production"]     # default: all of them
//! opens = "0 22 * * MON-THU"        # cron: minute hour day month weekday
//! lasts_minutes = 240
//! timezone = "Europe/Berlin"        # default: UTC
//!
//! [freezes.black-friday]
//! environments = ["production"]
//! from = 2026-11-26T00:00:00Z
//! until = 2026-12-01T00:00:00Z
//! reason = "the busiest days of the year"
//! ```

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use planner::project::toml_reader::{TomlReader, entries};
use toml::de::{DeTable, DeValue};

use crate::sections::{Section, Value};

const WINDOW: &[&str] = &["environments", "opens", "lasts_minutes", "timezone"];
const FREEZE: &[&str] = &["environments", "from", "until", "reason"];

/// A time in which plans may begin.
#[derive(Clone, Debug)]
pub struct Window {
    /// Where it counts; none: everywhere.
    pub environments: Vec<String>,
    /// When it opens.
    pub opens: Cron,
    /// How long it stays so.
    pub lasts: TimeDelta,
    /// Whose clock.
    pub zone: Tz,
}

/// A time in which no plan may begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// Its name.
    pub name: String,
    /// Where it counts; none: everywhere.
    pub environments: Vec<String>,
    /// From here, inclusive.
    pub from: DateTime<Utc>,
    /// To here, exclusive.
    pub until: DateTime<Utc>,
    /// Why, for whoever is refused.
    pub reason: String,
}

impl Window {
    /// Whether a plan may begin.
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        // An opening at or before now that lasts until after it.
        let since = now - self.lasts;
        let opened = self.opens.find_next_occurrence(&since.with_timezone(&self.zone), false);
        opened.is_ok_and(|opened| opened.with_timezone(&Utc) <= now)
    }

    /// The next opening behind a moment.
    #[must_use]
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self.opens.find_next_occurrence(&after.with_timezone(&self.zone), false);
        next.ok().map(|next| next.with_timezone(&Utc))
    }
}

/// Reads `[windows]`. A mistake is a finding.
pub fn windows(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> Vec<Window> {
    each(reader, "windows", table, |reader, section, _, (at, table)| {
        let (mut environments, mut opens, mut lasts, mut zone) = (Vec::new(), None, None, Tz::UTC);
        for (key, value) in entries(table) {
            let name = key.get_ref().as_ref();
            match name {
                "environments" => environments = reader.strings(name, value).unwrap_or_default(),
                "opens" => opens = cron(reader, name, value),
                "lasts_minutes" => lasts = reader.number(name, value, 1..=44_640),
                "timezone" => zone = timezone(reader, name, value).unwrap_or(zone),
                _ => reader.unknown(section, key, WINDOW, None),
            }
        }
        let (Some(opens), Some(minutes)) = (opens, lasts) else {
            let cure = "Write opens = \"0 22 * * *\" and lasts_minutes = 240 under it.";
            reader.broken("wrong-setting", at, format!("{section} does not say when it opens and how long."), cure);
            return None;
        };
        let lasts = TimeDelta::minutes(i64::try_from(minutes).unwrap_or(i64::MAX));
        Some(Window { environments, opens, lasts, zone })
    })
}

/// Reads `[freezes]`. A mistake is a finding.
pub fn freezes(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> Vec<Freeze> {
    each(reader, "freezes", table, |reader, section, freeze, (at, table)| {
        let (mut environments, mut from, mut until, mut reason) = (Vec::new(), None, None, String::new());
        for (key, value) in entries(table) {
            let name = key.get_ref().as_ref();
            match name {
                "environments" => environments = reader.strings(name, value).unwrap_or_default(),
                "from" => from = moment(reader, name, value),
                "until" => until = moment(reader, name, value),
                "reason" => reason = reader.string(name, value).unwrap_or_default(),
                _ => reader.unknown(section, key, FREEZE, None),
            }
        }
        match (from, until) {
            (Some(from), Some(until)) if from < until => {
                Some(Freeze { name: freeze.to_owned(), environments, from, until, reason })
            }
            _ => {
                let cure = "Write from = 2026-11-26T00:00:00Z and a later until under it.";
                reader.broken("wrong-setting", at, format!("{section} does not say from when until when."), cure);
                None
            }
        }
    })
}

type Read<T> = fn(&mut TomlReader<'_>, &str, &str, Section<'_, '_>) -> Option<T>;

/// Each section of a section. One with a mistake in it adds no second finding of its own.
fn each<T>(reader: &mut TomlReader<'_>, all: &str, table: &DeTable<'_>, read: Read<T>) -> Vec<T> {
    let mut found = Vec::new();
    for (name, value) in entries(table) {
        let section = format!("{all}.{}", name.get_ref());
        let Some(table) = reader.table(&section, value) else { continue };
        let before = reader.findings.len();
        let one = read(reader, &format!("[{section}]"), name.get_ref(), (name.span(), table));
        if reader.findings.len() > before + 1 {
            reader.findings.truncate(before + 1);
        }
        found.extend(one);
    }
    found
}

fn cron(reader: &mut TomlReader<'_>, name: &str, value: &Value<'_>) -> Option<Cron> {
    let text = reader.word(name, value)?;
    match text.parse() {
        Ok(cron) => Some(cron),
        Err(error) => {
            let cure = "Write five fields, minute hour day month weekday: opens = \"0 22 * * MON-THU\".";
            reader.broken("wrong-setting", value.span(), format!("{name} = {text:?} is no time: {error}."), cure);
            None
        }
    }
}

fn timezone(reader: &mut TomlReader<'_>, name: &str, value: &Value<'_>) -> Option<Tz> {
    let zone = reader.word(name, value)?.parse().ok();
    if zone.is_none() {
        reader.wrong(name, value, "a time zone such as \"Europe/Berlin\" or \"UTC\"");
    }
    zone
}

/// A date and time with its offset, in quotes or not.
fn moment(reader: &mut TomlReader<'_>, name: &str, value: &Value<'_>) -> Option<DateTime<Utc>> {
    let text = match value.get_ref() {
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::String(text) => text.to_string(),
        _ => String::new(),
    };
    let found = DateTime::parse_from_rfc3339(&text).ok().map(|moment| moment.with_timezone(&Utc));
    if found.is_none() {
        reader.wrong(name, value, "a date and time with its offset: 2026-11-26T00:00:00Z");
    }
    found
}
