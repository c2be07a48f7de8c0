//! `key`: the keys that approvers sign with.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::approval::key::SecretKey;
use crate::cli::{Format, output};
use crate::console;
use crate::exit::{Exit, Failure, Outcome};

/// Options of `key`.
#[derive(Clone, Debug, Args)]
pub struct KeyCommand {
    #[command(subcommand)]
    asked: Asked,
}

#[derive(Clone, Debug, Subcommand)]
enum Asked {
    /// Make a key pair: the secret half into a file of its own, the public half for flightplan.toml.
    New {
        /// Whose key it is.
        name: String,
        /// Where the secret half goes. Default: NAME.key; a file that is there is never written over.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// The public half of a key.
    Show {
        /// The file with the secret half, or env:NAME.
        file: String,
    },
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be written or read.
pub fn run(format: Format, command: &KeyCommand) -> Outcome<Exit> {
    let (key, name, file) = match &command.asked {
        Asked::Show { file } => (SecretKey::read(file)?, None, None),
        Asked::New { name, output } => {
            if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@')) {
                let cure = "Write it as it is to stand in approvals: letters, digits, and - _ . @";
                return Err(Failure::usage(format!("{name:?} is no name for an approver."), cure));
            }
            let file = output.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.key")));
            let key = SecretKey::generate()?;
            key.write_new(&file)?;
            (key, Some(name), Some(file))
        }
    };
    let public = key.public();
    if format == Format::Json {
        output::print_json(&json!({"format": 1, "name": name, "file": file, "public_key": public.to_string()}))?;
        return Ok(Exit::Done);
    }
    match (name, &file) {
        (Some(name), Some(file)) => {
            let quoted = if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
                name.clone()
            } else {
                format!("{name:?}")
            };
            console::say(&format!(
                "The secret half is in {} (mode 0600); keep it out of the repository. Into flightplan.toml:",
                file.display()
            ));
            output::print(&format!("[approvers.{quoted}]\nkeys = [\"{public}\"]\ngroups = []"));
        }
        _ => output::print(&public.to_string()),
    }
    Ok(Exit::Done)
}
