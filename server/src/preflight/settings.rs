//! `[preflight]` of `flightplan.toml`: what stops a run before it begins, and what only warns.
//!
//! ```toml
//! [preflight]                     # each "stop", "warn" or "off"; the values are the defaults
//! session = "stop"                # a proxy that lends sessions for one transaction
//! writable = "stop"               # a replica, a read-only server
//! privileges = "stop"             # the user lacks something the plan needs
//! connections = "warn"            # fewer than connections_left
//! disk = "stop"                   # less room than what is written anew, where it can be known
//! long_transactions = "warn"      # open for longer than long_transaction_s
//! replica_lag = "warn"            # behind by more than replica_lag_s
//! durability = "warn"             # a crash of the server loses what it said is committed
//! connections_left = 5
//! long_transaction_s = 60
//! replica_lag_s = 30
//! ```

use planner::project::toml_reader::{TomlReader, entries};
use toml::de::DeTable;

use super::Subject;
use crate::sections::Value;

const ANSWERS: [(&str, Answer); 3] = [("stop", Answer::Stop), ("warn", Answer::Warn), ("off", Answer::Off)];
const SUBJECTS: [(&str, Subject); 8] = [
    ("session", Subject::Session),
    ("writable", Subject::Writable),
    ("privileges", Subject::Privileges),
    ("connections", Subject::Connections),
    ("disk", Subject::Disk),
    ("long_transactions", Subject::LongTransactions),
    ("replica_lag", Subject::ReplicaLag),
    ("durability", Subject::Durability),
];
const KEYS: &[&str] = &[
    "session",
    "writable",
    "privileges",
    "connections",
    "disk",
    "long_transactions",
    "replica_lag",
    "durability",
    "connections_left",
    "long_transaction_s",
    "replica_lag_s",
];

/// What becomes of a run where something is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It does not begin.
    Stop,
    /// It is said, and the run goes on.
    Warn,
    /// Nobody looks.
    Off,
}

/// What the section says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreflightSettings {
    answers: Vec<(Subject, Answer)>,
    /// Connections that must be left.
    pub connections_left: u64,
    /// A transaction is long from here on, in seconds.
    pub long_transaction_s: u64,
    /// A replica is late from here on, in seconds.
    pub replica_lag_s: u64,
}

impl Default for PreflightSettings {
    fn default() -> Self {
        Self { answers: Vec::new(), connections_left: 5, long_transaction_s: 60, replica_lag_s: 30 }
    }
}

impl PreflightSettings {
    /// What becomes of a run where something of this subject is found.
    #[must_use]
    pub fn answer(&self, subject: Subject) -> Answer {
        let said = self.answers.iter().rev().find(|(about, _)| *about == subject).map(|(_, answer)| *answer);
        said.unwrap_or(match subject {
            Subject::Session | Subject::Writable | Subject::Privileges | Subject::Disk => Answer::Stop,
            Subject::Connections | Subject::LongTransactions | Subject::ReplicaLag | Subject::Durability => Answer::Warn,
        })
    }
}

/// Reads the section. A mistake is a finding.
pub fn read(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> PreflightSettings {
    let mut settings = PreflightSettings::default();
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "connections_left" => settings.connections_left = count(reader, name, value, settings.connections_left),
            "long_transaction_s" => settings.long_transaction_s = count(reader, name, value, settings.long_transaction_s),
            "replica_lag_s" => settings.replica_lag_s = count(reader, name, value, settings.replica_lag_s),
            _ => match SUBJECTS.iter().find(|(known, _)| *known == name) {
                Some((_, subject)) => settings.answers.extend(answer(reader, name, value).map(|answer| (*subject, answer))),
                None => reader.unknown("[preflight]", key, KEYS, None),
            },
        }
    }
    settings
}

fn count(reader: &mut TomlReader<'_>, name: &str, value: &Value<'_>, before: u64) -> u64 {
    reader.number(name, value, 0..=1_000_000).unwrap_or(before)
}

fn answer(reader: &mut TomlReader<'_>, name: &str, value: &Value<'_>) -> Option<Answer> {
    let said = value.get_ref().as_str().and_then(|text| ANSWERS.iter().find(|(word, _)| *word == text));
    if said.is_none() {
        reader.wrong(name, value, "\"stop\", \"warn\" or \"off\"");
    }
    said.map(|(_, answer)| *answer)
}
