//! Drives real Chromium through the page that the binary serves.

use anyhow::Result;

use crate::shell::{cargo, run, target};
use crate::{setup, ui};

/// Debian package and program.
pub(crate) const CHROMIUM: (&str, &str) = ("chromium", "/usr/bin/chromium");
/// Debian package and program.
pub(crate) const CHROMEDRIVER: (&str, &str) = ("chromium-driver", "/usr/bin/chromedriver");

/// Builds the page and the binary, then runs the browser tests against them.
pub(crate) fn test() -> Result<()> {
    setup::debian(&[CHROMIUM, CHROMEDRIVER])?;
    let dist = ui::build()?;
    run(&mut cargo(&["build", "--package", "server", "--bin", "flightplan", "--example", "demo_rows"]))?;
    run(cargo(&["test", "--package", "web", "--test", "browser", "--", "--test-threads=1"])
        .env("FLIGHTPLAN_BIN", target().join("debug/flightplan"))
        .env("FLIGHTPLAN_DEMO_ROWS", target().join("debug/examples/demo_rows"))
        .env("FLIGHTPLAN_DIST", dist))
}
