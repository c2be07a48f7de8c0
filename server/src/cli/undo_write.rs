//! `undo --write`: the derived way back as a U file beside its V file, or as the body of an empty `downgrade()`.
//!
//! What is written is read again before it is saved: it has to be the statements that were derived. A file that its author
//! wrote is never changed.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;

use planner::dialect::Dialect;
use planner::effect::Reversibility;
use planner::migration::{Migration, MigrationKind, SourceKind};
use planner::project::ProjectFile;
use planner::project::settings::Settings;
use planner::source::alembic::python_text::python_text;
use planner::source::flyway::name::{self, FileName};
use planner::statement::split::{split, tokens};
use planner::undo::Derived;
use serde_json::json;

use crate::cli::{Context, Format};
use crate::execution::{Refused, refuse_blocking};
use crate::exit::{Exit, Failure, Outcome};

/// Which migrations get a way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The newest one.
    Newest,
    /// These: ids, versions, revisions or files.
    Named(Vec<String>),
    /// Every one that has none.
    All,
}

/// A file as it will be.
struct Draft {
    migration: String,
    path: String,
    text: String,
    derived: Derived,
    /// The file is there and holds the revision.
    replaces: bool,
}

/// Runs the command.
///
/// # Errors
/// A migration that is not there, has a way back of its author's, or none that can be derived; a file that cannot be written.
/// With `--all` those are passed over and told.
pub fn run(context: &Context, asked: &Asked) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let workspace = &context.workspace;
    let report = workspace.analyze(&workspace.request);
    refuse_blocking(&workspace.settings(&workspace.request).1)?;
    let settings = &report.settings;
    let counts = |one: &&Migration| {
        one.source == settings.source && matches!(one.kind, MigrationKind::Versioned | MigrationKind::Revision)
    };
    let own: Vec<&Migration> = report.migrations.iter().filter(counts).collect();
    let ways = planner::pipeline::ways_back(&report, &workspace.request);
    let batches = planner::pipeline::batches_back(&report, &workspace.request);
    let (mut drafts, mut passed) = (Vec::new(), Vec::new());
    for migration in chosen(&own, asked)? {
        let derived = ways.get(&migration.id).cloned().unwrap_or_default();
        let draft = match batches.get(&migration.id) {
            Some(batches) if !batches.is_empty() => Err(in_batches(migration)),
            _ => draft(context, settings, migration, derived),
        };
        match draft {
            Ok(draft) => drafts.push(draft),
            Err(failure) if *asked == Asked::All => passed.push((migration.id.to_string(), failure.message)),
            Err(failure) => return Err(failure.into()),
        }
    }
    for draft in &drafts {
        save(context, draft)?;
    }
    if context.format == Format::Json {
        let written: Vec<_> = drafts
            .iter()
            .map(|draft| {
                json!({
                    "migration": draft.migration, "path": draft.path, "undo": draft.derived.reversibility,
                    "statements": draft.derived.statements, "notes": draft.derived.notes,
                })
            })
            .collect();
        let passed: Vec<_> = passed.iter().map(|(id, why)| json!({"migration": id, "reason": why})).collect();
        context.give(json!({"format": 1, "written": written, "passed_over": passed}));
    } else {
        context.say(&told(&drafts, &passed));
    }
    Ok(Exit::Done)
}

fn told(drafts: &[Draft], passed: &[(String, String)]) -> String {
    let mut text = String::new();
    for draft in drafts {
        let word = if draft.derived.reversibility == Reversibility::Lossless { "lossless" } else { "lossy" };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "Wrote {} ({word})", draft.path);
        for note in &draft.derived.notes {
            let _ = writeln!(text, "    {note}");
        }
    }
    for (_, why) in passed {
        let _ = writeln!(text, "Passed over: {why}");
    }
    if text.is_empty() { "Every migration has a way back.".to_owned() } else { text }
}

fn chosen<'a>(own: &[&'a Migration], asked: &Asked) -> Outcome<Vec<&'a Migration>> {
    match asked {
        Asked::All => Ok(own.iter().copied().filter(|migration| authors(migration).is_none()).collect()),
        Asked::Newest => match own.last() {
            Some(newest) => Ok(vec![newest]),
            None => Err(Failure::usage("The project has no migration that could be taken back.", "See `flightplan info`.")),
        },
        Asked::Named(names) => {
            let find = |name: &String| {
                let is = |one: &&&Migration| {
                    let file = one.path.rsplit('/').next().unwrap_or_default();
                    one.id.0 == *name || one.version.as_ref() == Some(name) || one.path == *name || file == name
                };
                own.iter().find(is).copied().ok_or_else(|| {
                    let cure = "Name it as `flightplan info` shows it, or by its file.";
                    Failure::usage(format!("There is no migration {name} here. Nothing was written."), cure)
                })
            };
            names.iter().map(find).collect()
        }
    }
}

/// File of the way back its author wrote.
fn authors(migration: &Migration) -> Option<&str> {
    let script = migration.undo.as_ref()?;
    let empty = migration.source == SourceKind::Alembic && script.statements.is_empty() && script.opaque.is_empty();
    (!empty).then_some(script.path.as_str())
}

/// A file would restore the old values in one statement, and forget which rows it left.
fn in_batches(migration: &Migration) -> Failure {
    Failure::usage(
        format!(
            "{} keeps its old values, and its way back restores them in batches, which no file can say. Nothing was written.",
            migration.id
        ),
        "Write no file: `flightplan undo` goes that way, and lists the rows that others changed meanwhile.",
    )
}

fn draft(context: &Context, settings: &Settings, migration: &Migration, derived: Derived) -> Outcome<Draft> {
    let id = &migration.id;
    if let Some(path) = authors(migration) {
        let message = format!("{id} has a way back that its author wrote ({path}). Nothing was written.");
        return Err(Failure::usage(message, "`flightplan lint` says whether it comes back to the same schema."));
    }
    if !derived.possible() || derived.statements.is_empty() {
        let why = if derived.notes.is_empty() { "it changes nothing.".to_owned() } else { derived.notes.join(" ") };
        let cure = format!("Write it by hand beside {}, or go forward with a new migration.", migration.path);
        return Err(Failure::usage(format!("{id} has no way back that can be derived: {why} Nothing was written."), cure));
    }
    let (path, text) = match migration.source {
        SourceKind::Flyway => (undo_path(settings, migration)?, flyway_text(settings.dialect, migration, &derived)),
        SourceKind::Alembic => (migration.path.clone(), alembic_text(context, migration, &derived)?),
    };
    let replaces = migration.source == SourceKind::Alembic;
    let draft = Draft { migration: id.to_string(), path, text, derived, replaces };
    read_back(context, migration, &draft)?;
    Ok(draft)
}

/// `U7__add.sql` beside `V7__add.sql`.
fn undo_path(settings: &Settings, migration: &Migration) -> Outcome<String> {
    let flyway = &settings.flyway;
    let (folder, file) = migration.path.rsplit_once('/').map_or(("", migration.path.as_str()), |(folder, file)| (folder, file));
    let undo = file.strip_prefix(flyway.versioned_prefix.as_str()).map(|rest| format!("{}{rest}", flyway.undo_prefix));
    match undo.filter(|undo| matches!(name::parse(undo, flyway), FileName::Undo(..))) {
        Some(undo) if folder.is_empty() => Ok(undo),
        Some(undo) => Ok(format!("{folder}/{undo}")),
        None => Err(Failure::usage(
            format!("No name of an undo script follows from {file} with this project's prefixes. Nothing was written."),
            "Mend the prefixes in the configuration.",
        )),
    }
}

/// What the file says of itself, as comments.
fn header(mark: &str, migration: &Migration, derived: &Derived) -> String {
    let file = migration.path.rsplit('/').next().unwrap_or_default();
    let mut text = format!("{mark} Takes back {file}: derived by Flightplan from the schema before it.\n");
    if derived.reversibility == Reversibility::Lossless {
        let _ = writeln!(text, "{mark} Lossless: schema and rows are what they were before.");
    } else {
        let _ = writeln!(text, "{mark} LOSSY:");
        for note in &derived.notes {
            let _ = writeln!(text, "{mark}   {}", note.replace('\n', " "));
        }
    }
    text
}

fn flyway_text(dialect: Dialect, migration: &Migration, derived: &Derived) -> String {
    let mut text = header("--", migration, derived);
    text.push('\n');
    for statement in &derived.statements {
        let statement = statement.trim().trim_end_matches(';');
        let whole = split(&format!("{statement};"), dialect).0.len() == 1;
        let _ = match whole {
            true => writeln!(text, "{statement};"),
            false => writeln!(text, "DELIMITER //\n{statement} //\nDELIMITER ;"),
        };
    }
    text
}

/// The revision's file with a body for `downgrade()`.
fn alembic_text(context: &Context, migration: &Migration, derived: &Derived) -> Outcome<String> {
    let file = context.workspace.project.files.iter().find(|file| file.path == migration.path);
    let text = file.and_then(|file| String::from_utf8(file.content.clone()).ok()).unwrap_or_default();
    let cannot = |why: &str| {
        let cure = format!("Write downgrade() in {} by hand.", migration.path);
        Failure::usage(format!("{}: downgrade() cannot be filled in: {why}. Nothing was written.", migration.path), cure)
    };
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|line| line.starts_with("def downgrade(")).ok_or_else(|| cannot("there is none"))?;
    let body = lines.iter().enumerate().skip(start + 1).take_while(|(_, line)| line.is_empty() || line.starts_with([' ', '\t']));
    let code: Vec<(usize, &str)> =
        body.map(|(at, line)| (at, line.trim())).filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect();
    let [(at, only)] = code.as_slice() else { return Err(cannot("it is more than `pass`")) };
    if *only != "pass" && *only != "..." {
        return Err(cannot("it is more than `pass`"));
    }
    if !text.contains("from alembic import op") {
        return Err(cannot("the file does not import op from alembic"));
    }
    let indent: String = lines.get(*at).map(|line| line.chars().take_while(|c| c.is_whitespace()).collect()).unwrap_or_default();
    let mut filled = String::new();
    for line in header("#", migration, derived).lines() {
        let _ = writeln!(filled, "{indent}{line}");
    }
    for statement in &derived.statements {
        let _ = writeln!(filled, "{indent}op.execute({})", python_text(statement.trim().trim_end_matches(';')));
    }
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let filled = filled.trim_end().replace('\n', ending);
    let all: Vec<&str> = lines.iter().enumerate().map(|(line, own)| if line == *at { filled.as_str() } else { own }).collect();
    Ok(format!("{}{ending}", all.join(ending)))
}

/// Reads the project with the file in it: the way back has to be what was derived.
fn read_back(context: &Context, migration: &Migration, draft: &Draft) -> Outcome<()> {
    let workspace = &context.workspace;
    let mut project = workspace.project.clone();
    project.files.retain(|file| file.path != draft.path);
    project.files.push(ProjectFile { path: draft.path.clone(), content: draft.text.clone().into_bytes() });
    let report = planner::analyze(&project, &workspace.request);
    // Comments before a statement are read with it.
    let plain = |sql: &str| -> Vec<String> {
        let words = tokens(sql, report.settings.dialect, usize::MAX);
        words.into_iter().filter(|word| *word != ";").map(str::to_owned).collect()
    };
    let expected: Vec<Vec<String>> = draft.derived.statements.iter().map(|sql| plain(sql)).collect();
    let script = report.migrations.iter().find(|own| own.id == migration.id).and_then(|own| own.undo.as_ref());
    let read = script.map(|script| script.statements.iter().map(|own| plain(&own.sql)).collect::<Vec<_>>());
    if read.as_ref() == Some(&expected) && script.is_some_and(|script| script.opaque.is_empty()) {
        return Ok(());
    }
    Err(Failure::usage(
        format!("The way back of {} would not be read from {} as it was derived. Nothing was written.", migration.id, draft.path),
        format!("Write it by hand:\n  {}", draft.derived.statements.join(";\n  ")),
    ))
}

fn save(context: &Context, draft: &Draft) -> Outcome<()> {
    let path = context.workspace.root.join(&draft.path);
    let mut options = OpenOptions::new();
    options.write(true);
    let options = if draft.replaces { options.truncate(true) } else { options.create_new(true) };
    options.open(&path).and_then(|mut file| file.write_all(draft.text.as_bytes())).map_err(|error| {
        let cure = "Mend its permissions, or move what is there already out of the way.";
        Failure::usage(format!("{}: cannot be written: {error}.", draft.path), cure)
    })
}
