//! A Python with Alembic, from PyPI.
//!
//! It is put into `~/.cache/flightplan/alembic` the first time; after that no network is needed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The version all text and order was taken from.
const PACKAGES: [&str; 2] = ["alembic==1.20.1", "SQLAlchemy==2.0.58"];

/// The interpreter that has Alembic.
pub(crate) fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
        let folder = cache.join("flightplan/alembic").join(PACKAGES.join("-").replace("==", "-"));
        let python = folder.join("bin/python");
        if !python.exists() {
            let fresh = folder.with_extension(std::process::id().to_string());
            run(Command::new("python3").args(["-m", "venv"]).arg(&fresh));
            run(Command::new(fresh.join("bin/python")).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES));
            // Another process may have been quicker; its folder is as good.
            if std::fs::rename(&fresh, &folder).is_err() {
                std::fs::remove_dir_all(&fresh).unwrap();
            }
        }
        python
    })
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}
