//! `new`: an empty migration in the right place, under a name that nothing has.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use planner::dialect::Dialect;
use planner::migration::SourceKind;
use planner::project::path;
use planner::project::settings::{FlywaySettings, Settings};
use planner::source::flyway::name::{self, FileName};
use planner::source::flyway::next;
use serde_json::json;

use crate::branches;
use crate::cli::{Context, Format, output};
use crate::execution::{Refused, refuse_blocking};
use crate::exit::{Exit, Failure, Outcome};

/// Options of `new`.
#[derive(Clone, Debug, Args)]
pub struct New {
    /// What the migration does, in a few words: it becomes the file's name.
    description: String,
    /// A repeatable migration (R): runs again whenever its file changes.
    #[arg(long, conflicts_with = "baseline")]
    repeatable: bool,
    /// A baseline (B): what an empty database starts from, in place of all versions up to its own.
    #[arg(long)]
    baseline: bool,
    /// No U file.
    #[arg(long)]
    no_undo: bool,
    /// A version made of the time, even where the project numbers its versions.
    #[arg(long)]
    timestamp: bool,
}

/// A file to be written.
struct Draft {
    kind: &'static str,
    path: String,
    text: String,
}

/// Runs the command.
///
/// # Errors
/// A configuration with mistakes, a project without a Flyway source, a description that leaves no name, a file that is
/// there already.
pub fn run(context: &Context, command: &New) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let workspace = &context.workspace;
    let (settings, mut findings) = workspace.settings(&workspace.request);
    findings.retain(|finding| !matches!(finding.rule.as_str(), "no-source" | "missing-location"));
    refuse_blocking(&findings)?;
    if settings.source == SourceKind::Alembic {
        return Err(Failure::usage("new makes Flyway migrations.", "Use `flightplan revision -m TEXT` for Alembic.").into());
    }
    let known = branches::migrations(workspace, &settings);
    let words = next::description(&command.description).ok_or_else(|| {
        Failure::usage(
            format!("{:?} leaves no name for a file.", command.description),
            "Say in a few words what the migration does.",
        )
    })?;
    let folder = folder(&settings, &known, command.repeatable)?;
    let next = next::version(&known.versions(&settings.flyway), &now(), command.timestamp);
    let drafts = drafts(workspace.root.as_path(), &settings, command, (&folder, &next.version, &words))?;
    let drafts: Vec<&Draft> = drafts.iter().filter(|draft| draft.kind != "undo" || !command.no_undo).collect();
    write(&workspace.root, &drafts)?;
    let version = (!command.repeatable).then_some(next.version);
    match context.format {
        Format::Json => {
            let files: Vec<_> = drafts.iter().map(|draft| json!({"kind": draft.kind, "path": draft.path})).collect();
            let reason = version.as_ref().map(|_| &next.reason);
            output::print_json(&json!({
                "format": 1, "operation": "new", "version": version, "reason": reason, "compared": known.compared, "files": files,
            }))?;
        }
        _ => {
            let mut text: String = drafts.iter().map(|draft| format!("Wrote {}\n", draft.path)).collect();
            if let Some(version) = version {
                text.push_str(&format!("Version {version}: {}. {}\n", next.reason, known.said()));
            }
            output::print(&text);
        }
    }
    Ok(Exit::Done)
}

/// Seventeen digits, UTC.
fn now() -> String {
    let now = time::OffsetDateTime::now_utc();
    let (date, time) = (now.date(), now.time());
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}{:03}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    )
}

/// Where the newest version lies (or the other repeatables), else the first location.
fn folder(settings: &Settings, known: &branches::Known, repeatable: bool) -> Outcome<String> {
    if let Some(path) = known.neighbour(repeatable) {
        return Ok(path::folder(path).to_owned());
    }
    let first = settings.flyway.locations.first().map(|location| crate::outside::fixed(location));
    first.map(|folder| folder.to_string_lossy().into_owned()).ok_or_else(|| {
        Failure::usage(
            "The project has no Flyway migrations, and no configuration says where they belong.",
            "Name the folder: --source flyway:DIR, or locations in [flyway] of flightplan.toml.",
        )
    })
}

/// The files, with their names checked against the project's own grammar.
fn drafts(root: &Path, settings: &Settings, command: &New, (folder, version, words): (&str, &str, &str)) -> Outcome<Vec<Draft>> {
    let flyway = &settings.flyway;
    let suffix = flyway.suffixes.first().map_or(".sql", String::as_str);
    let separator = &flyway.separator;
    let (kind, prefix, numbered) = match (command.repeatable, command.baseline) {
        (true, _) => ("repeatable", &flyway.repeatable_prefix, ""),
        (_, true) => ("baseline", &flyway.baseline_prefix, version),
        _ => ("versioned", &flyway.versioned_prefix, version),
    };
    let mut files = vec![(kind, format!("{prefix}{numbered}{separator}{words}{suffix}"))];
    if kind == "versioned" {
        files.push(("undo", format!("{}{version}{separator}{words}{suffix}", flyway.undo_prefix)));
    }
    let mut drafts = Vec::new();
    for (kind, file) in files {
        check(&file, kind, flyway)?;
        let shown = Shown { file: &file, description: &command.description, version: numbered };
        let text = template(root, settings, kind, &shown)?;
        let path = if folder.is_empty() { file } else { format!("{folder}/{file}") };
        drafts.push(Draft { kind, path, text });
    }
    Ok(drafts)
}

fn check(file: &str, kind: &str, flyway: &FlywaySettings) -> Outcome<()> {
    let right = match name::parse(file, flyway) {
        FileName::Versioned(..) => kind == "versioned",
        FileName::Undo(..) => kind == "undo",
        FileName::Baseline(..) => kind == "baseline",
        FileName::Repeatable(..) => kind == "repeatable",
        _ => false,
    };
    if right {
        return Ok(());
    }
    Err(Failure::usage(
        format!("{file} would not be read as a {kind} migration with this project's prefixes."),
        "Choose other words, or mend the prefixes and the separator in the configuration.",
    ))
}

/// What a template may name.
struct Shown<'a> {
    file: &'a str,
    description: &'a str,
    version: &'a str,
}

/// The project's own template, else ours.
fn template(root: &Path, settings: &Settings, kind: &str, shown: &Shown<'_>) -> Outcome<String> {
    let templates = &settings.templates;
    let own = match kind {
        "repeatable" => &templates.repeatable,
        "baseline" => &templates.baseline,
        "undo" => &templates.undo,
        _ => &templates.versioned,
    };
    let text = match own {
        Some(path) => std::fs::read_to_string(root.join(path)).map_err(|error| {
            Failure::usage(format!("{path}: the template cannot be read: {error}."), "Correct [new] in flightplan.toml.")
        })?,
        None => ours(settings, kind),
    };
    Ok(text
        .replace("{{description}}", shown.description)
        .replace("{{version}}", shown.version)
        .replace("{{file}}", shown.file)
        .replace("{{lock_timeout_ms}}", &settings.lock_timeout_ms.to_string()))
}

fn ours(settings: &Settings, kind: &str) -> String {
    let transaction = match settings.dialect {
        Dialect::Postgres => {
            "-- Runs in one transaction. What cannot (CREATE INDEX CONCURRENTLY, VACUUM) goes into a migration of its own.\n"
        }
        Dialect::Sqlite => "-- Runs in one transaction. PRAGMA foreign_keys cannot; it goes into a migration of its own.\n",
        Dialect::MySql | Dialect::MariaDb => {
            "-- Every CREATE, ALTER and DROP commits at once: one of them a migration can be taken up again after a failure.\n"
        }
    };
    let head = match kind {
        "undo" => "-- Takes back: {{description}}\n",
        "repeatable" => {
            "-- {{description}}\n-- Runs again whenever this file changes, so it must hold each time: CREATE OR REPLACE, DROP … IF EXISTS.\n"
        }
        "baseline" => {
            "-- {{description}}\n-- An empty database starts here, in place of all versions up to {{version}}; others pass this file over.\n"
        }
        _ => "-- {{description}}\n",
    };
    format!("{head}{transaction}{}\n", timeouts(settings))
}

/// Nobody shall wait long behind a migration that waits for a lock.
fn timeouts(settings: &Settings) -> String {
    let seconds = settings.lock_timeout_ms.div_ceil(1000).max(1);
    match settings.dialect {
        Dialect::Postgres => "SET LOCAL lock_timeout = '{{lock_timeout_ms}}ms';\n".to_owned(),
        Dialect::MySql | Dialect::MariaDb => format!("SET SESSION lock_wait_timeout = {seconds};\n"),
        Dialect::Sqlite => "PRAGMA busy_timeout = {{lock_timeout_ms}};\n".to_owned(),
    }
}

/// Writes the files, none of which may be there.
fn write(root: &Path, drafts: &[&Draft]) -> Outcome<()> {
    let at = |draft: &Draft| -> PathBuf { root.join(&draft.path) };
    if let Some(draft) = drafts.iter().find(|draft| at(draft).exists()) {
        return Err(Failure::usage(
            format!("{} is there already; nothing was written.", draft.path),
            "Choose another description.",
        ));
    }
    for draft in drafts {
        let path = at(draft);
        let failed = |error: std::io::Error| {
            Failure::usage(format!("{}: cannot be written: {error}.", draft.path), "Give this user the right to write there.")
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        file.write_all(draft.text.as_bytes()).map_err(failed)?;
    }
    Ok(())
}
