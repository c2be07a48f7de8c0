//! The demo: the COREos sample on a SQLite database with enough rows to be worth batching.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell::{cargo, program, root, run, target};
use crate::ui;

/// The demo's database stands here before its rows come in; the rest is what the plan is about.
const BEFORE: &str = "b8e2af51d3c9";
const ROWS: &str = "200000";
/// How a run ends at a closed gate.
const STOPPED: i32 = 6;

struct Demo {
    flightplan: PathBuf,
    rows: PathBuf,
    folder: PathBuf,
}

/// Builds, prepares and serves the review page.
pub(crate) fn serve() -> Result<()> {
    let demo = prepare()?;
    let listen = std::env::var("FLIGHTPLAN_LISTEN").unwrap_or_else(|_| "127.0.0.1:8370".to_owned());
    eprintln!(
        "
The review page is at http://{listen}/
  Migrations  what Flyway (production) and Alembic (development, test) would run
  Graph       the branch and the merge; click a migration to see why it comes after another
  Plan        click the step c9f3b062e4da (Update users), change the rows per batch, then Approve, then Run
  Runs        watch it, and open the gates it waits at; Matrix: which release works with which schema
Behind that, in another terminal: cargo xtask demo --emergency stops the application, rolls back, verifies and starts it again.
Environment production shows the PostgreSQL plan of the Flyway files, with its locks.
Stop with Ctrl-C. The database is {}; delete its folder to start anew.
",
        demo.folder.join("coreos.db").display()
    );
    run(&mut demo.flightplan(&["serve", "--no-login", "--listen", &listen]))
}

/// Plan, approve, execute up to each gate, open it, go on; matrix. On a database that is up to date there is nothing to do, and that is fine.
pub(crate) fn once() -> Result<()> {
    let demo = prepare()?;
    let plan = demo.folder.join("plan.json").to_string_lossy().into_owned();
    demo.plan_and_apply(&plan, &[])?;
    run(&mut demo.flightplan(&["matrix"]))
}

/// Brings the demo up to date with an application on it, then takes its last run back by the sample's playbook; where an
/// emergency was killed, goes on with it.
pub(crate) fn emergency() -> Result<()> {
    let demo = prepare()?;
    let mark = demo.folder.join("emergency");
    if !mark.exists() {
        let plan = demo.folder.join("plan.json").to_string_lossy().into_owned();
        demo.plan_and_apply(&plan, &[])?;
        std::fs::write(demo.application(), "")?;
        run(&mut demo.flightplan(&["rollback", "--emergency", "--dry-run"]))?;
        std::fs::write(&mark, "")?;
    }
    eprintln!("COREOS_APP={} COREOS_DEVELOPMENT_URL={}", demo.folder.display(), demo.database());
    run(&mut demo.flightplan(&["rollback", "--emergency", "--accept-loss", "--yes", "coreos.db"]))?;
    std::fs::remove_file(mark)?;
    run(&mut demo.flightplan(&["incident"]))?;
    if !demo.application().exists() {
        bail!("the application is not up again");
    }
    Ok(())
}

fn prepare() -> Result<Demo> {
    ui::build()?;
    run(&mut cargo(&["build", "--package", "server", "--bin", "flightplan", "--example", "demo_rows"]))?;
    let debug = target().join("debug");
    let demo = Demo {
        flightplan: debug.join("flightplan"),
        rows: debug.join("examples/demo_rows"),
        folder: std::env::var_os("FLIGHTPLAN_DEMO").map_or_else(|| target().join("demo"), PathBuf::from),
    };
    demo.make_database()?;
    Ok(demo)
}

impl Demo {
    fn database(&self) -> String {
        format!("sqlite:{}", self.folder.join("coreos.db").display())
    }

    /// The application is up while this file is there.
    fn application(&self) -> PathBuf {
        self.folder.join("up")
    }

    fn flightplan(&self, arguments: &[&str]) -> Command {
        let project = root().join("migrations").to_string_lossy().into_owned();
        let store = self.folder.join("control.db").to_string_lossy().into_owned();
        let mut command = program(&self.flightplan, &["--project", &project, "--env", "development", "--store", &store]);
        command.args(arguments).env("COREOS_DEVELOPMENT_URL", self.database()).env("COREOS_APP", &self.folder);
        command
    }

    /// Brings the database to the point before the large update and fills it, once.
    fn make_database(&self) -> Result<()> {
        let ready = self.folder.join("ready");
        if ready.exists() {
            return Ok(());
        }
        if self.folder.exists() {
            std::fs::remove_dir_all(&self.folder)?;
        }
        std::fs::create_dir_all(&self.folder).with_context(|| format!("cannot create {}", self.folder.display()))?;
        std::fs::write(self.folder.join("coreos.db"), "")?;
        let plan = self.folder.join("setup.json").to_string_lossy().into_owned();
        self.plan_and_apply(&plan, &["--target", BEFORE])?;
        run(&mut program(&self.rows, &[&self.database(), ROWS]))?;
        std::fs::write(ready, "")?;
        Ok(())
    }

    fn plan_and_apply(&self, file: &str, options: &[&str]) -> Result<()> {
        run(self.flightplan(&["plan", "--output", file]).args(options))?;
        if self.steps(file)? == 0 {
            eprintln!("The database is up to date; nothing to do.");
            return Ok(());
        }
        run(&mut self.flightplan(&["approve", file, "--by", "demo", "--comment", "approved by cargo xtask demo"]))?;
        for gate in Self::gates(file)? {
            let status = self.flightplan(&["apply", file]).status()?;
            if status.code() != Some(STOPPED) {
                bail!("the plan did not stop at gate {gate}, but ended with {status}");
            }
            run(&mut self.flightplan(&["gate", "list"]))?;
            run(&mut self.flightplan(&["gate", "open", &gate, "--by", "demo", "--reason", "opened by cargo xtask demo"]))?;
        }
        run(&mut self.flightplan(&["apply", file]))
    }

    /// The gates of a plan, in order.
    fn gates(file: &str) -> Result<Vec<String>> {
        let plan = plan(file)?;
        let steps = plan["steps"].as_array().into_iter().flatten();
        Ok(steps.filter_map(|step| step["gate"]["name"].as_str().map(str::to_owned)).collect())
    }

    fn steps(&self, file: &str) -> Result<usize> {
        let plan = plan(file)?;
        let Some(steps) = plan["steps"].as_array() else { bail!("{file} has no steps") };
        Ok(steps.len())
    }
}

fn plan(file: &str) -> Result<serde_json::Value> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    Ok(serde_json::from_str(&text)?)
}

/// Fails unless the last plan of the demo in `folder` has no steps left.
pub(crate) fn expect_up_to_date(folder: &std::path::Path) -> Result<()> {
    let text = std::fs::read_to_string(folder.join("plan.json"))?;
    let plan: serde_json::Value = serde_json::from_str(&text)?;
    if plan["steps"].as_array().is_some_and(Vec::is_empty) {
        return Ok(());
    }
    bail!("the second run of the demo still found steps to do")
}
