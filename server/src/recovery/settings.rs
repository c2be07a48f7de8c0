//! `[recovery]` of `flightplan.toml`: whether a way to get lost data back is made before they are lost.
//!
//! ```toml
//! [recovery]
//! before_lossy = true                    # default: false
//! folder = "/var/backups/shop"           # default: .flightplan/recovery, beside the control store
//! ```

use std::path::PathBuf;

use planner::project::toml_reader::{TomlReader, entries};
use toml::de::DeTable;

const KEYS: &[&str] = &["before_lossy", "folder"];

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoverySettings {
    /// Before a step that loses data.
    pub before_lossy: bool,
    /// Where the copies go; absent: beside the control store.
    pub folder: Option<PathBuf>,
}

/// Reads the section. A mistake is a finding.
pub fn read(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> RecoverySettings {
    let mut settings = RecoverySettings::default();
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "before_lossy" => settings.before_lossy = reader.boolean(name, value).unwrap_or_default(),
            "folder" => settings.folder = reader.word(name, value).map(PathBuf::from),
            _ => reader.unknown("[recovery]", key, KEYS, None),
        }
    }
    settings
}
