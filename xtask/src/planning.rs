//! What planning costs without a database: against the floor of reading and parsing, against squawk, and as files grow.
//!
//! Every figure is a median of runs that take turns, so that other work on the machine meets both sides.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bench::{Figure, RUNS, median, ratio};
use crate::shell::{cargo, program, run, target};
use crate::{scripts, setup};

/// Runs of a third of a second: other work on the machine lasts longer than some of them.
const SHORT_RUNS: usize = 11;

/// Measures in a folder of its own.
pub(crate) fn figures(flightplan: &Path, folder: &Path) -> Result<Vec<Figure>> {
    run(&mut cargo(&["build", "--release", "--package", "planner", "--example", "floor"]))?;
    let bench = Bench {
        flightplan: flightplan.to_path_buf(),
        floor: target().join("release/examples/floor"),
        squawk: squawk()?,
        cache: folder.join("cache"),
    };
    let projects: Result<Vec<PathBuf>> = [1000, 10_000, 100_000].into_iter().map(|count| write(folder, count)).collect();
    let [thousand, ten, hundred] = projects?.try_into().map_err(|_| anyhow::anyhow!("three projects"))?;
    let (mut floor, mut cold, mut squawk, mut warm) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut few, mut most) = (Vec::new(), Vec::new());
    for _ in 0..SHORT_RUNS {
        floor.push(timed(Command::new(&bench.floor).arg(ten.join("sql")))?);
        cold.push(timed(&mut bench.lint(&ten, &["--no-cache"]))?);
        squawk.push(timed(&mut bench.squawk(&ten)?)?);
        few.push(timed(&mut bench.lint(&thousand, &["--no-cache"]))?);
    }
    timed(&mut bench.lint(&ten, &[]))?;
    for _ in 0..SHORT_RUNS {
        warm.push(timed(&mut bench.lint(&ten, &[]))?);
    }
    for _ in 0..RUNS {
        most.push(timed(&mut bench.lint(&hundred, &["--no-cache"]))?);
    }
    let (floor, cold, squawk, warm) = (median(floor), median(cold), median(squawk), median(warm));
    let (few, most) = (median(few), median(most));
    let bytes = ratio_of(size(&hundred)?, size(&thousand)?);
    let seconds = |time: Duration| format!("{:.3} s", time.as_secs_f64());
    let figure = |what, measured, limit, detail| Figure { what, measured, limit, unit: "times", detail };
    Ok(vec![
        figure(
            "10,000 files planned against read and parsed on every core",
            ratio(cold, floor),
            1.6,
            format!("{}, floor {}", seconds(cold), seconds(floor)),
        ),
        figure("10,000 files planned against squawk", ratio(cold, squawk), 1.0, format!("squawk {}", seconds(squawk))),
        figure("10,000 files again, from the cache", ratio(warm, cold), 0.333, seconds(warm)),
        figure(
            "a byte of 100,000 files against one of 1,000",
            ratio(most, few) / bytes,
            1.3,
            format!("{} and {}", seconds(most), seconds(few)),
        ),
    ])
}

struct Bench {
    flightplan: PathBuf,
    floor: PathBuf,
    squawk: PathBuf,
    cache: PathBuf,
}

impl Bench {
    /// Graph, catalog, effects, rules, matrix and plan of a folder.
    fn lint(&self, project: &Path, more: &[&str]) -> Command {
        let source = format!("flyway:{}", project.join("sql").display());
        let mut command = program(&self.flightplan, &["--source", &source, "--dialect", "postgres", "--format", "json"]);
        command.args(more).arg("lint").env("XDG_CACHE_HOME", &self.cache);
        command
    }

    fn squawk(&self, project: &Path) -> Result<Command> {
        let mut command = Command::new(&self.squawk);
        command.args(["--reporter", "Json"]).current_dir(project.join("sql"));
        for entry in std::fs::read_dir(project.join("sql"))? {
            command.arg(entry?.file_name());
        }
        Ok(command)
    }
}

/// The wheel from PyPI, in an environment of its own.
pub(crate) fn squawk() -> Result<PathBuf> {
    let folder = target().join("bench/squawk");
    let squawk = folder.join("bin/squawk");
    if !squawk.is_file() {
        setup::python()?;
        run(&mut program("python3", &["-m", "venv", &folder.to_string_lossy()]))?;
        run(&mut program(folder.join("bin/pip"), &["install", "--quiet", "squawk-cli"]))?;
    }
    Ok(squawk)
}

fn write(folder: &Path, count: usize) -> Result<PathBuf> {
    let project = folder.join(format!("planned-{count}"));
    scripts::write(&project, count)?;
    Ok(project)
}

fn size(project: &Path) -> Result<u64> {
    std::fs::read_dir(project.join("sql"))?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}

#[allow(clippy::cast_precision_loss, reason = "bytes of a few files")]
fn ratio_of(one: u64, other: u64) -> f64 {
    one as f64 / other.max(1) as f64
}

/// How long a program takes. Findings make an exit code of their own (3; squawk: 1); anything else is a failure.
pub(crate) fn timed(command: &mut Command) -> Result<Duration> {
    let name = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let took = started.elapsed();
    match status.with_context(|| format!("cannot start {name}"))?.code() {
        Some(0 | 1 | 3) => Ok(took),
        code => bail!("{name} ended with {code:?}"),
    }
}
