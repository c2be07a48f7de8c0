//! `squash`: old migrations as one baseline file, for databases that start empty.

use std::sync::Arc;

use clap::Args;
use planner::finding::Finding;
use planner::migration::{Migration, SourceKind};
use planner::plan::{Step, TransactionMode};
use planner::project::{Project, ProjectFile, Request, path};
use planner::source::flyway::name::{self, FileName};
use planner::source::flyway::squash::{Squashed, squash};
use planner::source::flyway::version::Version;
use planner::source::flyway::{self, next};
use planner::{Report, analyze};
use serde_json::json;

use crate::cli::{Context, Format, output};
use crate::execution::{Refused, refuse_blocking};
use crate::exit::{Exit, Failure};

/// Options of `squash`.
#[derive(Clone, Debug, Args)]
pub struct Squash {
    /// The last version that goes into the file.
    #[arg(long, value_name = "VERSION")]
    to: String,
    /// Description of the new file.
    #[arg(long, value_name = "TEXT", default_value = "baseline")]
    description: String,
}

/// Runs the command.
///
/// # Errors
/// A version that no file has, scripts that are not the same in one file, a file that is there already.
pub fn run(context: &Context, command: &Squash) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let workspace = &context.workspace;
    let (settings, findings) = workspace.settings(&workspace.request);
    refuse_blocking(&findings)?;
    if settings.source == SourceKind::Alembic {
        return Err(Failure::usage(
            "squash is for Flyway migrations.",
            "Alembic's revisions are squashed by a new base revision.",
        )
        .into());
    }
    let to = Version::parse(&command.to)
        .ok_or_else(|| Failure::usage(format!("{:?} is no version.", command.to), "Name the version of a migration."))?;
    let names = flyway::load_names(&workspace.project, &settings, &workspace.request, workspace.machine()).migrations;
    let of_version = |one: &&Migration| one.version.as_deref().and_then(Version::parse).as_ref() == Some(&to);
    let last = names.iter().rfind(of_version).ok_or_else(|| {
        let known = names.iter().filter_map(|one| one.version.clone()).collect::<Vec<_>>().join(", ");
        Failure::usage(format!("No migration has version {}.", command.to), format!("There are: {known}."))
    })?;
    let words = next::description(&command.description)
        .ok_or_else(|| Failure::usage("The description leaves no name for a file.", "Say in a few words what the file is."))?;
    let flyway = &settings.flyway;
    let suffix = flyway.suffixes.first().map_or(".sql", String::as_str);
    let version = last.version.clone().unwrap_or_default();
    let file = format!("{}{version}{}{words}{suffix}", flyway.baseline_prefix, flyway.separator);
    let folder = path::folder(&last.path);
    let path = if folder.is_empty() { file } else { format!("{folder}/{file}") };
    if names.iter().any(|one| one.id.0 == format!("B{version}")) || workspace.root.join(&path).exists() {
        return Err(
            Failure::usage(format!("Version {version} has a baseline file already."), "Name another version with --to.").into()
        );
    }
    let squashed = squash(&workspace.project, &settings, &workspace.request, &to);
    refuse_blocking(&squashed.findings)?;
    refuse_blocking(&differences(context, &squashed, &path))?;
    let text = format!("{}{}", head(&squashed, &version), squashed.text);
    write(&workspace.root.join(&path), &path, &text)?;
    let scripts: Vec<&str> = squashed.migrations.iter().map(|one| one.script.as_str()).collect();
    match context.format {
        Format::Json => output::print_json(&json!({
            "format": 1, "operation": "squash", "version": version, "path": path, "scripts": scripts,
        }))?,
        _ => output::print(&format!(
            "Wrote {path} from {} migration(s).\n\
             An empty database starts with it; one that has any migration passes it over.\n\
             Keep the old files until every database is at version {version} or above.\n",
            scripts.len()
        )),
    }
    Ok(Exit::Done)
}

fn head(squashed: &Squashed, version: &str) -> String {
    let scripts = squashed.migrations.len();
    format!(
        "-- The {scripts} migration(s) up to version {version} in one file, for databases that start empty.\n\
         -- Made by flightplan squash; placeholders are as they were.\n\n"
    )
}

/// The old files and the new one, each simulated from an empty database, have to end in the same schema; and the new one
/// has to be able to run in one transaction where schema changes can, since a baseline that stops half-way leaves neither.
fn differences(context: &Context, squashed: &Squashed, path: &str) -> Vec<Arc<Finding>> {
    let workspace = &context.workspace;
    let request = Request { applied: Default::default(), up_to: None, target: None, ..workspace.request.clone() };
    let parts: Vec<&str> = squashed.migrations.iter().map(|one| one.path.as_str()).collect();
    let others = |file: &&ProjectFile| !parts.contains(&file.path.as_str());
    let old = only(context, |file| parts.contains(&file));
    let mut new = only(context, |_| false);
    new.files.push(ProjectFile { path: path.to_owned(), content: squashed.simulated.clone().into_bytes() });
    debug_assert!(new.files.iter().filter(others).count() > 0, "the new file is none of the old ones");
    let (before, after) = (analyze(&old, &request), analyze(&new, &request));
    let mut findings: Vec<Arc<Finding>> = after.findings.iter().filter(|finding| finding.blocking).cloned().collect();
    let whole = |report: &Report| {
        let alone = |step: &Step| step.transaction != TransactionMode::Transactional;
        !report.settings.dialect.transactional_ddl() || !report.plan.steps.iter().any(alone)
    };
    if findings.is_empty() && !whole(&after) {
        findings.push(refused("a statement in it cannot run inside a transaction", path));
    }
    if findings.is_empty() && before.schema.tables != after.schema.tables {
        findings.push(refused("simulated from an empty database, it ends in another schema than the old files", path));
    }
    findings
}

fn refused(why: &str, path: &str) -> Arc<Finding> {
    Arc::new(Finding::broken(
        "not-squashable",
        None,
        format!("{path} was not written: {why}."),
        "Squash up to an earlier version, or write the baseline by hand: flightplan new --baseline.",
    ))
}

/// The project with those migrations alone.
fn only(context: &Context, keep: impl Fn(&str) -> bool) -> Project {
    let workspace = &context.workspace;
    let (settings, _) = workspace.settings(&workspace.request);
    let is_migration = |file: &ProjectFile| {
        !matches!(name::parse(path::name(&file.path), &settings.flyway), FileName::Other | FileName::Callback(..))
    };
    let files = workspace.project.files.iter().filter(|file| keep(&file.path) || !is_migration(file));
    Project { files: files.cloned().collect() }
}

fn write(at: &std::path::Path, path: &str, text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let failed = |error: std::io::Error| {
        Failure::usage(format!("{path}: cannot be written: {error}."), "Give this user the right to write there.")
    };
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(at).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
