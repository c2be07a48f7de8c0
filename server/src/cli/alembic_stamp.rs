//! `stamp` and `ensure_version`: the version table changes, the schema does not.

use std::collections::BTreeSet;

use clap::Args;
use planner::project::settings::Settings;
use planner::source::alembic::book::Book;
use planner::source::alembic::offline;
use planner::source::alembic::stamp::StampStep;
use serde_json::json;

use crate::cli::{Context, Format, alembic_list, locked, output};
use crate::execution::{self, Refused};
use crate::exit::{Exit, Failure};
use crate::history::{History, alembic};
use crate::journal::{Journal, StepError};
use crate::observe;
use crate::run::lock;
use crate::target::{Access, Target};
use crate::url::TargetUrl;

/// Options of `stamp`.
#[derive(Clone, Debug, Args)]
pub struct Stamp {
    /// Revisions, `heads`, `base`, `label@head`; with --sql also `FROM:TO`.
    #[arg(required = true)]
    revisions: Vec<String>,
    /// Empty the version table first, whatever stands in it.
    #[arg(long)]
    purge: bool,
    /// Print the statements instead of running them.
    #[arg(long)]
    sql: bool,
    /// For env.py; Flightplan does not need it.
    #[arg(long, hide = true)]
    tag: Option<String>,
}

/// Options of `ensure_version`.
#[derive(Clone, Debug, Args)]
pub struct EnsureVersion {
    /// Print the statement instead of running it.
    #[arg(long)]
    sql: bool,
}

/// The database, if it is known which version table is written.
fn writable(context: &Context, settings: &Settings) -> Result<TargetUrl, Refused> {
    let (_, findings) = context.workspace.settings(&context.workspace.request);
    execution::refuse_computed_table(settings, &findings)?;
    Ok(context.workspace.require_url(settings)?)
}

/// `stamp`.
///
/// # Errors
/// A revision that means nothing; a row that no file defines (without --purge); a target that refuses.
pub async fn stamp(context: &Context, command: &Stamp) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (book, settings) = alembic_list::open(context)?;
    execution::refuse_blocking(&book.findings)?;
    if command.sql {
        let (from, to) = ends(command)?;
        let script = offline::stamp(&book, &settings, from.as_deref(), &to).map_err(alembic_list::refused)?;
        output::print(&script);
        return Ok(Exit::Done);
    }
    for target in command.revisions.iter().filter(|target| *target != "base") {
        // Before anything is locked: a target that means nothing.
        book.revisions(target).map_err(alembic_list::refused)?;
    }
    let url = writable(context, &settings)?;
    let mut target = observe::connect(&url, &settings, "flightplan stamp", Access::Write).await?;
    let history = History::of(&settings, &target);
    lock::acquire(&mut target, &history.table, context.lock_wait).await?;
    let stamped = write(&mut target, &history, &book, command).await;
    if stamped.is_err() {
        target.rollback().await;
    }
    target.unlock(&history.table).await;
    target.close().await;
    let failed = stamped.as_ref().err().map(|refused| &refused.failure);
    locked::note(context, &settings.environment, &url, ("stamp", failed)).await;
    let (steps, rows) = stamped?;
    if context.format == Format::Json {
        let steps: Vec<_> = steps.iter().map(|step| json!({"from": step.from, "to": step.to})).collect();
        output::print_json(&json!({"format": 1, "operation": "stamp", "steps": steps, "rows": rows}))?;
    } else {
        for step in &steps {
            eprintln!("Running stamp_revision {} -> {}", step.from.join(", "), step.to.clone().unwrap_or_default());
        }
    }
    Ok(Exit::Done)
}

/// `FROM:TO` of --sql: one start for all.
fn ends(command: &Stamp) -> Result<(Option<String>, Vec<String>), Failure> {
    if command.purge {
        return Err(Failure::usage("Can't use --purge with --sql mode", "A script does not know what the table holds."));
    }
    let (mut from, mut to) = (None, Vec::new());
    for written in &command.revisions {
        let (start, end) = written.split_once(':').map_or((None, written.as_str()), |(start, end)| (Some(start), end));
        if start.is_some() && from.is_some() && start != from {
            let message = "Stamp operation with --sql only supports a single starting revision at a time";
            return Err(Failure::usage(message, "Write one script for each start."));
        }
        from = start.or(from);
        to.push(end.to_owned());
    }
    Ok((from.filter(|from| *from != "base").map(str::to_owned), to))
}

/// One transaction under the lock.
async fn write(
    target: &mut Target,
    history: &History,
    book: &Book,
    command: &Stamp,
) -> Result<(Vec<StampStep>, BTreeSet<String>), Refused> {
    let failed = |error: StepError| match error {
        StepError::Stop(failure) => failure,
        StepError::Db(error) => Failure::from(error),
    };
    target.begin().await.map_err(Failure::from)?;
    history.create(target).await.map_err(Failure::from)?;
    if command.purge {
        let sql = format!("DELETE FROM {}", target.quoted(&history.table));
        target.execute(&sql).await.map_err(Failure::from)?;
    }
    let mut rows = alembic::rows(target, &history.table).await.map_err(Failure::from)?;
    let steps = book.stamp(&rows, &command.revisions).map_err(|mut finding| {
        if rows.iter().any(|row| book.find(row).is_none()) {
            finding.workaround = "The table names a revision that no file defines: --purge empties the table first.".into();
        }
        alembic_list::refused(finding)
    })?;
    let journal = Journal::beside(&history.table);
    let journalled = journal.exists(target).await.map_err(Failure::from)?;
    for step in &steps {
        alembic::change(target, &history.table, &step.rows.0, &step.rows.1).await.map_err(failed)?;
        for row in &step.rows.0 {
            rows.remove(row);
        }
        rows.extend(step.rows.1.iter().cloned());
        // What a stopped run left half done is settled by the person who stamps.
        for revision in step.to.iter().filter(|_| journalled) {
            journal.record(target, revision).await.map_err(Failure::from)?;
        }
    }
    target.commit().await.map_err(Failure::from)?;
    Ok((steps, rows))
}

/// `ensure_version`.
///
/// # Errors
/// A target that refuses.
pub async fn ensure_version(context: &Context, command: &EnsureVersion) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (_, settings) = alembic_list::open(context)?;
    if command.sql {
        output::print(&offline::version_table_script(&settings));
        return Ok(Exit::Done);
    }
    let url = writable(context, &settings)?;
    let mut target = observe::connect(&url, &settings, "flightplan ensure_version", Access::Write).await?;
    let history = History::of(&settings, &target);
    lock::acquire(&mut target, &history.table, context.lock_wait).await?;
    let made = async {
        target.begin().await?;
        history.create(&mut target).await?;
        target.commit().await
    };
    let made = made.await;
    if made.is_err() {
        target.rollback().await;
    }
    target.unlock(&history.table).await;
    target.close().await;
    made.map_err(Failure::from)?;
    if context.format == Format::Json {
        output::print_json(&json!({"format": 1, "operation": "ensure_version", "table": history.table.to_string()}))?;
    }
    Ok(Exit::Done)
}
