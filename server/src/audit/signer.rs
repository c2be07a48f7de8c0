//! The key that signs the audit log: a file outside of the store, made the first time it is needed.

use std::path::{Path, PathBuf};

use crate::approval::key::{SecretKey, private};
use crate::exit::{Failure, Outcome};

/// Names the key's file.
pub const KEY_VARIABLE: &str = "FLIGHTPLAN_AUDIT_KEY";

/// Where key and heads are: `FLIGHTPLAN_AUDIT_KEY`, else `flightplan` in `$XDG_STATE_HOME` or `~/.local/state`; where there is
/// no home, beside the store.
#[must_use]
pub fn place(store: &Path) -> PathBuf {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(named) = std::env::var_os(KEY_VARIABLE).filter(|name| !name.is_empty()) {
        return PathBuf::from(named);
    }
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("LOCALAPPDATA"));
    let state = state.or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    state.map_or_else(|| store.with_extension("audit"), |state| state.join("flightplan")).join("audit.key")
}

/// The key, made where there is none yet. Two processes that make it at once end with the same one.
///
/// # Errors
/// A key that cannot be read or made, or that others can read.
pub fn key(path: &Path) -> Outcome<SecretKey> {
    if path.exists() {
        return SecretKey::read(&path.to_string_lossy());
    }
    let broken = |error: &dyn std::fmt::Display| {
        Failure::usage(
            format!("{}: the key of the audit log cannot be made: {error}.", path.display()),
            format!("Name a file in a folder that can be written to with {KEY_VARIABLE}."),
        )
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| broken(&error))?;
    let made = SecretKey::generate()?;
    // Written whole under another name first: nobody ever reads half a key.
    let temporary = tempfile::Builder::new().prefix(".audit").tempdir_in(folder).map_err(|error| broken(&error))?;
    let whole = temporary.path().join("key");
    made.write_new(&whole)?;
    match std::fs::hard_link(&whole, path) {
        Ok(()) => Ok(made),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            private(path)?;
            SecretKey::read(&path.to_string_lossy())
        }
        Err(error) => Err(broken(&error)),
    }
}
