//! What the matrix predicts of a real project's queries, held against a real server: `cargo xtask matrix-oracle DIR…`.
//!
//! Every migration runs on a server that this program starts and throws away. On the schema behind each of them every query
//! of every release is prepared, and data changes are run and taken back; each outcome is compared with the prediction.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod compare;
mod observe;

// The servers that the tests start, and how the other oracle reads a folder.
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../tests/suite/mariadb.rs"]
mod mariadb;
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../tests/suite/postgres.rs"]
mod postgres;
#[allow(dead_code, unreachable_pub, reason = "the other oracle uses more of it")]
#[path = "../oracle/source.rs"]
mod source;

use std::process::ExitCode;

use clap::Parser;

/// Compares what the matrix predicts of queries with what a server does.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask matrix-oracle", max_term_width = 120)]
struct Arguments {
    #[command(flatten)]
    projects: source::Folders,
    /// Queries of the newest schema: a file or folder as releases.toml names them. Without it releases.toml tells all.
    #[arg(long)]
    queries: Option<std::path::PathBuf>,
    /// Also list why predictions are unknown.
    #[arg(long, short)]
    verbose: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut wrong = 0;
    for folder in &arguments.projects.folders {
        let source = arguments.projects.open(folder);
        let tally = match source {
            Ok(source) => compare::project(&source, arguments.queries.as_deref()).await,
            Err(error) => Err(error),
        };
        match tally {
            Ok(tally) => {
                tally.print(&folder.display().to_string(), arguments.verbose);
                wrong += tally.wrong.len();
            }
            Err(error) => {
                wrong += 1;
                eprintln!("{}: {error}", folder.display());
            }
        }
    }
    if wrong > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
