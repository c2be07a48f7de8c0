//! Alembic's listings: `heads`, `branches`, `history`, `show`, `current`. They read files, and rows of the version table
//! where these are asked for; nothing is rendered.

use std::collections::BTreeSet;

use clap::Args;
use planner::finding::Finding;
use planner::migration::SourceKind;
use planner::project::settings::Settings;
use planner::source::alembic::book::{self, Book, End};
use planner::source::alembic::listing::{Listed, Parts};
use serde_json::json;

use crate::cli::{Context, Format, output};
use crate::execution::{self, Refused};
use crate::exit::{Exit, Failure};
use crate::history::History;
use crate::observe;
use crate::target::Access;

/// Options of `heads`.
#[derive(Clone, Debug, Args)]
pub struct Heads {
    /// All that is known of each.
    #[arg(short, long)]
    verbose: bool,
    /// Leave out heads that another revision depends on.
    #[arg(long)]
    resolve_dependencies: bool,
}

/// Options of `branches`.
#[derive(Clone, Debug, Args)]
pub struct Branches {
    /// All that is known of each.
    #[arg(short, long)]
    verbose: bool,
}

/// Options of `history`.
#[derive(Clone, Debug, Args)]
pub struct HistoryCommand {
    /// `OLDER:NEWER`; either may be left out, or be `current`.
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// All that is known of each.
    #[arg(short, long)]
    verbose: bool,
    /// Mark the revisions the database is at.
    #[arg(short, long)]
    indicate_current: bool,
}

/// Options of `show`.
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// A revision, `head`, `heads`, `current`, or `-N`.
    #[arg(allow_hyphen_values = true)]
    revision: String,
}

/// Options of `current`.
#[derive(Clone, Debug, Args)]
pub struct Current {
    /// All that is known of each.
    #[arg(short, long)]
    verbose: bool,
    /// Fail where the database is not at every head.
    #[arg(long, visible_alias = "check-is-head")]
    check_heads: bool,
}

/// The settings, where the environment's source is Alembic.
///
/// # Errors
/// It is Flyway, or the configuration is broken.
pub fn require_alembic(context: &Context) -> Result<Settings, Refused> {
    let (settings, findings) = context.workspace.settings(&context.workspace.request);
    execution::refuse_blocking(&findings)?;
    if settings.source == SourceKind::Flyway {
        return Err(Failure::usage(
            "This environment's source is Flyway, and this command is Alembic's.",
            "Name the environment with --env, or the folder with --source alembic:DIR; for Flyway see `flightplan info`.",
        )
        .into());
    }
    Ok(settings)
}

/// The revisions of the environment's script folder.
///
/// # Errors
/// See [`require_alembic`].
pub fn open(context: &Context) -> Result<(Book, Settings), Refused> {
    let settings = require_alembic(context)?;
    let missing = || Failure::usage("The project has no Alembic script folder.", "Name one with --source alembic:DIR.");
    let book = book::open(&context.workspace.project, &settings, &context.workspace.request).ok_or_else(missing)?;
    Ok((book, settings))
}

/// A finding as the reason to stop.
pub fn refused(finding: Box<Finding>) -> Refused {
    Failure::usage(finding.message, finding.workaround).into()
}

/// The rows of the version table; none where it is missing.
///
/// # Errors
/// No URL, or a database that does not answer.
pub async fn rows(context: &Context, settings: &Settings) -> Result<(BTreeSet<String>, String), Refused> {
    let url = context.workspace.require_url(settings)?;
    let mut target = observe::connect(&url, settings, "flightplan", Access::Read).await?;
    let history = History::of(settings, &target);
    let applied = history.applied(&mut target).await;
    target.close().await;
    Ok((applied.map_err(Failure::from)?.alembic, url.identity()))
}

fn root(context: &Context) -> String {
    let root = context.workspace.root.canonicalize().unwrap_or_else(|_| context.workspace.root.clone());
    format!("{}/", root.display())
}

fn print(context: &Context, listed: &[Listed], verbose: bool, parts: Parts) -> Result<(), Failure> {
    if context.format == Format::Json {
        return output::print_json(&json!({"format": 1, "revisions": listed}));
    }
    let root = root(context);
    let text = |one: &Listed| if verbose { one.entry(&root) } else { one.line(parts) } + "\n";
    say(&listed.iter().map(text).collect::<String>());
    Ok(())
}

/// Nothing found is no line at all.
fn say(text: &str) {
    if !text.is_empty() {
        output::print(text);
    }
}

/// `heads`.
///
/// # Errors
/// Blocking findings.
pub fn heads(context: &Context, command: &Heads) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (book, _) = open(context)?;
    let listed = book.list_heads(command.resolve_dependencies);
    print(context, &listed, command.verbose, Parts { labels: true, ..Parts::default() })?;
    if listed.len() > 1 && listed.iter().all(|head| head.labels.is_empty()) {
        eprintln!("note: {} heads. `flightplan merge heads -m \"merge\"` writes the revision that joins them.", listed.len());
    }
    execution::refuse_blocking(&book.findings)?;
    Ok(Exit::Done)
}

/// `branches`.
///
/// # Errors
/// Blocking findings.
pub fn branches(context: &Context, command: &Branches) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (book, _) = open(context)?;
    let points = book.list_branches();
    if context.format == Format::Json {
        let points: Vec<_> = points.iter().map(|(point, into)| json!({"point": point, "into": into})).collect();
        output::print_json(&json!({"format": 1, "branches": points}))?;
    } else {
        let root = root(context);
        let parts = Parts { labels: true, points: true, ..Parts::default() };
        for (point, into) in &points {
            let first = if command.verbose { point.entry(&root) } else { point.line(parts) };
            let indent = " ".repeat(point.revision.chars().count());
            let line = |one: &Listed| format!("{indent} -> {}", one.line(Parts { description: command.verbose, ..parts }));
            output::print(&format!("{first}\n{}\n\n", into.iter().map(line).collect::<Vec<_>>().join("\n")));
        }
    }
    execution::refuse_blocking(&book.findings)?;
    Ok(Exit::Done)
}

/// `history`.
///
/// # Errors
/// A range that means nothing; blocking findings.
pub async fn history(context: &Context, command: &HistoryCommand) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (book, settings) = open(context)?;
    let (lower, upper) = match command.rev_range.as_deref().map(|range| range.trim().split_once(':')) {
        None => ("", ""),
        Some(Some((lower, upper))) => (lower, upper),
        Some(None) => {
            let cure = "Write -r OLDER:NEWER, -r OLDER: or -r :NEWER.";
            return Err(Failure::usage("History range requires [start]:[end], [start]:, or :[end]", cure).into());
        }
    };
    let asks = command.indicate_current || lower == "current" || upper == "current";
    let rows = if asks { Some(rows(context, &settings).await?.0) } else { None };
    let marks = rows.as_ref().filter(|_| command.indicate_current);
    let listed = book.list_history(&end(lower, "base", &rows), &end(upper, "heads", &rows), marks).map_err(refused)?;
    print(context, &listed, command.verbose, Parts { parents: true, labels: true, points: true, description: true })?;
    execution::refuse_blocking(&book.findings)?;
    Ok(Exit::Done)
}

fn end<'a>(written: &'a str, default: &'a str, rows: &'a Option<BTreeSet<String>>) -> End<'a> {
    match (written, rows) {
        ("", _) => End::Symbol(default),
        ("current", Some(rows)) => End::Rows(rows),
        (written, _) => End::Symbol(written),
    }
}

/// `show`.
///
/// # Errors
/// A symbol that means nothing; blocking findings.
pub async fn show(context: &Context, command: &Show) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (book, settings) = open(context)?;
    let listed = if command.revision == "current" {
        let mut listed = Vec::new();
        for row in rows(context, &settings).await?.0 {
            listed.extend(book.list_shown(&row).map_err(refused)?);
        }
        listed
    } else {
        book.list_shown(&command.revision).map_err(refused)?
    };
    print(context, &listed, true, Parts::default())?;
    execution::refuse_blocking(&book.findings)?;
    Ok(Exit::Done)
}

/// `current`.
///
/// # Errors
/// A target that cannot be reached; [`Exit::Failed`] with `--check-heads` where it is not at every head.
pub async fn current(context: &Context, command: &Current) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (book, settings) = open(context)?;
    let (rows, identity) = rows(context, &settings).await?;
    let listed = book.list_current(&rows).map_err(refused)?;
    let heads: BTreeSet<String> = book.heads(true).into_iter().collect();
    let at_heads = heads.iter().all(|head| rows.contains(head));
    if context.format == Format::Json {
        let rows: Vec<&String> = rows.iter().collect();
        output::print_json(&json!({"format": 1, "rows": rows, "at_heads": at_heads, "revisions": listed}))?;
    } else {
        if command.verbose {
            output::print(&format!("Current revision(s) for {identity}:\n"));
        }
        let root = root(context);
        let parts = Parts { points: true, ..Parts::default() };
        let text = |one: &Listed| if command.verbose { one.entry(&root) } else { one.line(parts) } + "\n";
        say(&listed.iter().map(text).collect::<String>());
    }
    if command.check_heads && !at_heads {
        let missing: Vec<String> = heads.difference(&rows).cloned().collect();
        return Err(Failure::failed(
            "Database is not on all head revisions",
            format!("It lacks {}: `flightplan upgrade heads`.", missing.join(", ")),
        )
        .into());
    }
    Ok(Exit::Done)
}
