//! `[triggers.NAME]` and `[on_failure]` of `flightplan.toml`: what ends a run, and what becomes of one that failed.
//!
//! ```toml
//! [triggers.error-rate]                   # any name; one of sql, http, lock_wait_ms, run_ms
//! sql = "SELECT count(*) < 50 FROM errors WHERE at > now() - interval '1 minute'"
//! expect = true                           # the run goes on while it is answered so
//! times = 3                               # wrong answers in a row that end it
//! every_s = 5
//!
//! [triggers.blocked]
//! lock_wait_ms = 2000                     # somebody waited so long for a lock of the run
//!
//! [triggers.too-long]
//! run_ms = 600000
//!
//! [on_failure]
//! then = "roll-back-run"                  # default: stop
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use planner::project::gate_settings::{self, Probe};
use planner::project::toml_reader::{TomlReader, entries};
use toml::de::DeTable;

use crate::sections::Section;

const KEYS: &[&str] = &["http", "sql", "expect", "times", "every_s", "lock_wait_ms", "run_ms"];
const THEN: [(&str, OnFailure); 3] =
    [("stop", OnFailure::Stop), ("roll-back-migration", OnFailure::RollBackMigration), ("roll-back-run", OnFailure::RollBackRun)];
/// Longest limit, ms: a day.
const DAY: u64 = 86_400_000;

/// Something that ends a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A question that is answered wrongly so often in a row.
    Probe {
        /// The question.
        probe: Probe,
        /// How often.
        times: u32,
        /// Between two questions.
        every: Duration,
    },
    /// Somebody waited longer for a lock of the run.
    LockWait(Duration),
    /// The run takes longer.
    Run(Duration),
    /// A table grew by so many MB.
    TableGrowth(u64),
    /// The run has committed so many transactions.
    Transactions(u64),
    /// So many percent of the run's attempts were refused by the server.
    ErrorRate(u64),
}

/// What becomes of a run that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// What is done stays. A step in a transaction is rolled back by itself.
    #[default]
    Stop,
    /// What is done of the migration that failed is taken back, where nothing is lost.
    RollBackMigration,
    /// What the run applied is taken back, where nothing is lost.
    RollBackRun,
}

/// Reads `[triggers]`. A mistake is a finding.
pub fn read(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> BTreeMap<String, Trigger> {
    let mut triggers = BTreeMap::new();
    for (name, value) in entries(table) {
        let section = format!("triggers.{}", name.get_ref());
        let Some(table) = reader.table(&section, value) else { continue };
        let read = trigger(reader, &format!("[{section}]"), (name.span(), table));
        triggers.extend(read.map(|trigger| (name.get_ref().to_string(), trigger)));
    }
    triggers
}

fn trigger(reader: &mut TomlReader<'_>, section: &str, (at, table): Section<'_, '_>) -> Option<Trigger> {
    let before = reader.findings.len();
    let (mut times, mut every, mut limits, mut asks) = (3, 5, Vec::new(), false);
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "http" | "sql" | "expect" => asks = true,
            "times" => times = reader.count(name, value, 1..=1000).unwrap_or(times),
            "every_s" => every = reader.number(name, value, 1..=3600).unwrap_or(every),
            "lock_wait_ms" => {
                limits.extend(reader.number(name, value, 1..=DAY).map(|ms| Trigger::LockWait(Duration::from_millis(ms))))
            }
            "run_ms" => limits.extend(reader.number(name, value, 1..=DAY).map(|ms| Trigger::Run(Duration::from_millis(ms)))),
            _ => reader.unknown(section, key, KEYS, None),
        }
    }
    if reader.findings.len() > before {
        return None;
    }
    match (asks, limits.pop(), limits.is_empty()) {
        (true, None, _) => {
            let probe = gate_settings::probe(reader, section, at, table, KEYS)?;
            (reader.findings.len() == before).then_some(Trigger::Probe { probe, times, every: Duration::from_secs(every) })
        }
        (false, Some(limit), true) => Some(limit),
        _ => {
            let cure = "Write sql = \"SELECT …\", http = \"https://…\", lock_wait_ms or run_ms under it, and one of them only.";
            reader.broken("wrong-setting", at, format!("{section} does not say one thing that fires."), cure);
            None
        }
    }
}

/// Reads `[on_failure]`. A mistake is a finding.
pub fn on_failure(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> OnFailure {
    let mut policy = OnFailure::default();
    for (key, value) in entries(table) {
        if key.get_ref() != "then" {
            reader.unknown("[on_failure]", key, &["then"], None);
            continue;
        }
        let found = value.get_ref().as_str().and_then(|text| THEN.iter().find(|(name, _)| *name == text));
        match found {
            Some((_, then)) => policy = *then,
            None => reader.wrong("then", value, "\"stop\", \"roll-back-migration\" or \"roll-back-run\""),
        }
    }
    policy
}
