//! What only Flyway's command line has: its flags, the filters of `info`, several commands at once.

use clap::{Args, ValueEnum};

use crate::console::Colour;
use crate::exit::Failure;

/// The Flyway whose texts and shapes these commands have.
pub const FLYWAY_VERSION: &str = "9.16.3";

/// Options in Flyway's spelling that belong to single commands. They may stand before the command, as in Flyway.
#[derive(Clone, Debug, Default, Args)]
pub struct Words {
    /// -X: say more.
    #[arg(long, global = true, hide = true)]
    pub debug: bool,
    /// -color: auto, always or never.
    #[arg(long, global = true, hide = true, value_enum, value_name = "WHEN", default_value_t)]
    pub color: Colour,
    /// -outputFile: everything that is said goes into this file, too; of JSON the result.
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub output_file: Option<std::path::PathBuf>,
    /// -q: say nothing but warnings and errors.
    #[arg(long, global = true, hide = true)]
    pub quiet: bool,
    /// info: only what was installed after this moment (dd/MM/yyyy HH:mm).
    #[arg(long, global = true, hide = true, value_name = "DATE")]
    pub info_since_date: Option<String>,
    /// info: only what was installed before this moment (dd/MM/yyyy HH:mm).
    #[arg(long, global = true, hide = true, value_name = "DATE")]
    pub info_until_date: Option<String>,
    /// info: no version below this one.
    #[arg(long, global = true, hide = true, value_name = "VERSION")]
    pub info_since_version: Option<String>,
    /// info: no version above this one.
    #[arg(long, global = true, hide = true, value_name = "VERSION")]
    pub info_until_version: Option<String>,
    /// info: only these states, separated by commas.
    #[arg(long, global = true, hide = true, value_name = "STATES")]
    pub info_of_state: Option<String>,
    /// info: only the versions and descriptions, in one line.
    #[arg(long, global = true, hide = true)]
    pub migration_ids: bool,
    /// migrate, check -dryrun: write the SQL to this file and run nothing.
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub dry_run_output: Option<std::path::PathBuf>,
    /// clean: name of the database whose objects may be dropped.
    #[arg(long, global = true, hide = true, value_name = "DATABASE")]
    pub yes_delete: Option<String>,
}

/// More commands of Flyway, run one after the other: `clean migrate info`.
#[derive(Clone, Debug, Default, Args)]
pub struct Then {
    /// More of Flyway's commands, run one after the other.
    #[arg(value_enum, hide = true)]
    pub then: Vec<Word>,
}

/// Flyway's commands that can follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Word {
    /// State of every migration.
    Info,
    /// Files against history.
    Validate,
    /// Run what is pending.
    Migrate,
    /// The way back.
    Undo,
    /// Mend the history.
    Repair,
    /// Start from what is there.
    Baseline,
    /// Drop everything.
    Clean,
}

/// A command of Flyway's paid editions that has another name here.
///
/// # Errors
/// Always, with what to use.
pub fn elsewhere(command: &str) -> Failure {
    let cure = match command {
        "snapshot" => {
            "`flightplan --format json schema --url URL` writes the live schema; `flightplan check -drift` compares it."
        }
        "diff" => "`flightplan check -drift` compares the live schema with what the applied migrations make.",
        "generate" | "model" => {
            "`flightplan new` makes a migration from a template; `flightplan check -drift` says what it has to hold."
        }
        _ => {
            "`flightplan plan` prepares a run for review; `flightplan apply` runs it; `flightplan check -dryrun` writes its SQL."
        }
    };
    Failure::usage(format!("Flightplan has no command {command}."), cure)
}
