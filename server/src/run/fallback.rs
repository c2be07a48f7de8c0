//! A revision that only Python knows: the project's own Alembic runs it, one revision at a time, under our lock.
//!
//! Alembic opens a connection of its own, so intent and outcome stand in our journal around it, and what became of it is
//! settled by the rows of its version table, never by its exit code. The statements it sends are captured for the audit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use planner::plan::{Fallback, HistoryEntry, Plan, Step};
use planner::project::path::{folder, name};
use planner::project::settings::Settings;
use planner::protocol::RunEventKind;

use crate::exit::{Exit, Failure, Outcome};
use crate::failpoint;
use crate::history::alembic;
use crate::journal::{Entry, EntryState, StepError};
use crate::run::Runner;
use crate::workspace::Workspace;

/// Runs Alembic's command line and writes each statement that SQLAlchemy sends, as JSON, to a file.
const WRAPPER: &str = r#"
import json, os, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
out = open(os.environ["FLIGHTPLAN_STATEMENTS"], "a", encoding="utf-8")
@event.listens_for(Engine, "before_cursor_execute")
def note(connection, cursor, statement, parameters, context, executemany):
    out.write(json.dumps(statement) + "\n")
    out.flush()
from alembic.config import main
main(argv=sys.argv[1:], prog="alembic")
"#;

/// The project's own Python, and how its Alembic is called.
#[derive(Clone, Debug)]
pub struct Python {
    program: PathBuf,
    /// Folder Alembic is started in: that of its configuration.
    folder: PathBuf,
    /// `-c`, `-n`, `-x`.
    options: Vec<String>,
}

/// The Python that a plan needs; `None`: it needs none.
///
/// # Errors
/// [`Exit::Usage`] naming the first revision that needs one, where there is none that can run Alembic.
pub fn require(workspace: &Workspace, settings: &Settings, plan: &Plan) -> Outcome<Option<Python>> {
    let Some((step, fallback)) = plan.steps.iter().find_map(|step| Some((step, step.fallback.as_ref()?))) else {
        return Ok(None);
    };
    let needs = format!("{} has to be run by Alembic itself ({}:{})", step.migration, fallback.file, fallback.line);
    let Some(config) = &settings.alembic.config else {
        let cure = "Open the folder that holds alembic.ini as the project, or name the file with -c.";
        return Err(Failure::usage(format!("{needs}, and the project has no alembic.ini. Nothing was changed."), cure));
    };
    let root = workspace.root.canonicalize().unwrap_or_else(|_| workspace.root.clone());
    let mut options = vec!["-c".to_owned(), name(config).to_owned()];
    if settings.alembic.section != "alembic" {
        options.extend(["-n".to_owned(), settings.alembic.section.clone()]);
    }
    for argument in &workspace.request.alembic.arguments {
        options.extend(["-x".to_owned(), argument.clone()]);
    }
    let folder = root.join(folder(config));
    let mut tried = Vec::new();
    for program in candidates(&root, &folder, settings) {
        let probe = Command::new(&program).args(["-c", "import alembic, sqlalchemy"]).current_dir(&folder).output();
        if probe.is_ok_and(|output| output.status.success()) {
            return Ok(Some(Python { program, folder, options }));
        }
        tried.push(program.display().to_string());
    }
    let message =
        format!("{needs}, and no Python here can import alembic (looked at {}). Nothing was changed.", tried.join(", "));
    Err(Failure::usage(message, "Name one with `python = \"…\"` in [alembic] of flightplan.toml, or activate the project's."))
}

/// The one the settings name, and no other; else the active environment, the project's, the system's.
fn candidates(root: &Path, folder: &Path, settings: &Settings) -> Vec<PathBuf> {
    if let Some(python) = &settings.alembic.python {
        return vec![if python.contains('/') { root.join(python) } else { PathBuf::from(python) }];
    }
    let mut places: Vec<PathBuf> = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from).into_iter().collect();
    places.extend([folder, root].iter().flat_map(|place| [place.join(".venv"), place.join("venv")]));
    let mut found: Vec<PathBuf> = places.iter().map(|place| place.join("bin/python")).filter(|path| path.exists()).collect();
    found.extend(["python3", "python"].map(PathBuf::from));
    found
}

impl Python {
    /// Runs an Alembic command; the statements go to a file.
    async fn alembic(&self, arguments: &[&str], statements: &Path) -> Outcome<Output> {
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(WRAPPER).args(&self.options).args(arguments);
        command.current_dir(&self.folder).env("FLIGHTPLAN_STATEMENTS", statements);
        let failed = |error: String| Failure::failed(format!("{}: {error}", self.program.display()), "See [alembic] python.");
        let output = tokio::task::spawn_blocking(move || command.output()).await.map_err(|error| failed(error.to_string()))?;
        output.map_err(|error| failed(error.to_string()))
    }
}

/// What the version table says about a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    NotRun,
    Done,
    Unclear,
}

fn settled(step: &Step, rows: &BTreeSet<String>) -> Settled {
    let Some(HistoryEntry::Alembic { delete, insert }) = &step.history else { return Settled::Unclear };
    let (old, new) = (delete.iter().all(|row| rows.contains(row)), insert.iter().all(|row| rows.contains(row)));
    let (no_old, no_new) = (!delete.iter().any(|row| rows.contains(row)), !insert.iter().any(|row| rows.contains(row)));
    match (old && no_new, new && no_old) {
        (_, true) if !(delete.is_empty() && insert.is_empty()) => Settled::Done,
        (true, _) => Settled::NotRun,
        _ => Settled::Unclear,
    }
}

/// Runs the step.
///
/// # Errors
/// Alembic failed; it works on another database; the version table says neither.
pub async fn run(runner: &mut Runner<'_>, step: &Step, fallback: &Fallback) -> Result<(), StepError> {
    let Some(python) = runner.python.clone() else {
        return Err(StepError::Stop(Failure::usage(format!("{} needs a Python, and none was looked for.", step.id), "")));
    };
    let before = alembic::rows(runner.target, &runner.history.table).await?;
    // An earlier run may have been killed after Alembic was through.
    if settled(step, &before) != Settled::Done {
        start(runner, step, &before).await?;
        let statements = tempfile::NamedTempFile::new().map_err(|error| stop(step, &format!("no temporary file: {error}")))?;
        same_database(step, &python, statements.path(), &before).await.map_err(StepError::Stop)?;
        failpoint::reach("fallback.before");
        let output = python.alembic(&[&fallback.command, &fallback.target], statements.path()).await.map_err(StepError::Stop)?;
        failpoint::reach("fallback.after");
        let captured = captured(statements.path());
        runner.recorder.tell(RunEventKind::Captured { step: step.id.clone(), statements: captured }).await;
        let after = alembic::rows(runner.target, &runner.history.table).await?;
        outcome(step, &output, settled(step, &after)).map_err(StepError::Stop)?;
    }
    runner.target.begin().await?;
    runner.journal.fence(runner.target).await?;
    runner.journal.put(runner.target, &entry(step, EntryState::Done)).await?;
    runner.journal.record(runner.target, &step.migration.0).await?;
    runner.target.commit().await?;
    Ok(())
}

/// The intent, in a transaction of its own: Alembic's connection must not wait for ours.
async fn start(runner: &mut Runner<'_>, step: &Step, rows: &BTreeSet<String>) -> Result<(), StepError> {
    if settled(step, rows) == Settled::Unclear {
        let at: Vec<&str> = rows.iter().map(String::as_str).collect();
        return Err(stop(step, &format!("the version table is at {}, which is not where this step begins", at.join(", "))));
    }
    runner.target.begin().await?;
    runner.journal.fence(runner.target).await?;
    runner.journal.put(runner.target, &entry(step, EntryState::Intent)).await?;
    runner.target.commit().await?;
    Ok(())
}

fn entry(step: &Step, state: EntryState) -> Entry {
    Entry {
        step: step.id.clone(),
        statement: String::new(),
        migration: step.migration.0.clone(),
        state,
        hash: step.fallback.as_ref().map(|fallback| fallback.file_sha256.clone()).unwrap_or_default(),
        cursor: None,
        rows: 0,
        batches: 0,
    }
}

/// `env.py` chooses Alembic's database: it has to be at the same revisions as the one under our lock.
async fn same_database(step: &Step, python: &Python, statements: &Path, rows: &BTreeSet<String>) -> Outcome<()> {
    let output = python.alembic(&["current"], statements).await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let at: BTreeSet<&str> = said.lines().filter_map(|line| line.split_whitespace().next()).collect();
    if !output.status.success() {
        return Err(Failure::failed(
            format!("Step {}: `alembic current` failed, so nothing was run: {}", step.id, last_lines(&output.stderr)),
            "Make `alembic current` work in the project's folder, then run again.",
        ));
    }
    if rows.iter().all(|row| at.contains(row.as_str())) && (at.is_empty() || !rows.is_empty()) {
        return Ok(());
    }
    let shown = |ids: Vec<&str>| if ids.is_empty() { "no revision".to_owned() } else { ids.join(", ") };
    Err(Failure::failed(
        format!(
            "Step {}: Alembic's env.py works on a database at {}, and the target is at {}. Nothing was run.",
            step.id,
            shown(at.into_iter().collect()),
            shown(rows.iter().map(String::as_str).collect())
        ),
        "Let env.py take the same URL as the environment (its url_env, or -x), then run again.",
    ))
}

fn outcome(step: &Step, output: &Output, settled: Settled) -> Outcome<()> {
    let said = last_lines(&output.stderr);
    match settled {
        Settled::Done => Ok(()),
        Settled::NotRun if output.status.success() => Err(Failure::failed(
            format!("Step {}: Alembic ended well, but the target's version table has not moved.", step.id),
            "env.py works on another database than the target, or on another version table: look at both before you run again.",
        )),
        Settled::NotRun => Err(Failure::failed(
            format!("Step {}: Alembic failed, and the version table has not moved: {said}", step.id),
            "Where the database runs DDL in transactions nothing of it is left; else look what is. Then run again.",
        )),
        Settled::Unclear => Err(Failure::new(
            Exit::Stopped,
            format!("Step {}: after Alembic the version table is neither before nor after this revision: {said}", step.id),
            "Look at the table and the schema; `flightplan stamp` says where they are.",
        )),
    }
}

fn stop(step: &Step, why: &str) -> StepError {
    StepError::Stop(Failure::failed(format!("Step {}: {why}.", step.id), "Nothing was run. Look at it, then plan again."))
}

fn last_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.iter().rev().take(3).rev().copied().collect::<Vec<_>>().join(" | ")
}

fn captured(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
