//! `cargo xtask fuzz`: builds the driver of `planner/fuzz` with every check on and runs it.

use anyhow::Result;

use crate::shell::{cargo, program, root, run, target};

/// Memory the driver may map, kB: an input that wants more is a finding, and the machine has other work.
const MEMORY: &str = "4000000";

/// `options` are those of the driver: `--inputs N`, `--seconds N`, `--seed N`, `--target NAME`.
pub(crate) fn run_driver(options: &[&str]) -> Result<()> {
    run(&mut cargo(&["build", "--profile", "fuzz", "--package", "planner-fuzz", "--bin", "planner-fuzz"]))?;
    let driver = target().join("fuzz/planner-fuzz");
    let words = format!("ulimit -v {MEMORY}; exec \"$@\"");
    let mut command = program("sh", &["-c", &words, "sh"]);
    command.arg(driver).arg(root()).args(options);
    run(&mut command)
}
