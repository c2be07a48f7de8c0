//! `cargo xtask demo` and `cargo xtask test`: the commands of this repository, with all the set-up they need.

mod backfill;
mod bench;
mod browser;
mod demo;
mod fuzz;
mod loops;
mod mariadb;
mod matrix;
mod oracle;
mod planning;
mod postgres;
mod releases;
mod revisions;
mod scripts;
mod setup;
mod shell;
mod test;
mod ui;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask demo          build everything, make a SQLite database, plan migrations/, serve the review page
cargo xtask demo --once   the same without a browser: plan, approve, execute, matrix; exits 0
cargo xtask demo --emergency   the same, then the playbook: application stopped, database back, verified, started, reported
cargo xtask test          everything CI runs
cargo xtask test --all-versions   that, and the predicted effects and schemas on PostgreSQL 12 to 18
cargo xtask versions      the predicted effects and schemas on PostgreSQL 12 to 18 and on MariaDB alone
cargo xtask ui            build the review page into dist/ and print its size
cargo xtask kill --times N   N kills in all over three products, a third as many restarts and cut connections
cargo xtask browser       the browser tests alone
cargo xtask bench         what planning, running and the page cost, each figure beside its limit
cargo xtask bench plan    planning alone, without a database
cargo xtask bench matrix  200 releases on the schemas of 2,000 migrations, without a database
cargo xtask bench backfill   large data changes alone
cargo xtask bench page    the review page alone: planning in its worker, frames, first paint
cargo xtask oracle DIR…   run each folder's migrations on a server of its own and compare what was predicted
cargo xtask undo-oracle DIR…   the same for derived ways back: up, down, up, and what differs at each return
cargo xtask alembic-oracle NAME=PROJECT:FOLDER:DIALECT…   render each revision with real Alembic and compare
cargo xtask matrix-oracle DIR…   the same for the queries of releases: prepare each on every schema
cargo xtask squawk-oracle DIR…   lint each folder of Flyway scripts for PostgreSQL with squawk too and judge both
cargo xtask fuzz          random and mutated inputs for the planner: --inputs N, --seconds N, --seed N, --target NAME";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<()> {
    match arguments {
        ["demo"] => demo::serve(),
        ["demo", "--once"] => demo::once(),
        ["demo", "--emergency"] => demo::emergency(),
        ["test"] => test::everything(),
        ["test", "--all-versions"] => test::everything().and_then(|()| test::all_versions()),
        ["versions"] => test::all_versions(),
        ["ui"] => ui::build().map(|_| ()),
        ["browser"] => browser::test(),
        ["kill", "--times", times] => test::kill(times),
        ["bench"] => bench::everything(),
        ["bench", "backfill"] => bench::backfills_alone(),
        ["bench", "page"] => bench::page_alone(),
        ["bench", "plan"] => bench::alone(planning::figures),
        ["bench", "matrix"] => bench::alone(matrix::figures),
        ["oracle", words @ ..] => oracle::run("oracle", words),
        ["undo-oracle", words @ ..] => oracle::run("undo_oracle", words),
        ["alembic-oracle", words @ ..] => oracle::run("alembic_oracle", words),
        ["matrix-oracle", words @ ..] => oracle::run("matrix_oracle", words),
        ["squawk-oracle", folders @ ..] => {
            let squawk = planning::squawk()?.to_string_lossy().into_owned();
            oracle::run("squawk", &[&[squawk.as_str()], folders].concat())
        }
        ["fuzz", options @ ..] => fuzz::run_driver(options),
        ["--help" | "-h" | "help"] | [] => {
            eprintln!("{USAGE}");
            Ok(())
        }
        other => bail!("unknown command {:?}\n\n{USAGE}", other.join(" ")),
    }
}
