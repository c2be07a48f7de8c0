//! `cargo xtask oracle DIR…` and `cargo xtask matrix-oracle DIR…`: what is predicted of real projects, held against real servers.

use std::path::Path;

use anyhow::{Result, bail};

use crate::shell::cargo;

/// Hands the words to the program that does it, files and folders as absolute paths: it runs in the workspace's root.
pub(crate) fn run(example: &str, words: &[&str]) -> Result<()> {
    let mut command = cargo(&["run", "--quiet", "--package", "server", "--example", example, "--"]);
    for word in words {
        match Path::new(word).exists() {
            true => command.arg(std::path::absolute(word)?),
            false => command.arg(word),
        };
    }
    let status = command.status()?;
    if !status.success() {
        bail!("not everything is as predicted");
    }
    Ok(())
}
