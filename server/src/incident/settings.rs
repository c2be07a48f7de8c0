//! `[incident]` of `flightplan.toml`: what an incident report needs that no audit holds.
//!
//! ```toml
//! [incident]
//! contacts = ["Ada, database on call: +44 20 7946 0000"]
//! checklist = ["Support has been told", "The status page is up to date"]
//! ```

use planner::project::toml_reader::{TomlReader, entries};
use toml::de::DeTable;

const KEYS: &[&str] = &["contacts", "checklist"];

/// What stands in every report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncidentSettings {
    /// Who is to be told or asked.
    pub contacts: Vec<String>,
    /// What people have to do and tick.
    pub checklist: Vec<String>,
}

/// Reads the section. A mistake is a finding.
pub fn read(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> IncidentSettings {
    let mut settings = IncidentSettings::default();
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "contacts" => settings.contacts = reader.strings(name, value).unwrap_or_default(),
            "checklist" => settings.checklist = reader.strings(name, value).unwrap_or_default(),
            _ => reader.unknown("[incident]", key, KEYS, None),
        }
    }
    settings
}
