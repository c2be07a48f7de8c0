//! `[store]` of `flightplan.toml`: where the control store is, where it is no file in the project.
//!
//! ```toml
//! [store]
//! url_env = "FLIGHTPLAN_STORE_URL"      # or url = "file:/etc/flightplan/store.url", "command:…", "sqlite:…", "postgres://…",
//!                                       # which may hold no password
//! ```

use planner::project::toml_reader::{TomlReader, entries};
use planner::project::url;
use toml::de::DeTable;

use crate::exit::{Failure, Outcome};

const KEYS: &[&str] = &["url", "url_env"];

/// Where the store is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreSettings {
    url: Option<String>,
    url_env: Option<String>,
}

impl StoreSettings {
    /// The URL, or where it comes from; absent: the file in the project.
    ///
    /// # Errors
    /// The environment variable is not set: another store than the one that is meant would know of no approval.
    pub fn text(&self) -> Outcome<Option<String>> {
        let Some(name) = &self.url_env else { return Ok(self.url.clone()) };
        match std::env::var(name).ok().filter(|value| !value.is_empty()) {
            Some(value) => Ok(Some(value)),
            None => Err(Failure::usage(
                format!("The control store is named by the environment variable {name}, which is not set."),
                format!("Set {name}, or name the store with --store."),
            )),
        }
    }
}

/// Reads the section. A mistake is a finding.
pub fn read(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> StoreSettings {
    let mut settings = StoreSettings::default();
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "url_env" => settings.url_env = reader.word(name, value),
            "url" => settings.url = reader.word(name, value),
            _ => reader.unknown("[store]", key, KEYS, None),
        }
        if name == "url" && settings.url.as_deref().is_some_and(url::has_password) {
            settings.url = None;
            reader.broken(
                "password-in-url",
                value.span(),
                "This URL holds a password, and a file in a repository is no place for one.",
                "Put the URL into an environment variable and name that with url_env; then change the password.",
            );
        }
    }
    if let (Some(_), Some((key, _))) = (&settings.url_env, entries(table).into_iter().find(|(key, _)| key.get_ref() == "url")) {
        reader.broken("wrong-setting", key.span(), "[store] has url and url_env.", "Keep one of them.");
    }
    settings
}
