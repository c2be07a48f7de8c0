//! `split`: a migration that mixes phases, or changes what a live release knows, as files that can run one by one.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use planner::sequence::{File, Proposal, Values, propose};
use serde_json::json;

use crate::cli::{Context, look, output};
use crate::execution::{Refused, refuse_blocking};
use crate::exit::{Exit, Failure, Outcome};

/// What an old file is called afterwards: neither Flyway nor Flightplan reads it under that name.
const ASIDE: &str = ".split";

/// Options of `split`.
#[derive(Clone, Debug, Args)]
pub struct Split {
    /// The migration: V7, its version, its revision, or its file.
    #[arg(value_name = "MIGRATION")]
    migration: String,
    /// Save the files; the old ones stay beside them as FILE.split.
    #[arg(long)]
    write: bool,
    /// With --write and without a database: the migration has run nowhere yet.
    #[arg(long, requires = "write")]
    not_applied: bool,
    /// What rows that have no value get, as SQL: users.email="''".
    #[arg(long, value_name = "TABLE.COLUMN=SQL")]
    value: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// A migration that is not there, is applied, or cannot be split; a file that is there already or cannot be written.
pub async fn run(context: &Context, command: &Split) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let workspace = &context.workspace;
    let (settings, findings) = workspace.settings(&workspace.request);
    refuse_blocking(&findings)?;
    let values = values(&command.value)?;
    let proposal = match propose(&workspace.project, &settings, &workspace.request, &command.migration, &values) {
        Ok(proposal) => proposal,
        Err(finding) => {
            let failure = Failure::usage(finding.message.clone(), finding.workaround.clone());
            let findings = if finding.span.is_some() { vec![Arc::from(finding)] } else { Vec::new() };
            return Err(Refused { failure, findings });
        }
    };
    if command.write && !proposal.files.is_empty() {
        not_applied(context, command, &proposal).await?;
        write(&workspace.root, &proposal)?;
    }
    if context.format == crate::cli::Format::Json {
        output::print_json(&json!({
            "format": 1, "migration": proposal.migration, "replaces": proposal.replaces, "files": proposal.files,
            "notes": proposal.notes, "written": command.write && !proposal.files.is_empty(),
        }))?;
    } else {
        output::print(&text(&proposal, command.write));
    }
    Ok(Exit::Done)
}

fn values(all: &[String]) -> Outcome<Values> {
    let pair = |text: &String| {
        let known = text.split_once('=').filter(|(name, value)| name.contains('.') && !value.is_empty());
        known.map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(|| {
            Failure::usage(format!("--value {text:?} is not understood."), "Write TABLE.COLUMN=SQL: --value users.email=\"''\".")
        })
    };
    all.iter().map(pair).collect()
}

/// What is applied must keep its bytes.
async fn not_applied(context: &Context, command: &Split, proposal: &Proposal) -> Result<(), Refused> {
    let seen = look::look(&context.workspace, &context.workspace.request).await?;
    if seen.live.is_none() && !command.not_applied {
        let cure = "Name the database with --url, or say --not-applied if the migration has run nowhere.";
        let failure = Failure::usage("--write has no database to ask whether the migration is applied.", cure);
        return Err(failure.into());
    }
    if seen.report.graph.nodes.iter().any(|node| node.applied && node.id.0 == proposal.migration) {
        let message = format!("{} is applied, so its file must stay as it is; nothing was written.", proposal.migration);
        return Err(Failure::usage(message, "Write the next change as a migration of its own: flightplan new.").into());
    }
    Ok(())
}

fn text(proposal: &Proposal, written: bool) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    if proposal.files.is_empty() {
        let _ = writeln!(out, "{} can stay as it is: it has one phase.", proposal.migration);
    }
    for File { path, text, phase, .. } in &proposal.files {
        if written {
            let _ = writeln!(out, "Wrote {path} ({})", phase.name());
        } else {
            let _ = writeln!(out, "--- {path} ({})\n{text}", phase.name());
        }
    }
    for note in &proposal.notes {
        let _ = writeln!(out, "Note: {note}");
    }
    for path in &proposal.replaces {
        if written {
            let _ = writeln!(out, "Kept {path} as {path}{ASIDE}");
        }
    }
    if !written && !proposal.files.is_empty() {
        let _ = writeln!(
            out,
            "flightplan split {} --write saves them in place of {}.",
            proposal.migration,
            proposal.replaces.join(", ")
        );
    }
    out
}

/// All new files are written and all old ones set aside, or none.
fn write(root: &Path, proposal: &Proposal) -> Outcome<()> {
    let failed = |path: &Path, error: &std::io::Error| {
        let message = format!("{}: cannot be written: {error}. Nothing was changed.", path.display());
        Failure::usage(message, "Mend its permissions, or move what is there already out of the way.")
    };
    let aside: Vec<(PathBuf, PathBuf)> =
        proposal.replaces.iter().map(|path| (root.join(path), root.join(format!("{path}{ASIDE}")))).collect();
    if let Some((_, there)) = aside.iter().find(|(_, aside)| aside.exists()) {
        return Err(failed(there, &std::io::Error::from(std::io::ErrorKind::AlreadyExists)));
    }
    let (mut made, mut moved) = (Vec::new(), Vec::new());
    let result = all(root, proposal, &aside, (&mut made, &mut moved));
    result.map_err(|(path, error)| {
        for path in made {
            let _ = std::fs::remove_file(path);
        }
        for (from, to) in moved {
            let _ = std::fs::rename(to, from);
        }
        failed(&path, &error)
    })
}

/// Does it, and tells what was done so far.
fn all(
    root: &Path,
    proposal: &Proposal,
    aside: &[(PathBuf, PathBuf)],
    (made, moved): (&mut Vec<PathBuf>, &mut Vec<(PathBuf, PathBuf)>),
) -> Result<(), (PathBuf, std::io::Error)> {
    for (from, to) in aside {
        std::fs::rename(from, to).map_err(|error| (from.clone(), error))?;
        moved.push((from.clone(), to.clone()));
    }
    for file in &proposal.files {
        let path = root.join(&file.path);
        let mut new = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| (path.clone(), error))?;
        made.push(path.clone());
        new.write_all(file.text.as_bytes()).map_err(|error| (path, error))?;
    }
    Ok(())
}
