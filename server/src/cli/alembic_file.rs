//! `revision` and `merge`: a new revision file from the project's `script.py.mako`. No file is ever overwritten.

use std::fs;
use std::io::Write;
use std::path::Path;

use clap::Args;
use planner::project::path::folder;
use planner::project::settings::Settings;
use planner::source::alembic::book::{self, Book};
use planner::source::alembic::new_file::{CreateDate, NewRevision};
use serde_json::json;
use time::OffsetDateTime;

use crate::cli::{Context, Format, alembic_list, output};
use crate::execution::Refused;
use crate::exit::{Exit, Failure};

/// Options of `revision`.
#[derive(Clone, Debug, Default, Args)]
pub struct RevisionCommand {
    /// What it does, in a few words.
    #[arg(short, long)]
    message: Option<String>,
    /// Compare the models with the database: needs Python.
    #[arg(long)]
    autogenerate: bool,
    /// The revision it follows.
    #[arg(long, default_value = "head", allow_hyphen_values = true)]
    head: String,
    /// Let it follow a revision that is no head: a new branch.
    #[arg(long)]
    splice: bool,
    /// Label of the branch it begins.
    #[arg(long)]
    branch_label: Option<String>,
    /// Its version location.
    #[arg(long, value_name = "DIR")]
    version_path: Option<String>,
    /// Its id, in place of a random one.
    #[arg(long)]
    rev_id: Option<String>,
    /// A revision it depends on.
    #[arg(long, value_name = "REVISION")]
    depends_on: Vec<String>,
}

/// Options of `merge`.
#[derive(Clone, Debug, Args)]
pub struct Merge {
    /// Revisions to join, or `heads`.
    #[arg(required = true)]
    revisions: Vec<String>,
    /// What it does, in a few words.
    #[arg(short, long)]
    message: Option<String>,
    /// Label of the branch it begins.
    #[arg(long)]
    branch_label: Option<String>,
    /// Its id, in place of a random one.
    #[arg(long)]
    rev_id: Option<String>,
    /// Join revisions that are no heads.
    #[arg(long)]
    splice: bool,
}

/// `revision`.
///
/// # Errors
/// A head that means nothing or several; an id that is taken; a file that cannot be written.
pub fn revision(context: &Context, command: &RevisionCommand) -> Result<Exit, Refused> {
    context.allow(&[])?;
    if command.autogenerate {
        return Err(Failure::usage(
            "--autogenerate compares the application's models with the database, which takes the application's Python.",
            "Run `alembic revision --autogenerate` in its environment; Flightplan reads the file it writes.",
        )
        .into());
    }
    let (book, settings) = alembic_list::open(context)?;
    let parents = book.revisions(&command.head).map_err(alembic_list::refused)?;
    write(context, &book, &settings, command, parents)
}

/// `merge`.
///
/// # Errors
/// As [`revision`].
pub fn merge(context: &Context, command: &Merge) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (book, settings) = alembic_list::open(context)?;
    let mut parents = Vec::new();
    for symbol in &command.revisions {
        parents.extend(book.revisions(symbol).map_err(alembic_list::refused)?);
    }
    let asked = RevisionCommand {
        message: command.message.clone(),
        splice: command.splice,
        branch_label: command.branch_label.clone(),
        rev_id: command.rev_id.clone(),
        ..RevisionCommand::default()
    };
    write(context, &book, &settings, &asked, parents)
}

fn write(
    context: &Context,
    book: &Book,
    settings: &Settings,
    command: &RevisionCommand,
    parents: Vec<String>,
) -> Result<Exit, Refused> {
    let made = NewRevision {
        id: id(book, command.rev_id.as_deref())?,
        message: command.message.clone(),
        labels: command.branch_label.clone().into_iter().collect(),
        depends_on: depends_on(book, &command.depends_on)?,
        date: now(settings.alembic.timezone.is_some()),
        parents,
    };
    check_parents(book, &made.parents, command.splice)?;
    let location = location(context, book, settings, command, &made.parents)?;
    let root = context.workspace.root.canonicalize().unwrap_or_else(|_| context.workspace.root.clone());
    let name = made.file_name(&settings.alembic).map_err(|part| {
        Failure::usage(
            format!("file_template has {part}, which means nothing."),
            "Its words are rev, slug, epoch, year … second.",
        )
    })?;
    let path = root.join(&location).join(name);
    let template = fs::read_to_string(root.join(&settings.alembic.script_location).join("script.py.mako")).ok();
    let (text, why) = made.text(template.as_deref());
    if let Some(why) = why {
        eprintln!("note: script.py.mako has parts that are not read without Python ({why}); Alembic's own template was used.");
    }
    create(&path, &text)?;
    if context.format == Format::Json {
        let file = path.strip_prefix(&root).unwrap_or(&path);
        output::print_json(&json!({"format": 1, "operation": "revision", "revision": made.id, "parents": made.parents,
            "depends_on": made.depends_on, "labels": made.labels, "path": file}))?;
    } else {
        output::print(&format!("  Generating {} ...  done\n", path.display()));
    }
    Ok(Exit::Done)
}

fn id(book: &Book, given: Option<&str>) -> Result<String, Failure> {
    let Some(id) = given else {
        let random = uuid::Uuid::new_v4().simple().to_string();
        return Ok(random.chars().skip(20).collect());
    };
    let illegal: Vec<String> = id.chars().filter(|c| "@-+:".contains(*c)).map(String::from).collect();
    let cure = "Take an id of letters, digits and underscores, 32 characters at most.";
    if !illegal.is_empty() {
        let message = format!("Character(s) '{}' not allowed in revision identifier '{id}'", illegal.join(", "));
        return Err(Failure::usage(message, cure));
    }
    if id.chars().count() > 32 || id.is_empty() {
        return Err(Failure::usage(format!("revision id {id:?} does not fit into version_num, which holds 32 characters"), cure));
    }
    match book.find(id) {
        Some(page) => Err(Failure::usage(format!("revision id {id} is taken by {}", page.path), "Take another id.")),
        None => Ok(id.to_owned()),
    }
}

fn depends_on(book: &Book, written: &[String]) -> Result<Vec<String>, Refused> {
    let mut found = Vec::new();
    for symbol in written {
        match book.list_shown(symbol).map_err(alembic_list::refused)?.as_slice() {
            [one] if one.labels.contains(symbol) => found.push(symbol.clone()),
            [one] => found.push(one.revision.clone()),
            _ => return Err(Failure::usage(format!("{symbol} does not name one revision"), "Name one by its id.").into()),
        }
    }
    Ok(found)
}

fn check_parents(book: &Book, parents: &[String], splice: bool) -> Result<(), Refused> {
    let mut seen = std::collections::BTreeSet::new();
    if !parents.iter().all(|parent| seen.insert(parent)) {
        return Err(Failure::usage("Duplicate head revisions specified", "Name each once.").into());
    }
    let heads = book.heads(false);
    match parents.iter().find(|parent| !splice && !heads.contains(parent)) {
        Some(parent) => Err(Failure::usage(
            format!(
                "Revision {parent} is not a head revision; please specify --splice to create a new branch from this revision"
            ),
            format!("The heads are {}.", heads.join(", ")),
        )
        .into()),
        None => Ok(()),
    }
}

/// The folder, relative to the project.
fn location(
    context: &Context,
    book: &Book,
    settings: &Settings,
    command: &RevisionCommand,
    parents: &[String],
) -> Result<String, Failure> {
    let all = book::locations(&context.workspace.project, settings, &context.workspace.request).unwrap_or_default();
    if let Some(asked) = &command.version_path {
        let asked = planner::project::path::join("", asked);
        return match all.iter().find(|one| **one == asked) {
            Some(one) => Ok(one.clone()),
            None => Err(Failure::usage(
                format!("Path {asked} is not represented in current version locations"),
                format!("They are {}; paths are relative to the project.", all.join(", ")),
            )),
        };
    }
    match (all.as_slice(), parents.first().and_then(|parent| book.find(parent))) {
        ([only], _) => Ok(only.clone()),
        (_, Some(page)) => Ok(folder(&page.path).to_owned()),
        (_, None) => Err(Failure::usage(
            "Multiple version locations present, please specify --version-path",
            format!("They are {}.", all.join(", ")),
        )),
    }
}

fn now(with_zone: bool) -> CreateDate {
    let now = OffsetDateTime::now_utc();
    let parts = [now.month() as u8, now.day(), now.hour(), now.minute(), now.second()].map(i64::from);
    let [month, day, hour, minute, second] = parts;
    let zone = if with_zone { "+00:00" } else { "" };
    CreateDate {
        parts: [i64::from(now.year()), month, day, hour, minute, second],
        epoch: now.unix_timestamp(),
        text: format!("{}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{:06}{zone}", now.year(), now.microsecond()),
    }
}

fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| {
        let cure = match error.kind() {
            std::io::ErrorKind::AlreadyExists => "It was left as it is: take another message or --rev-id.",
            _ => "Give this user the right to write there.",
        };
        Failure::usage(format!("{}: cannot be written: {error}.", path.display()), cure)
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(unwritable)?;
    }
    let mut file = fs::File::options().write(true).create_new(true).open(path).map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(unwritable)
}
