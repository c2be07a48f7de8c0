//! What it costs to hold many releases against the schemas of many migrations, reading and planning included.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::bench::{Figure, RUNS, median};
use crate::planning::timed;
use crate::releases;
use crate::shell::program;

/// Releases and migrations of the measured project.
const SIZE: (usize, usize) = (200, 2000);

/// Measures in a folder of its own.
pub(crate) fn figures(flightplan: &Path, folder: &Path) -> Result<Vec<Figure>> {
    let bare = measure(flightplan, &folder.join("releases"), (0, "text"))?;
    let asked = measure(flightplan, &folder.join("queries"), (5, "text"))?;
    let json = measure(flightplan, &folder.join("json"), (5, "json"))?;
    let figure = |what, measured: Duration| Figure {
        what,
        measured: measured.as_secs_f64(),
        limit: 1.0,
        unit: "s",
        detail: String::new(),
    };
    Ok(vec![
        figure("200 releases on 2,000 migrations", bare),
        figure("200 releases with 5 queries each on 2,000 migrations", asked),
        figure("the same as JSON", json),
    ])
}

fn measure(flightplan: &Path, project: &Path, (queries, format): (usize, &str)) -> Result<Duration> {
    let (count, migrations) = SIZE;
    releases::write(project, migrations, count, queries)?;
    let source = format!("flyway:{}", project.join("sql").display());
    let project = project.to_string_lossy();
    let words = ["--project", &project, "--source", &source, "--dialect", "postgres", "--format", format, "--no-cache", "matrix"];
    let times: Result<Vec<Duration>> = (0..RUNS).map(|_| timed(&mut program(flightplan, &words))).collect();
    times.map(median)
}
