//! User, password and address of Flyway's configuration, for the one who opens the connection.
//!
//! The caller reads these from the files as they are on disk, and lets the planner work on files and layers whose secrets
//! are [redacted](super::redact): so no request, plan, page or message can hold one.

use std::fmt;

use super::flightplan_toml::resolved;
use super::flyway::gather::gather;
use super::{Project, Request};

/// How to log in. `Debug` shows none of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Connection {
    /// The address, password and all.
    pub url: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<String>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection(..)")
    }
}

/// What the configuration says, of the environment that the request names.
#[must_use]
pub fn read(project: &Project, request: &Request) -> Connection {
    let (.., reach) = resolved(project, request);
    let gathered = gather(project, request, reach);
    let value = |key: &str| {
        let setting = gathered.settings.iter().find(|setting| setting.key == key && setting.hangs_on.is_none());
        setting.map(|setting| setting.value.clone()).filter(|value| !value.is_empty())
    };
    Connection { url: value("url"), user: value("user"), password: value("password") }
}
