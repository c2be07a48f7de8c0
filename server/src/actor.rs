//! Who acts on the command line.

use std::sync::OnceLock;

/// Who signed in with a token.
static SIGNED_IN: OnceLock<String> = OnceLock::new();

/// The environment variable with the token of who acts.
pub const TOKEN_VARIABLE: &str = "FLIGHTPLAN_TOKEN";

/// From here on this person acts.
pub fn sign_in(name: &str) {
    // A process is one person's; a second name would be a mistake, and the first stays.
    let _ = SIGNED_IN.set(name.to_owned());
}

/// Who signed in, else `FLIGHTPLAN_USER`, else the user of the operating system.
#[must_use]
pub fn user() -> String {
    let named = || std::env::var("FLIGHTPLAN_USER").ok().filter(|name| !name.is_empty());
    let found = SIGNED_IN.get().cloned().or_else(named).or_else(|| whoami::fallible::username().ok());
    found.unwrap_or_else(|| "unknown".to_owned())
}
