//! What real Alembic says is right: graph commands and offline SQL of our fixtures, run side by side.
//!
//! Alembic comes from PyPI into `~/.cache/flightplan/alembic` the first time; after that no network is needed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The version all text and order was taken from.
const PACKAGES: [&str; 2] = ["alembic==1.20.1", "SQLAlchemy==2.0.58"];

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

/// The interpreter that has Alembic.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
        let folder = cache.join("flightplan/alembic").join(PACKAGES.join("-").replace("==", "-"));
        let python = folder.join("bin/python");
        if !python.exists() {
            let fresh = folder.with_extension(std::process::id().to_string());
            run(Command::new("python3").args(["-m", "venv"]).arg(&fresh));
            run(Command::new(fresh.join("bin/python")).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES));
            // Another process may have been quicker; its folder is as good.
            if std::fs::rename(&fresh, &folder).is_err() {
                std::fs::remove_dir_all(&fresh).unwrap();
            }
        }
        python
    })
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// An answer of Alembic's.
enum Real {
    Said(String),
    Refused,
    /// A traceback: there is nothing to compare with.
    Crashed,
}

struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new(name: &str) -> Self {
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
    fn agree(&self, url: &str, options: &[&str], runs: &[&str]) {
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

const POSTGRES: &str = "postgresql://localhost/x";

#[test]
fn graph_commands_say_what_alembic_says() {
    let runs = [
        "heads",
        "heads -v",
        "heads --resolve-dependencies",
        "branches",
        "branches -v",
        "history",
        "history -v",
        "history -r a1000002:d4000001",
        "history -r a1000002:",
        "history -r :d4000001",
        "history -r b2:d4",
        "history -r b200:d400",
        "history -r billing@base:billing@head",
        "history -r a1000001:+2",
        "history -r left@base:left@head",
        "history -r d4000001:b2000001",
        "history -r nonsense",
        "show d4000001",
        "show a1000002",
        "show b7000003",
        "show f600",
        "show f6000002 -1",
        "show heads",
        "show head",
        "show base",
        "show left@head",
        "show right@head",
        "show billing",
        "show core@head",
        "show zzzz",
        "show b7000004",
    ];
    Project::new("branches").agree(POSTGRES, &[], &runs);
    let runs = [
        "heads",
        "heads -v",
        "branches",
        "history",
        "history -v",
        "history -r=-2:",
        "history -r 0002:0004",
        "show head",
        "show -2",
    ];
    Project::new("plain").agree(POSTGRES, &[], &runs);
}

#[test]
fn offline_scripts_are_alembics() {
    let dialects =
        [("postgres", POSTGRES), ("mysql", "mysql://localhost/x"), ("mariadb", "mariadb://localhost/x"), ("sqlite", "sqlite://")];
    let branches = [
        "upgrade heads --sql",
        "upgrade d4000001 --sql",
        "upgrade a1000002:d4000002 --sql",
        "upgrade billing@head --sql",
        "upgrade d4000002:right@head --sql",
        "upgrade b2000002:b7000002 --sql",
        "upgrade base:+3 --sql",
        "upgrade core@+1 --sql",
        "upgrade a1000001:+1 --sql",
        "upgrade head --sql",
        "upgrade zzzz --sql",
        "downgrade d4000002:b2000001 --sql",
        "downgrade f6000002:base --sql",
        "downgrade f6000002:-2 --sql",
        "downgrade d4000001:c3000001 --sql",
        "downgrade heads --sql",
        "downgrade b7000004:billing@base --sql",
        "downgrade e5000001:left@-1 --sql",
        "stamp d4000001 --sql",
        "stamp heads --sql",
        "stamp b2000002:d4000002 --sql",
        "stamp d4000002:b2000002 --sql",
        "stamp a1000001:base --sql",
        "stamp left@head right@head --sql",
        "ensure_version --sql",
    ];
    let plain = [
        "upgrade head --sql",
        "upgrade 0002:0004 --sql",
        "upgrade 0001:+2 --sql",
        "downgrade 0005:base --sql",
        "downgrade 0004:0002 --sql",
        "downgrade 0005:-1 --sql",
        "stamp 0003 --sql",
        "stamp 0003:0001 --sql",
        "ensure_version --sql",
    ];
    for (dialect, url) in dialects {
        Project::new("branches").agree(url, &["--dialect", dialect], &branches);
        Project::new("plain").agree(url, &["--dialect", dialect], &plain);
    }
}

/// A revision that reads rows: only Python knows what it does.
const READS_ROWS: &str = r#""""Names from the database

Revision ID: 0006
Revises: 0005

"""
import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade():
    for row in op.get_bind().execute(sa.text("SELECT name FROM genres ORDER BY id")).fetchall():
        op.create_table("of_" + row[0][:5].lower(), sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    pass
"#;

/// Runs the binary on a project with a SQLite database that `env.py` names too.
fn flightplan(project: &Project, database: &Path, arguments: &[&str]) -> (i32, String, String) {
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

#[test]
fn what_cannot_be_read_the_projects_alembic_runs_where_that_is_allowed() {
    let project = Project::new("plain");
    let database = project.folder.path().join("test.db");
    let write = |path: &str, text: &str| std::fs::write(project.folder.path().join(path), text).unwrap();
    write("db/versions/0006_names.py", READS_ROWS);
    let (code, _, err) = flightplan(&project, &database, &["upgrade", "heads"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("0006") && err.contains("--allow-python") && !database.exists(), "{err}");

    let settings = "[alembic]\nscript_location = \"db\"\n[environments.test]\ndialect = \"sqlite\"\n";
    write("flightplan.toml", &settings.replace("[env", "python = \"/no/such/python\"\n[env"));
    let (code, _, err) = flightplan(&project, &database, &["--allow-python", "upgrade", "heads"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("0006") && err.contains("/no/such/python") && err.contains("flightplan.toml"), "{err}");

    write("flightplan.toml", &settings.replace("[env", &format!("python = \"{}\"\n[env", python().display())));
    let (code, out, err) = flightplan(&project, &database, &["plan", "--allow-python", "--format", "json"]);
    assert_eq!(code, 0, "{err}");
    let plan: serde_json::Value = serde_json::from_str(&out).unwrap();
    let step = plan["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(step["fallback"]["target"], "0006", "{step}");
    assert_eq!(step["fallback"]["line"], 15, "{step}");

    let (code, _, err) = flightplan(&project, &database, &["--allow-python", "upgrade", "heads"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("CREATE TABLE of_crime"), "the statements are told: {err}");
    let (_, out, _) = flightplan(&project, &database, &["current"]);
    assert_eq!(out, "0006 (head)\n");
    let (_, out, _) = flightplan(&project, &database, &["schema", "--format", "json"]);
    let schema: serde_json::Value = serde_json::from_str(&out).unwrap();
    let names: Vec<&str> = schema["tables"].as_array().unwrap().iter().filter_map(|table| table["name"].as_str()).collect();
    assert!(names.contains(&"of_crime") && names.contains(&"of_child"), "{names:?}");
}

#[test]
fn tables_that_revisions_make_by_hand_are_sqlalchemys() {
    let urls =
        [("postgres", POSTGRES), ("mysql", "mysql://localhost/x"), ("mariadb", "mariadb://localhost/x"), ("sqlite", "sqlite://")];
    let runs = ["upgrade head --sql", "upgrade 0001 --sql", "upgrade 0001:0002 --sql", "downgrade 0002:base --sql"];
    for (dialect, url) in urls {
        Project::new("byhand").agree(url, &["--dialect", dialect], &runs);
    }
}

/// A revision whose both ways read rows: it makes a table for each genre, and drops them again.
fn reads_rows(revision: &str, parents: &str, prefix: &str) -> String {
    let loop_ = "for row in op.get_bind().execute(sa.text(\"SELECT name FROM genres ORDER BY id\")).fetchall():";
    format!(
        "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = \"{revision}\"\ndown_revision = {parents}\n\n\n\
         def upgrade():\n    {loop_}\n        op.create_table(\"{prefix}_\" + row[0][:5].lower(), sa.Column(\"id\", sa.Integer()))\n\n\n\
         def downgrade():\n    {loop_}\n        op.drop_table(\"{prefix}_\" + row[0][:5].lower())\n"
    )
}

#[test]
fn a_way_back_that_cannot_be_read_the_projects_alembic_takes_one_revision_at_a_time() {
    let project = Project::new("plain");
    let database = project.folder.path().join("test.db");
    let write = |path: &str, text: &str| std::fs::write(project.folder.path().join(path), text).unwrap();
    let settings = |python: &str| {
        format!("[alembic]\nscript_location = \"db\"\npython = \"{python}\"\n[environments.test]\ndialect = \"sqlite\"\n")
    };
    // A fork, a merge of it, and a revision behind the merge: none can be read in either direction.
    for (revision, parents) in
        [("0006", "\"0005\""), ("0007a", "\"0006\""), ("0007b", "\"0006\""), ("0008", "(\"0007a\", \"0007b\")")]
    {
        write(&format!("db/versions/{revision}.py"), &reads_rows(revision, parents, &format!("t{revision}")));
    }
    write("flightplan.toml", &settings(&python().display().to_string()));
    let run = |arguments: &[&str], code: i32| {
        let (was, out, err) = flightplan(&project, &database, arguments);
        assert_eq!(was, code, "{arguments:?}\n{out}\n{err}");
        (out, err)
    };
    let schema = || run(&["schema", "--format", "json"], 0).0;
    run(&["upgrade", "0005"], 0);
    let at_0005 = schema();
    run(&["--allow-python", "upgrade", "heads"], 0);
    let at_heads = schema();

    let (_, err) = run(&["downgrade", "0007a"], 2);
    assert!(err.contains("0008.py:14") && err.contains("--allow-python") && err.contains("Nothing was changed"), "{err}");
    write("flightplan.toml", &settings("/no/such/python"));
    let (_, err) = run(&["--allow-python", "downgrade", "0007a"], 2);
    assert!(err.contains("0008 has to be run by Alembic itself") && err.contains("/no/such/python"), "{err}");
    assert_eq!(schema(), at_heads);

    write("flightplan.toml", &settings(&python().display().to_string()));
    let (_, err) = run(&["--allow-python", "downgrade", "0007a"], 0);
    assert!(err.contains("undo 0008: DROP TABLE t0008_crime"), "what Alembic sent is told: {err}");
    assert_eq!(run(&["current"], 0).0, "0007a\n0007b\n");
    // Its sibling stays: Alembic's `downgrade 0006` would take back both.
    run(&["--allow-python", "downgrade", "0007a@-1"], 0);
    assert_eq!(run(&["current"], 0).0, "0007b\n");
    run(&["--allow-python", "upgrade", "heads"], 0);
    assert_eq!(schema(), at_heads);
    run(&["--allow-python", "downgrade", "0005"], 0);
    assert_eq!((run(&["current"], 0).0.as_str(), schema()), ("0005\n", at_0005));
}

#[test]
fn a_version_table_that_only_python_knows_is_asked_for_before_anything_is_written() {
    let project = Project::new("plain");
    let database = project.folder.path().join("test.db");
    let path = |file: &str| project.folder.path().join(file);
    let env = std::fs::read_to_string(path("db/env.py")).unwrap();
    std::fs::write(path("db/env.py"), env.replace("\"plain_version\"", "os.environ[\"TABLE\"].lower()")).unwrap();
    for command in [vec!["upgrade", "heads"], vec!["stamp", "head"], vec!["ensure_version"]] {
        let (code, _, err) = flightplan(&project, &database, &command);
        assert_eq!(code, 2, "{command:?} {err}");
        assert!(err.contains("env.py:") && err.contains("Set version_table in [alembic] of flightplan.toml"), "{err}");
        assert!(!database.exists(), "{command:?}");
    }
    assert_eq!(flightplan(&project, &database, &["heads"]).1, "0005 (head)\n", "what writes nothing goes on");
    std::fs::write(path("flightplan.toml"), "[alembic]\nscript_location = \"db\"\nversion_table = \"plain_version\"\n").unwrap();
    let (code, _, err) = flightplan(&project, &database, &["upgrade", "heads"]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn stamp_merge_and_revision_move_rows_and_write_files_as_alembic_does() {
    let project = Project::new("branches");
    let database = project.folder.path().join("test.db");
    let run = |arguments: &[&str], code: i32| {
        let (was, out, err) = flightplan(&project, &database, arguments);
        assert_eq!(was, code, "{arguments:?}\n{out}\n{err}");
        (out, err)
    };
    run(&["stamp", "d4000001"], 0);
    run(&["stamp", "billing@head"], 0);
    assert_eq!(run(&["current"], 0).0, "e5000001 (effective head)\nb7000004 (head)\n");
    run(&["stamp", "right@head"], 0);
    assert_eq!(run(&["current"], 0).0.lines().count(), 3);
    run(&["current", "--check-heads"], 0);
    run(&["stamp", "--purge", "a1000001"], 0);
    assert!(run(&["current", "--check-heads"], 1).1.contains("Database is not on all head revisions"));
    run(&["stamp", "base"], 0);
    assert_eq!(run(&["current"], 0).0, "");

    assert!(run(&["revision", "-m", "x"], 2).1.contains("Multiple head revisions"));
    assert!(run(&["revision", "-m", "x", "--head", "a1000001"], 2).1.contains("--splice"));
    assert!(run(&["revision", "-m", "x", "--head", "left@head", "--rev-id", "a1000001"], 2).1.contains("taken"));
    assert!(run(&["revision", "--autogenerate"], 2).1.contains("alembic revision --autogenerate"));
    run(&["merge", "left@head", "right@head", "-m", "Join the forks", "--rev-id", "aa000001"], 0);
    run(&["revision", "-m", "After", "--head", "aa000001", "--rev-id", "aa000002", "--depends-on", "billing@head"], 0);
    let text = std::fs::read_to_string(project.folder.path().join("db/versions/aa000001_join_the_forks.py")).unwrap();
    assert!(
        text.contains("Revises: e5000001, f6000002\n") && text.contains("\ndown_revision = ('e5000001', 'f6000002')\n"),
        "{text}"
    );
    project.agree(POSTGRES, &[], &["heads", "history", "history -v", "show aa000001", "show aa000002", "branches"]);
}
