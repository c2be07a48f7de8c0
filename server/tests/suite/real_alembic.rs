//! Real Alembic beside the binary, on copies of our fixtures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::alembic_venv::python;

/// Runs Alembic's command line many times in one interpreter.
const DRIVER: &str = r#"
import contextlib, io, json, os, sys
from alembic.config import CommandLine
answers = []
for run in json.load(sys.stdin):
    os.environ["DB_URL"] = run["url"]
    out = io.StringIO()
    line = CommandLine("alembic")
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            options = line.parser.parse_args(run["arguments"])
            line.run_cmd(__import__("alembic.config").config.Config("alembic.ini", stdout=out, output_buffer=out, cmd_opts=options), options)
        code = 0
    except SystemExit as end:
        code = end.code
    except Exception:
        code = "traceback"
    answers.append({"code": code, "out": out.getvalue()})
json.dump(answers, sys.stdout)
"#;

/// An answer of Alembic's.
enum Real {
    Said(String),
    Refused,
    /// A traceback: there is nothing to compare with.
    Crashed,
}

pub(crate) struct Project {
    pub(crate) folder: tempfile::TempDir,
}

impl Project {
    pub(crate) fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/alembic").join(name), folder.path());
        Self { folder }
    }

    /// What Alembic does with each.
    fn alembic(&self, url: &str, runs: &[Vec<&str>]) -> Vec<Real> {
        let asked: Vec<_> = runs.iter().map(|run| serde_json::json!({"url": url, "arguments": run})).collect();
        let mut child = Command::new(python())
            .args(["-W", "ignore", "-c", DRIVER])
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&serde_json::to_vec(&asked).unwrap()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let answers: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
        let real = |answer: &serde_json::Value| match &answer["code"] {
            code if *code == 0 => Real::Said(answer["out"].as_str().unwrap().to_owned()),
            code if *code == "traceback" => Real::Crashed,
            _ => Real::Refused,
        };
        answers.iter().map(real).collect()
    }

    fn ours(&self, options: &[&str], run: &[&str]) -> Option<String> {
        let output = Command::new(env!("CARGO_BIN_EXE_flightplan"))
            .current_dir(self.folder.path())
            .args(options)
            .args(run)
            .output()
            .unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Both refuse, or both say the same.
    pub(crate) fn agree(&self, url: &str, options: &[&str], runs: &[&str]) {
        let runs: Vec<Vec<&str>> = runs.iter().map(|run| run.split(' ').collect()).collect();
        let mut differ = Vec::new();
        for (run, real) in runs.iter().zip(self.alembic(url, &runs)) {
            let ours = self.ours(options, run);
            let real = match real {
                Real::Said(text) => Some(text),
                Real::Refused => None,
                Real::Crashed => continue,
            };
            if real.as_deref().map(normal) != ours.as_deref().map(normal) {
                differ.push(format!("{}\n--- Alembic\n{}\n--- Flightplan\n{}", run.join(" "), shown(real), shown(ours)));
            }
        }
        assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), runs.len(), differ.join("\n"));
    }
}

fn shown(answer: Option<String>) -> String {
    answer.unwrap_or_else(|| "(refused)".to_owned())
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// Alembic prints Python sets, another order each time: labels, what branches off, and which of several merged rows is
/// deleted and which one updated.
fn normal(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.trim_end().lines().map(|line| set_sorted(line.trim_end())).collect();
    if text.contains("-- Running ") {
        lines = lines.split(|line| line.starts_with("-- Running ")).flat_map(rows_together).collect();
    }
    let mut start = 0;
    while start < lines.len() {
        let forks = lines[start..].iter().take_while(|line| line.trim_start().starts_with("-> ")).count();
        lines[start..start + forks].sort();
        start += forks.max(1);
    }
    lines
}

/// The verbs on the version table of one step and the ids they speak of, without their order.
fn rows_together(step: &[String]) -> Vec<String> {
    let is_row = |line: &&String| line.contains("version_num") && !line.contains("VARCHAR") && !line.contains("CONSTRAINT");
    let (rows, mut others): (Vec<&String>, Vec<&String>) = step.iter().partition(is_row);
    let verbs: Vec<&str> = rows.iter().filter_map(|row| row.split(' ').next()).collect();
    let ids: BTreeSet<&str> = rows.iter().flat_map(|row| row.split('\'').skip(1).step_by(2)).collect();
    let summary = format!("{verbs:?} {ids:?}");
    others.push(&summary);
    others.into_iter().cloned().collect()
}

fn set_sorted(line: &str) -> String {
    for head in ["Branches into: ", "Branch names: "] {
        if let Some(items) = line.strip_prefix(head) {
            let items: BTreeSet<&str> = items.split(", ").collect();
            return format!("{head}{items:?}");
        }
    }
    let mut parts = line.split(" (");
    let mut sorted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (items, rest) = part.split_once(')').unwrap_or((part, ""));
        let items: BTreeSet<&str> = items.split(", ").collect();
        sorted.push_str(&format!(" {items:?}{rest}"));
    }
    sorted
}

/// Runs the binary on a project with a SQLite database that `env.py` names too.
pub(crate) fn flightplan(project: &Project, database: &Path, arguments: &[&str]) -> (i32, String, String) {
    let url = format!("sqlite:{}", database.display());
    let output = Command::new(env!("CARGO_BIN_EXE_flightplan"))
        .current_dir(project.folder.path())
        .env("DB_URL", format!("sqlite:///{}", database.display()))
        .args(["--url", &url])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}
