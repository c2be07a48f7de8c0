//! `[verify]` of `flightplan.toml`: the project's own checks.
//!
//! ```toml
//! [verify]
//! longest_lock_ms = 1000                    # how long a pending migration may keep others waiting; default: lock_timeout_ms
//! longest_run_ms = 600000                   # how long all of them may take; default: any time
//! staging_url_env = "SHOP_STAGING_URL"      # where the staging run is; default: none
//!
//! [verify.checks.orders-have-users]         # one of sql, http
//! sql = "SELECT count(*) FROM orders o LEFT JOIN users u ON u.id = o.user_id WHERE u.id IS NULL"
//! expect = 0                                # default: true
//! ```

use std::collections::BTreeMap;

use planner::project::gate_settings::{self, Probe};
use planner::project::toml_reader::{TomlReader, entries};
use toml::de::DeTable;

const KEYS: &[&str] = &["checks", "longest_lock_ms", "longest_run_ms", "staging_url_env"];
/// Longest limit, ms: a day.
const DAY: u64 = 86_400_000;
const CHECK: &[&str] = &["http", "sql", "expect"];

/// What is verified beside what every project has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifySettings {
    /// How long a pending migration may keep others waiting, ms.
    pub longest_lock_ms: Option<u64>,
    /// How long all of them may take, ms.
    pub longest_run_ms: Option<u64>,
    /// The environment variable with the address of the staging database.
    pub staging_url_env: Option<String>,
    /// Questions with the answers they have to get, by name.
    pub checks: BTreeMap<String, Probe>,
}

/// Reads the section. A mistake is a finding.
pub fn read(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> VerifySettings {
    let mut settings = VerifySettings::default();
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "checks" => {}
            "longest_lock_ms" => settings.longest_lock_ms = reader.number(name, value, 0..=DAY),
            "longest_run_ms" => settings.longest_run_ms = reader.number(name, value, 0..=DAY),
            "staging_url_env" => settings.staging_url_env = reader.word(name, value),
            _ => reader.unknown("[verify]", key, KEYS, None),
        }
        if name != "checks" {
            continue;
        }
        for (name, value) in reader.table("verify.checks", value).map(entries).unwrap_or_default() {
            let section = format!("verify.checks.{}", name.get_ref());
            let Some(table) = reader.table(&section, value) else { continue };
            let probe = gate_settings::probe(reader, &format!("[{section}]"), name.span(), table, CHECK);
            settings.checks.extend(probe.map(|probe| (name.get_ref().to_string(), probe)));
        }
    }
    settings
}
