//! `check`: what would run (`-dryrun`), what it changes (`-changes`), what others have changed (`-drift`).
//!
//! Flyway builds a second database for the last two; here the planner simulates the schema from the files.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use clap::Args;
use planner::Report;
use planner::catalog::Catalog;
use planner::catalog::compare::{Difference, DifferenceKind, compare};
use planner::catalog::diff::{Change, diff};
use planner::catalog::schema::schema;
use planner::migration::SourceKind;
use planner::statement::parse::parse;
use planner::statement::touches::{ObjectRef, writes};
use serde_json::{Map, Value, json};

use crate::cli::look::{self, Look};
use crate::cli::words::FLYWAY_VERSION;
use crate::cli::{Context, Format, dry_run, output, view_drift};
use crate::ddl_log;
use crate::execution::{self, Refused};
use crate::exit::{Exit, Failure, Outcome};
use crate::history::History;
use crate::observe;
use crate::target::Access;

/// Options of `check`. No build database is needed: the schema is simulated from the files.
#[derive(Clone, Debug, Args)]
pub struct Check {
    /// All SQL that `migrate` would send, the history's included; to a file with --dry-run-output FILE.
    #[arg(long)]
    dryrun: bool,
    /// Objects that the pending migrations add, remove and change.
    #[arg(long)]
    changes: bool,
    /// Objects of the live schema that the applied migrations do not account for; ends with 3 where there are any.
    #[arg(long)]
    drift: bool,
    /// Flyway's check of the SQL itself: here it is `flightplan lint`.
    #[arg(long, hide = true)]
    code: bool,
}

/// What the live schema has besides, or lacks.
#[derive(Debug, Default)]
pub(super) struct Drift {
    pub(super) certain: Vec<Difference>,
    pub(super) uncertain: Vec<Difference>,
    /// Of objects that callbacks make: those are nobody's drift.
    pub(super) by_callbacks: Vec<Difference>,
    /// Something that was applied could not be read.
    pub(super) opaque: bool,
}

/// Runs the command.
///
/// # Errors
/// No question asked; a target that cannot be reached; files that cannot be read.
pub async fn run(context: &Context, command: &Check) -> Result<Exit, Refused> {
    context.allow(&[Format::Markdown])?;
    if command.code {
        return Err(Failure::usage("The SQL itself is checked by another command.", "Run `flightplan lint`.").into());
    }
    if !(command.dryrun || command.changes || command.drift) {
        return Err(nothing_asked(context).into());
    }
    let mut parts = Map::new();
    let mut text = String::new();
    let mut drifted = false;
    if command.dryrun {
        let run = dry_run::write(context).await?;
        if let Some(file) = &context.words.dry_run_output {
            save(file, &run.sql)?;
        }
        dry_run_part(context, &run, &mut parts, &mut text);
    }
    let mut database = Value::Null;
    if command.changes || command.drift {
        let seen = look::look(&context.workspace, &context.workspace.request).await?;
        execution::refuse_blocking(&unreadable(&seen))?;
        database = seen.live.as_ref().map_or(Value::Null, |(url, _)| output::catalog(url));
        let schemas = planner::pipeline::schemas(&seen.report, &seen.request);
        if command.changes {
            changes_part(context, &changes(&schemas.before, &schemas.after), &mut parts, &mut text);
        }
        if command.drift {
            let drift = drift(&seen, &schemas.before).await?;
            drifted = !drift.certain.is_empty();
            drift_part(context, &drift, &mut parts, &mut text);
            who_part(context, &seen, &mut parts, &mut text).await?;
        }
    }
    if context.format == Format::Json {
        let mut object = Map::from_iter([("format".to_owned(), json!(1))]);
        object.extend(parts);
        object.extend([
            ("flywayVersion".to_owned(), json!(FLYWAY_VERSION)),
            ("database".to_owned(), database),
            ("warnings".to_owned(), json!([])),
            ("operation".to_owned(), json!("check")),
        ]);
        context.give(Value::Object(object));
    } else {
        context.say(&text);
    }
    Ok(if drifted { Exit::Findings } else { Exit::Done })
}

/// Alembic has a `check` of its own, with another meaning.
fn nothing_asked(context: &Context) -> Failure {
    let mut cure =
        "Ask with -dryrun (what would run), -changes (what it changes), -drift (what others changed), or several.".to_owned();
    if context.workspace.settings(&context.workspace.request).0.source == SourceKind::Alembic {
        cure.push_str(
            " Whether the models have changes that no revision makes is asked with `alembic check`, which needs Python.",
        );
    }
    Failure::usage("check has nothing to check.", cure)
}

/// `migrate -dryRunOutput=FILE`: the script goes there, and nothing runs.
///
/// # Errors
/// What `migrate` would refuse; a file that cannot be written.
pub async fn migrate_to_file(context: &Context, file: &Path) -> Result<Exit, Refused> {
    let run = dry_run::write(context).await?;
    save(file, &run.sql)?;
    let migrations = run.plan.steps.iter().filter(|step| step.history.is_some()).count();
    if context.format == Format::Json {
        context.give(json!({
            "format": 1, "dryRunOutput": file.to_string_lossy(), "migrationsExecuted": 0, "migrationsPlanned": migrations,
            "success": true, "flywayVersion": FLYWAY_VERSION, "warnings": [], "operation": "migrate",
        }));
    } else {
        context.say(&format!("The SQL of {} is in {}. Nothing was executed.", counted(migrations, "migration"), file.display()));
    }
    Ok(Exit::Done)
}

fn save(file: &Path, sql: &str) -> Outcome<()> {
    std::fs::write(file, sql).map_err(|error| {
        Failure::usage(format!("{}: cannot be written: {error}.", file.display()), "Name a file in a folder that exists.")
    })
}

/// Findings that leave the files without a meaning. What `migrate` would refuse for the history's sake is no hindrance.
fn unreadable(seen: &Look) -> Vec<Arc<planner::finding::Finding>> {
    let names = ["duplicate-version", "duplicate-repeatable", "missing-location", "empty-source", "revision-cycle"];
    seen.report.findings.iter().filter(|one| one.blocking && names.contains(&one.rule.as_str())).cloned().collect()
}

fn changes(before: &Catalog, after: &Catalog) -> Vec<Difference> {
    let mut differences = compare(&schema(before), &schema(after));
    // A view is known by its name in a schema, by its query in a catalog.
    let views = diff(before, after).into_iter().filter_map(|change| match change {
        Change::ViewChanged { view } => Some(Difference {
            kind: DifferenceKind::Different,
            object: format!("view {view}"),
            first: before.views.get(&view).map(|view| view.query.clone()).unwrap_or_default(),
            second: after.views.get(&view).map(|view| view.query.clone()).unwrap_or_default(),
            certain: true,
        }),
        _ => None,
    });
    differences.extend(views);
    differences.sort_by(|a, b| (&a.object, a.kind).cmp(&(&b.object, b.kind)));
    differences
}

/// What the live schema has that the applied migrations do not make, or lacks.
///
/// # Errors
/// There is no live database, or it cannot be read.
pub(super) async fn drift(seen: &Look, expected: &Catalog) -> Outcome<Drift> {
    let Some((url, observed)) = &seen.live else {
        let cure = "Name it with --url, or give the environment a url in flightplan.toml.";
        return Err(Failure::usage("Drift is a difference to a live database, and none was named.", cure));
    };
    let mut all = compare(&schema(expected), &observed.schema);
    if !expected.views.is_empty() {
        let mut target = observe::connect(url, &seen.settings, "flightplan check", Access::Read).await?;
        let views = view_drift::differences(&mut target, expected).await;
        target.close().await;
        all.extend(views?);
        all.sort_by(|a, b| (&a.object, a.kind).cmp(&(&b.object, b.kind)));
    }
    // What an unread statement may have made or removed is nobody's drift for certain.
    let sure = |one: &Difference| one.certain && (!expected.opaque || one.kind == DifferenceKind::Different);
    let (certain, uncertain): (Vec<_>, _) = all.into_iter().partition(sure);
    let theirs = of_callbacks(&seen.report);
    let name = |object: &str| object.rsplit([' ', '.']).next().unwrap_or(object).to_lowercase();
    let (by_callbacks, certain) = certain.into_iter().partition(|one| theirs.contains(&name(&one.object)));
    Ok(Drift { certain, uncertain, by_callbacks, opaque: expected.opaque })
}

/// Names of the tables, views and functions that callbacks make: they are there although no migration makes them.
fn of_callbacks(report: &Report) -> BTreeSet<String> {
    let statements = report.callbacks.iter().flat_map(|callback| &callback.statements);
    let operations = statements.flat_map(|statement| parse(&statement.sql, report.settings.dialect).0);
    let objects = operations.flat_map(|operation| writes(&operation));
    let names = objects.filter_map(|object| match object {
        ObjectRef::Table(name) | ObjectRef::Function(name) => Some(name.name.to_lowercase()),
        _ => None,
    });
    names.collect()
}

fn dry_run_part(context: &Context, run: &dry_run::DryRun, parts: &mut Map<String, Value>, text: &mut String) {
    let file = context.words.dry_run_output.as_ref().map(|file| file.to_string_lossy().into_owned());
    match (&file, context.format) {
        (Some(file), Format::Markdown) => text.push_str(&format!("## Dry run\n\nIn `{file}`.\n\n")),
        (None, Format::Markdown) => text.push_str(&format!("## Dry run\n\n```sql\n{}```\n\n", run.sql)),
        (Some(file), _) => text.push_str(&format!("The SQL is in {file}. Nothing was executed.\n")),
        (None, _) => text.push_str(&run.sql),
    }
    let migrations = run.plan.steps.iter().filter(|step| step.history.is_some()).count();
    let sql = file.is_none().then_some(&run.sql);
    parts.insert("dryrun".to_owned(), json!({"migrations": migrations, "sql": sql, "output": file}));
}

fn changes_part(context: &Context, changes: &[Difference], parts: &mut Map<String, Value>, text: &mut String) {
    let words = ["added", "removed", "changed"];
    let item =
        |one: &Difference| json!({"change": word(one, words), "object": one.object, "before": one.first, "after": one.second});
    parts.insert("changes".to_owned(), json!(changes.iter().map(item).collect::<Vec<_>>()));
    match context.format {
        Format::Markdown => text.push_str(&markdown("Changes", ["Change", "Before", "After"], changes, words)),
        _ if changes.is_empty() => text.push_str("The pending migrations change no object of the schema.\n"),
        _ => {
            text.push_str(&format!("The pending migrations change {}:\n", counted(changes.len(), "object")));
            text.push_str(&lines(changes, words));
        }
    }
}

fn drift_part(context: &Context, drift: &Drift, parts: &mut Map<String, Value>, text: &mut String) {
    let words = ["added", "missing", "different"];
    let item = |one: &Difference| json!({"difference": word(one, words), "object": one.object, "expected": one.first, "actual": one.second});
    let list = |all: &[Difference]| all.iter().map(item).collect::<Vec<_>>();
    parts.insert(
        "drift".to_owned(),
        json!({
            "drifted": !drift.certain.is_empty(), "differences": list(&drift.certain),
            "uncertain": list(&drift.uncertain), "by_callbacks": list(&drift.by_callbacks), "opaque": drift.opaque,
        }),
    );
    if context.format == Format::Markdown {
        let header = ["Difference", "Migrations make", "Database has"];
        text.push_str(&markdown("Drift", header, &drift.certain, words));
        if !drift.uncertain.is_empty() {
            text.push_str(&markdown("Drift that cannot be judged", header, &drift.uncertain, words));
        }
        if !drift.by_callbacks.is_empty() {
            text.push_str(&markdown("Made by callbacks", header, &drift.by_callbacks, words));
        }
        return;
    }
    match drift.certain.len() {
        0 => text.push_str("No drift: the live schema is what the applied migrations make.\n"),
        count => {
            let count = counted(count, "difference");
            text.push_str(&format!("Drift: {count} between what the applied migrations make and the live schema:\n"));
            text.push_str(&lines(&drift.certain, words));
        }
    }
    if !drift.uncertain.is_empty() {
        let why =
            if drift.opaque { "a statement that was applied could not be read" } else { "the server prints expressions anew" };
        text.push_str(&format!("Cannot be judged ({why}):\n{}", lines(&drift.uncertain, words)));
    }
    if !drift.by_callbacks.is_empty() {
        text.push_str(&format!("As callbacks make it, which no migration does:\n{}", lines(&drift.by_callbacks, words)));
    }
}

/// Who made it so, where the database notes it.
async fn who_part(context: &Context, seen: &Look, parts: &mut Map<String, Value>, text: &mut String) -> Outcome<()> {
    let Some((url, _)) = &seen.live else { return Ok(()) };
    let mut target = observe::connect(url, &seen.settings, "flightplan check", Access::Read).await?;
    let history = History::of(&seen.settings, &target);
    let changes = ddl_log::read(&mut target, &history).await;
    target.close().await;
    let Some(changes) = changes? else { return Ok(()) };
    if let Some(drift) = parts.get_mut("drift") {
        drift["outside"] = json!(changes);
    }
    if changes.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = changes.iter().map(ddl_log::Change::line).collect();
    match context.format {
        Format::Markdown => text.push_str(&format!("## Made outside Flightplan\n\n- {}\n\n", lines.join("\n- "))),
        _ => text.push_str(&format!("Made outside Flightplan, newest first:\n  {}\n", lines.join("\n  "))),
    }
    Ok(())
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn word<'w>(one: &Difference, [added, missing, different]: [&'w str; 3]) -> &'w str {
    match one.kind {
        DifferenceKind::Added => added,
        DifferenceKind::Missing => missing,
        DifferenceKind::Different => different,
    }
}

/// Differences as lines.
pub(super) fn lines(all: &[Difference], words: [&str; 3]) -> String {
    let detail = |one: &Difference| match (one.first.is_empty(), one.second.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!(" ({})", one.first),
        (true, false) => format!(" ({})", one.second),
        (false, false) => format!(": {} -> {}", one.first, one.second),
    };
    all.iter().map(|one| format!("  {:<9} {}{}\n", word(one, words), one.object, detail(one))).collect()
}

fn markdown(title: &str, [kind, first, second]: [&str; 3], all: &[Difference], words: [&str; 3]) -> String {
    let mut text = format!("## {title}\n\n");
    if all.is_empty() {
        text.push_str("None.\n\n");
        return text;
    }
    text.push_str(&format!("| {kind} | Object | {first} | {second} |\n|---|---|---|---|\n"));
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    for one in all {
        let line = format!("| {} | {} | {} | {} |\n", word(one, words), cell(&one.object), cell(&one.first), cell(&one.second));
        text.push_str(&line);
    }
    text.push('\n');
    text
}
