//! Everything CI runs, in the order in which it fails fastest.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::shell::{cargo, run};
use crate::{browser, demo, setup, ui};

/// PostgreSQL 15 brings its programs to this folder.
pub(crate) const POSTGRES: (&str, &str) = ("postgresql", "/usr/lib/postgresql/15/bin/postgres");

/// A pool between the tests and their server.
const PGBOUNCER: (&str, &str) = ("pgbouncer", "/usr/sbin/pgbouncer");

/// MariaDB comes with every Debian; the tests start their own server from it.
pub(crate) const MARIADB: (&str, &str) = ("mariadb-server", "/usr/sbin/mariadbd");

/// Format, lints, unit, case, property, oracle, kill and browser tests, and the demo twice and back.
pub(crate) fn everything() -> Result<()> {
    let start = Instant::now();
    let mut done = Vec::new();
    for (name, step) in STEPS {
        eprintln!("\n== {name}");
        let began = Instant::now();
        step()?;
        done.push(format!("{name}: {} s", began.elapsed().as_secs()));
    }
    eprintln!("\n{}\nall: {} s", done.join("\n"), start.elapsed().as_secs());
    Ok(())
}

/// npm's PostgreSQL packages by major version; 15 is Debian's.
const VERSIONS: &[(u32, &str)] = &[
    (12, "12.22.0-beta.15"),
    (13, "13.23.0-beta.16"),
    (14, "14.23.0-beta.17"),
    (16, "16.14.0-beta.17"),
    (17, "17.10.0-beta.17"),
    (18, "18.4.0-beta.17"),
];

/// The predictions of effects and schemas against every PostgreSQL there is a package of, and against MariaDB.
pub(crate) fn all_versions() -> Result<()> {
    setup::debian(&[POSTGRES, MARIADB])?;
    let tests = ["oracle_effect", "oracle_catalog", "oracle_locks", "oracle_transaction", "oracle_mariadb"];
    run(cargo(&["test", "--package", "server", "--test", "suite", "--"]).args(tests))?;
    for (major, version) in VERSIONS {
        eprintln!("\n== PostgreSQL {major}");
        let bin = setup::embedded_postgres(*major, version)?;
        let again = [
            "oracle_effect",
            "oracle_catalog::the_simulated",
            "oracle_locks::the_server",
            "oracle_transaction::postgres_refuses",
        ];
        run(cargo(&["test", "--package", "server", "--test", "suite", "--"]).args(again).env("FLIGHTPLAN_PG_BIN", bin))?;
    }
    Ok(())
}

/// Ends runs so often at random moments, a third on each product; restarts a server and cuts connections a third as often.
pub(crate) fn kill(times: &str) -> Result<()> {
    setup::debian(&[POSTGRES, MARIADB])?;
    let each = times.parse::<u32>().context("--times N")?.div_ceil(3);
    let options = ["test", "--package", "server", "--test", "suite", "--", "--nocapture", "storm::"];
    run(cargo(&options).env("FLIGHTPLAN_KILLS", each.to_string()))
}

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("format", || run(&mut cargo(&["fmt", "--all", "--check"]))),
    ("set-up", set_up),
    ("lints, native", || lint(&["--workspace", "--exclude", "web", "--all-targets"])),
    ("lints, wasm32", || lint(&["--package", "web", "--package", "planner", "--target", "wasm32-unknown-unknown"])),
    ("without OpenID", || run(&mut cargo(&["check", "--quiet", "--package", "server", "--no-default-features", "--lib"]))),
    ("planner", || run(&mut cargo(&["test", "--package", "planner"]))),
    ("page", || ui::build().map(|_| ())),
    ("page state", || run(&mut cargo(&["test", "--package", "web", "--lib"]))),
    ("server", || run(&mut cargo(&["test", "--package", "server"]))),
    ("demo, twice, and its way back", demo_twice),
    ("browser", browser::test),
];

fn set_up() -> Result<()> {
    setup::wasm_target()?;
    setup::python()?;
    setup::debian(&[POSTGRES, PGBOUNCER, MARIADB, browser::CHROMIUM, browser::CHROMEDRIVER])
}

fn lint(options: &[&str]) -> Result<()> {
    run(cargo(&["clippy", "--quiet"]).args(options).args(["--", "-D", "warnings"]))
}

fn run_demo(folder: &Path, how: &str) -> Result<()> {
    run(cargo(&["run", "--quiet", "--package", "xtask", "--", "demo", how]).env("FLIGHTPLAN_DEMO", folder))
}

/// The second run finds nothing to do, and the way back is gone.
fn demo_twice() -> Result<()> {
    let folder = crate::shell::target().join("demo-test");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    for _ in 0..2 {
        run_demo(&folder, "--once")?;
    }
    demo::expect_up_to_date(&folder)?;
    run_demo(&folder, "--emergency")
}
