//! The derived ways back of a real project, gone on a real server: `cargo xtask undo-oracle DIR…`.
//!
//! Each migration runs up, down by what was derived, and up again, with rows in every table that takes them. At each
//! return the server's catalog and the rows are compared with what they were.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod tally;
mod walk;

// The servers that the tests start, and how the other oracle opens a project.
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../tests/suite/mariadb.rs"]
mod mariadb;
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../tests/suite/postgres.rs"]
mod postgres;
#[path = "../oracle/source.rs"]
mod source;

use std::process::ExitCode;

use clap::Parser;

use tally::Tally;

/// Goes the derived way back of each migration and compares catalog and rows.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask undo-oracle", max_term_width = 120)]
struct Arguments {
    #[command(flatten)]
    projects: source::Folders,
    /// Also tell why there is no way back, and what lossy ones do not bring back.
    #[arg(long, short)]
    verbose: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut total = Tally::default();
    let mut failed = false;
    for folder in &arguments.projects.folders {
        let tally = match arguments.projects.open(folder) {
            Ok(source) => walk::project(&source).await.map(|tally| (source.title(), tally)),
            Err(error) => Err(error),
        };
        match tally {
            Ok((title, tally)) => {
                tally.print(&title, arguments.verbose);
                total.add(tally);
            }
            Err(error) => {
                failed = true;
                eprintln!("{}: {error}", folder.display());
            }
        }
    }
    println!("{}", total.summary("total"));
    if failed || !total.wrong.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
