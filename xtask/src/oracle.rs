//! `cargo xtask oracle`, `undo-oracle`, `alembic-oracle`, `matrix-oracle`, `squawk-oracle`: what is predicted of real
//! projects, held against real servers, real Alembic and squawk.

use std::path::Path;

use anyhow::{Result, bail};

use crate::shell::cargo;

/// Hands the words to the program that does it, files and folders as absolute paths: it runs in the workspace's root.
pub(crate) fn run(example: &str, words: &[&str]) -> Result<()> {
    let mut command = cargo(&["run", "--quiet", "--package", "server", "--example", example, "--"]);
    for word in words {
        // `NAME=PROJECT:FOLDER:DIALECT` holds a folder too.
        let (name, path, rest) = match word.split_once('=').and_then(|(name, rest)| Some((name, rest.split_once(':')?))) {
            Some((name, (path, rest))) if Path::new(path).exists() => (format!("{name}="), path, format!(":{rest}")),
            _ => (String::new(), *word, String::new()),
        };
        match Path::new(path).exists() {
            true => command.arg(format!("{name}{}{rest}", std::path::absolute(path)?.display())),
            false => command.arg(word),
        };
    }
    let status = command.status()?;
    if !status.success() {
        bail!("not everything is as predicted");
    }
    Ok(())
}
