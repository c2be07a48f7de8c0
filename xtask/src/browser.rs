//! Drives real Chromium and Firefox through the page that the binary serves.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::bench::Figure;
use crate::shell::{cargo, run, target};
use crate::test::POSTGRES;
use crate::{postgres, releases, revisions, scripts, setup, ui};

/// Debian package and program.
pub(crate) const CHROMIUM: (&str, &str) = ("chromium", "/usr/bin/chromium");
/// Debian package and program.
pub(crate) const CHROMEDRIVER: (&str, &str) = ("chromium-driver", "/usr/bin/chromedriver");

/// Debian package and program.
const FIREFOX: (&str, &str) = ("firefox-esr", "/usr/bin/firefox-esr");

/// Builds the page and the binary, then runs the browser tests against them, with a PostgreSQL of their own.
pub(crate) fn test() -> Result<()> {
    setup::debian(&[FIREFOX])?;
    setup::geckodriver()?;
    setup::debian(&[POSTGRES])?;
    let folder = std::env::temp_dir().join(format!("flightplan-browser-{}", std::process::id()));
    let server = postgres::Server::start(folder)?;
    let mut tests = tests(&target().join("browser"), &["--test-threads=1"])?;
    run(tests.env("PATH", setup::path()?).env("FLIGHTPLAN_POSTGRES", server.fresh("coreos")?))
}

/// Measures the page on large generated projects.
pub(crate) fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let figures = folder.join("figures.json");
    scripts::write(&folder.join("many"), 10_000)?;
    releases::write(&folder.join("releases"), 2_000, 200, 0)?;
    for project in ["many", "releases"] {
        std::fs::write(folder.join(project).join("flyway.conf"), "flyway.locations=filesystem:sql\n")?;
    }
    let measurement = ["--ignored", "--exact", "speed::large_projects_are_planned", "--nocapture"];
    run(tests(folder, &measurement)?.env("FLIGHTPLAN_FIGURES", &figures))?;
    let text = std::fs::read_to_string(&figures).with_context(|| format!("cannot read {}", figures.display()))?;
    let measured: serde_json::Value = serde_json::from_str(&text)?;
    let limits = [
        ("planned_500_revisions", "500 revisions of Alembic planned in the page's worker", 1_500.0),
        ("planned_1000_scripts", "1,000 migrations of Flyway planned in the page's worker", 1_000.0),
        ("longest_task", "longest task of the page meanwhile", 50.0),
        ("plan_opened", "longest task while a plan of 500 steps is opened", 50.0),
        ("planned_1000_scripts_slowed", "1,000 migrations with a quarter of every core", 3_000.0),
        ("first_paint", "first contentful paint", 1_000.0),
        ("interactive", "planner ready", 2_000.0),
        ("graph_frame", "a frame of the graph of 10,000 migrations, dragged", 20.0),
        ("graph_late_frame", "of 100 such frames the 95th", 50.0),
        ("matrix_frame", "a frame of 200 releases on 2,000 migrations, scrolled", 20.0),
        ("matrix_late_frame", "of 100 such frames the 95th", 50.0),
    ];
    let figure = |(name, what, limit): (&str, &'static str, f64)| {
        let list = measured["file_list"].as_f64().filter(|_| name == "longest_task");
        let told = |list| format!("50: none was longer; the browser's own, listing the picked files, took {list:.0}");
        let detail = list.map_or_else(String::new, told);
        let measured = measured[name].as_f64().with_context(|| format!("{name} was not measured"))?;
        Ok(Figure { what, measured, limit, unit: "ms", detail })
    };
    limits.into_iter().map(figure).collect()
}

/// The browser tests on a built page and binary, with large projects in `folder`.
fn tests(folder: &Path, options: &[&str]) -> Result<Command> {
    setup::debian(&[CHROMIUM, CHROMEDRIVER])?;
    setup::npm_packages()?;
    let dist = ui::build()?;
    run(&mut cargo(&["build", "--package", "server", "--bin", "flightplan", "--example", "demo_rows"]))?;
    revisions::write(&folder.join("revisions"), 500)?;
    scripts::write(&folder.join("scripts"), 1_000)?;
    std::fs::write(folder.join("scripts/flyway.conf"), "flyway.locations=filesystem:sql\n")?;
    let mut command = cargo(&["test", "--package", "web", "--test", "browser", "--"]);
    command
        .args(options)
        .env("FLIGHTPLAN_BIN", target().join("debug/flightplan"))
        .env("FLIGHTPLAN_DEMO_ROWS", target().join("debug/examples/demo_rows"))
        .env("FLIGHTPLAN_LARGE", folder)
        .env("FLIGHTPLAN_DIST", dist);
    Ok(command)
}
