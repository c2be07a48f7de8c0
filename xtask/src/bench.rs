//! `cargo xtask bench`: what a run costs and how quick the page is, each figure beside its limit.
//!
//! The floor is `psql` with one connection and one transaction a file, on the same server. It runs in pairs with ours, each
//! going first in every other pair, and the ratio is the median of those of the pairs: what else the machine does falls on
//! both of a pair.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::postgres::{Server, quiet};
use crate::shell::{cargo, program, run, target};
use crate::{backfill, browser, loops, matrix, planning, revisions, scripts, setup, test};

/// Runs of each kind; the median counts.
pub(crate) const RUNS: usize = 3;

/// Pairs of a run of ours and one of the floor.
const PAIRS: usize = 9;

/// Builds the release binary, starts PostgreSQL as it comes, measures and prints.
pub(crate) fn everything() -> Result<()> {
    ready()?;
    let folder = std::env::temp_dir().join(format!("flightplan-bench-{}", std::process::id()));
    let bench = Bench {
        flightplan: target().join("release/flightplan"),
        server: Server::start(folder.join("server"))?,
        folder: folder.clone(),
    };
    let parts = [
        shown(bench.figures()),
        shown(planning::figures(&bench.flightplan, &bench.folder)),
        shown(matrix::figures(&bench.flightplan, &bench.folder)),
        shown(backfill::figures(&bench.flightplan, &bench.server, &bench.folder)),
        shown(loops::figures(&bench.flightplan, &bench.server, &bench.folder)),
    ];
    drop(bench);
    let page = shown(browser::measure(&folder.join("page")));
    let _ = std::fs::remove_dir_all(folder);
    let figures: Result<Vec<Vec<Figure>>> = parts.into_iter().chain([page]).collect();
    report(&figures?.concat())
}

/// Prints figures as soon as they are there: what fails later does not take them along.
fn shown(figures: Result<Vec<Figure>>) -> Result<Vec<Figure>> {
    let mut out = std::io::stdout().lock();
    match &figures {
        Ok(figures) => figures.iter().try_for_each(|figure| writeln!(out, "{}", figure.line()))?,
        Err(error) => writeln!(out, "not measured: {error:#}")?,
    }
    figures
}

/// The release binary, and the servers and programs that it is measured against.
fn ready() -> Result<()> {
    setup::debian(&[test::POSTGRES, test::MARIADB, ("sqlite3", "/usr/bin/sqlite3")])?;
    binary()
}

fn binary() -> Result<()> {
    run(&mut cargo(&["build", "--release", "--package", "server", "--bin", "flightplan"]))
}

/// The figures of large data changes.
pub(crate) fn backfills_alone() -> Result<()> {
    ready()?;
    let folder = std::env::temp_dir().join(format!("flightplan-bench-{}", std::process::id()));
    let (flightplan, server) = (target().join("release/flightplan"), Server::start(folder.join("server"))?);
    let figures = backfill::figures(&flightplan, &server, &folder).and_then(|mut figures| {
        figures.extend(loops::figures(&flightplan, &server, &folder)?);
        Ok(figures)
    });
    drop(server);
    let _ = std::fs::remove_dir_all(folder);
    report(&figures?)
}

/// The figures of the review page.
pub(crate) fn page_alone() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("flightplan-bench-{}", std::process::id()));
    let figures = browser::measure(&folder);
    let _ = std::fs::remove_dir_all(folder);
    report(&figures?)
}

/// Some of the figures that need no database.
pub(crate) fn alone(figures: impl Fn(&Path, &Path) -> Result<Vec<Figure>>) -> Result<()> {
    binary()?;
    let folder = std::env::temp_dir().join(format!("flightplan-bench-{}", std::process::id()));
    let figures = figures(&target().join("release/flightplan"), &folder);
    let _ = std::fs::remove_dir_all(folder);
    report(&figures?)
}

/// One line of the table.
#[derive(Clone)]
pub(crate) struct Figure {
    /// What is measured.
    pub(crate) what: &'static str,
    /// The figure.
    pub(crate) measured: f64,
    /// What it may be at most.
    pub(crate) limit: f64,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// The times it is made of.
    pub(crate) detail: String,
}

impl Figure {
    fn missed(&self) -> bool {
        self.measured > self.limit
    }

    fn line(&self) -> String {
        let Self { what, measured, limit, unit, detail } = self;
        let verdict = if self.missed() { "  MISSED" } else { "" };
        format!("{what:<60} {measured:>10.2} {limit:>10.2} {unit:<5} {detail}{verdict}")
    }
}

struct Bench {
    flightplan: PathBuf,
    server: Server,
    folder: PathBuf,
}

impl Bench {
    fn figures(&self) -> Result<Vec<Figure>> {
        let thousand = self.project(1000)?;
        let pairs = self.pairs(&thousand)?;
        let ratios = sorted(pairs.iter().map(|(ours, floor)| ratio(*ours, *floor)).collect());
        let (ours, floor): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let (ours, floor) = (median(ours), median(floor));
        let many = self.migrate(&self.project(10_000)?, &self.server.fresh("bench")?)?;
        let applied = self.project(5000)?;
        let url = self.server.fresh("bench")?;
        self.migrate(&applied, &url)?;
        let mut nothing = Vec::new();
        for _ in 0..RUNS {
            nothing.push(self.migrate(&applied, &url)?);
        }
        let nothing = median(nothing);
        let (few, most) = (self.render(500)?, self.render(2000)?);
        Ok(vec![
            Figure {
                what: "1,000 migrations against psql, a transaction a file",
                measured: ratios.get(ratios.len() / 2).copied().unwrap_or(f64::INFINITY),
                limit: 1.3,
                unit: "times",
                detail: format!(
                    "{:.2} s, psql {:.2} s; {:.2} to {:.2} in {} pairs",
                    ours.as_secs_f64(),
                    floor.as_secs_f64(),
                    ratios.first().copied().unwrap_or_default(),
                    ratios.last().copied().unwrap_or_default(),
                    ratios.len()
                ),
            },
            Figure {
                what: "10,000 migrations against 1,000",
                measured: ratio(many, ours),
                limit: 12.0,
                unit: "times",
                detail: format!("{:.2} s", many.as_secs_f64()),
            },
            Figure {
                what: "nothing to do, 5,000 applied",
                measured: nothing.as_secs_f64(),
                limit: 0.5,
                unit: "s",
                detail: String::new(),
            },
            Figure {
                what: "500 revisions of Alembic read, ordered and rendered",
                measured: few.as_secs_f64(),
                limit: 0.5,
                unit: "s",
                detail: String::new(),
            },
            Figure {
                what: "2,000 revisions against 500",
                measured: ratio(most, few),
                limit: 4.5,
                unit: "times",
                detail: format!("{:.2} s", most.as_secs_f64()),
            },
        ])
    }

    /// Ours and the floor, in turns.
    fn pairs(&self, project: &Path) -> Result<Vec<(Duration, Duration)>> {
        let ours = || self.migrate(project, &self.server.fresh("bench")?);
        let floor = || self.psql(project);
        let pair = |at: usize| {
            if at.is_multiple_of(2) {
                let floor = floor()?;
                return Ok((ours()?, floor));
            }
            Ok((ours()?, floor()?))
        };
        (0..PAIRS).map(pair).collect()
    }

    /// `upgrade heads --sql` on `count` revisions: no database, nothing but reading, ordering and rendering.
    fn render(&self, count: usize) -> Result<Duration> {
        let folder = self.folder.join(format!("revisions-{count}"));
        revisions::write(&folder, count)?;
        let folder = folder.to_string_lossy();
        let words = ["--project", &folder, "--source", "alembic:alembic", "--dialect", "postgres", "upgrade", "heads", "--sql"];
        let times: Result<Vec<Duration>> = (0..RUNS).map(|_| timed(&mut program(&self.flightplan, &words))).collect();
        times.map(median)
    }

    /// A project of `count` scripts, and beside them what makes `psql` run each in its transaction.
    fn project(&self, count: usize) -> Result<PathBuf> {
        let folder = self.folder.join(format!("project-{count}"));
        scripts::write(&folder, count)?;
        let mut all = String::new();
        for at in 0..count {
            writeln!(all, "BEGIN;\n\\i {}\nCOMMIT;", folder.join(scripts::name(at)).display())?;
        }
        std::fs::write(folder.join("all.psql"), all)?;
        Ok(folder)
    }

    fn psql(&self, project: &Path) -> Result<Duration> {
        let url = self.server.fresh("floor")?;
        timed(self.server.psql(&url).arg("-f").arg(project.join("all.psql")))
    }

    fn migrate(&self, project: &Path, url: &str) -> Result<Duration> {
        let source = format!("flyway:{}", project.join("sql").display());
        let project = project.to_string_lossy();
        timed(&mut program(&self.flightplan, &["--project", &project, "--source", &source, "--url", url, "migrate"]))
    }
}

/// How long a program takes that has to end well.
pub(crate) fn timed(command: &mut Command) -> Result<Duration> {
    let started = Instant::now();
    quiet(command)?;
    Ok(started.elapsed())
}

pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn sorted(mut ratios: Vec<f64>) -> Vec<f64> {
    ratios.sort_by(f64::total_cmp);
    ratios
}

pub(crate) fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(f64::EPSILON)
}

fn report(figures: &[Figure]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:<60} {:>10} {:>10}", "", "measured", "at most")?;
    for figure in figures {
        writeln!(out, "{}", figure.line())?;
    }
    match figures.iter().filter(|figure| figure.missed()).count() {
        0 => Ok(()),
        1 => bail!("1 limit is missed"),
        many => bail!("{many} limits are missed"),
    }
}
