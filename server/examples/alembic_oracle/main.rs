//! Rendered revisions held against real Alembic: `cargo xtask alembic-oracle NAME=PROJECT:FOLDER:DIALECT …`.
//!
//! Alembic renders each revision of a project in its offline mode; where it can, its statements have to be ours. Order and
//! graph commands are compared too. Ends with 1 where anything differs that was not marked as assumed.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod compare;
mod real;

// The Python that the tests use.
#[path = "../../tests/suite/alembic_venv.rs"]
mod alembic_venv;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use planner::dialect::Dialect;
use planner::migration::{Migration, Script, SourceKind};
use planner::project::{AlembicAsked, Project, Request, SourceSpec, flightplan_toml};
use planner::source::alembic::{self, level};

use compare::{Outcome, Tally};
use real::Answer;

/// Compares what is rendered of each revision with what real Alembic renders.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask alembic-oracle", max_term_width = 120)]
struct Arguments {
    /// Script folders as NAME=PROJECT:FOLDER:DIALECT; without FOLDER the project's own settings say; DIALECT `all` is each.
    #[arg(required = true)]
    folders: Vec<String>,
    /// A Python that has Alembic and what the project imports; else one with Alembic alone, which fabricates the rest.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Show both texts also where what differs was marked as assumed.
    #[arg(long, short)]
    verbose: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let python = arguments.python.clone().unwrap_or_else(|| alembic_venv::python().to_owned());
    let (mut up, mut down) = (Tally::default(), Tally::default());
    let mut levels: BTreeMap<usize, Tally> = BTreeMap::new();
    let (mut rows, mut wrong_order) = (Vec::new(), 0);
    for folder in &arguments.folders {
        let (name, rest) = folder.split_once('=').context("write NAME=PROJECT:FOLDER:DIALECT")?;
        let [root, inside, dialect] = rest.split(':').collect::<Vec<_>>()[..] else {
            anyhow::bail!("{folder:?} is not understood: write NAME=PROJECT:FOLDER:DIALECT");
        };
        let project = server::project::read(&PathBuf::from(root)).map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        let dialects = match dialect {
            "all" => vec![Dialect::Postgres, Dialect::MySql, Dialect::MariaDb, Dialect::Sqlite],
            one => vec![one.parse().map_err(|_| anyhow::anyhow!("no dialect {one:?}"))?],
        };
        for dialect in dialects {
            let compared = compared(&python, root, &project, inside, dialect, arguments.verbose)
                .with_context(|| format!("{name} on {dialect}"))?;
            for difference in &compared.graph {
                println!("{name} {dialect}: {difference}");
            }
            wrong_order += compared.graph.len();
            rows.push(format!("| {name} | {dialect} | {} | {} |", compared.up.cells(), compared.down.cells()));
            println!("{}", rows.last().map_or("", String::as_str));
            up.add(&compared.up);
            down.add(&compared.down);
            for (level, tally) in compared.levels {
                levels.entry(level).or_default().add(&tally);
            }
        }
    }
    println!("\n| upgrades by level | {} |\n|---|{}", Tally::HEAD, "---|".repeat(Tally::COLUMNS));
    for (level, tally) in &levels {
        println!("| T{level} {} | {} |", level::NAMES.get(*level).copied().unwrap_or_default(), tally.cells());
    }
    println!("| all upgrades | {} |\n| all downgrades | {} |\n\ngraph: {wrong_order} differences", up.cells(), down.cells());
    let good = up.silent() + down.silent() + wrong_order == 0;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What came of one project on one product.
#[derive(Default)]
struct Compared {
    up: Tally,
    down: Tally,
    levels: BTreeMap<usize, Tally>,
    graph: Vec<String>,
}

fn compared(
    python: &std::path::Path,
    root: &str,
    project: &Project,
    inside: &str,
    dialect: Dialect,
    verbose: bool,
) -> Result<Compared> {
    let source = SourceSpec { kind: SourceKind::Alembic, folder: inside.to_owned() };
    let source = Some(source).filter(|source| !source.folder.is_empty());
    let alembic = AlembicAsked { offline: true, ..AlembicAsked::default() };
    let request = Request { source, dialect: Some(dialect), alembic, ..Request::default() };
    let (settings, _) = flightplan_toml::resolve(project, &request);
    let real = real::ask(python, root, project, &settings, &request, dialect)?;
    let (revisions, _) = alembic::load(project, &settings, &request);
    let by_id: BTreeMap<String, usize> = level::levels(project, &settings, &request).into_iter().collect();
    let mut compared = Compared { graph: real.graph(project, &settings, &request, &revisions), ..Compared::default() };
    let judge = |revision: &Migration, script: &Script, answer: Option<&Answer>, way: &str| {
        let outcome = compare::judge(script, answer);
        let shown = matches!(outcome, Outcome::Silent) || verbose && matches!(outcome, Outcome::AssumedDifferent);
        if let (true, Some(Answer { sql: Some(sql), .. })) = (shown, answer) {
            println!("{dialect} {} {way}: {outcome:?}\n{}", revision.path, compare::difference(script, sql));
            script.assumptions.iter().for_each(|assumption| println!("  assumed: {assumption}"));
        }
        outcome
    };
    for revision in &revisions {
        let outcome = judge(revision, &revision.up, real.up.get(&revision.id.0), "upgrade");
        compared.up.count(outcome);
        compared.levels.entry(by_id.get(&revision.id.0).copied().unwrap_or_default()).or_default().count(outcome);
        if let Some(undo) = &revision.undo {
            compared.down.count(judge(revision, undo, real.down.get(&revision.id.0), "downgrade"));
        }
    }
    Ok(compared)
}
