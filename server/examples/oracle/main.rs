//! What the planner predicts of a real project, held against a real server: `cargo xtask oracle DIR…`.
//!
//! Every migration of each project runs, statement by statement, on a PostgreSQL, MariaDB or SQLite that this program
//! starts and throws away. Of each statement locks, rewrites and refusals are compared, behind each migration the schema.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod judge;
mod reprint;
mod source;
mod tally;
mod walk;

// The servers that the tests start, and what they look at them with.
#[path = "../../tests/suite/beside.rs"]
mod beside;
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../tests/suite/mariadb.rs"]
mod mariadb;
#[path = "../../tests/suite/observe.rs"]
mod observe;
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../tests/suite/postgres.rs"]
mod postgres;

use std::process::ExitCode;

use clap::Parser;

use tally::Tally;

/// Compares what is predicted of each migration with what a server does.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask oracle", max_term_width = 120)]
struct Arguments {
    #[command(flatten)]
    projects: source::Folders,
    /// Also list what is opaque and why, and what the server refused.
    #[arg(long, short)]
    verbose: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut total = Tally::default();
    let mut failed = false;
    for folder in &arguments.projects.folders {
        match arguments.projects.open(folder) {
            Ok(source) => match walk::project(&source).await {
                Ok(tally) => {
                    tally.print(&source.title(), arguments.verbose);
                    total.add(tally);
                }
                Err(error) => {
                    failed = true;
                    eprintln!("{}: {error}", folder.display());
                }
            },
            Err(error) => {
                failed = true;
                eprintln!("{}: {error}", folder.display());
            }
        }
    }
    println!("{}", total.summary("total"));
    if failed || total.wrong() > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
