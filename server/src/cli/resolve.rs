//! `resolve`: a person says what became of a migration that failed half-way or whose outcome nobody knows.
//!
//! The catalog is looked at first, statement by statement. What it shows is taken; what it does not show needs a name,
//! a reason and `--force`. The history gets the row that Flyway would have written, the journal who and why.

use clap::{Args, ValueEnum};
use planner::migration::MigrationId;
use planner::source::flyway::version::Version;
use serde_json::{Value, json};

use crate::cli::locked::{self, Locked};
use crate::cli::{Context, Format, migrate, output};
use crate::execution::{Refused, new_run_id};
use crate::exit::{Exit, Failure, Outcome};
use crate::history::Ran;
use crate::journal::{Entry, EntryState, Journal};
use crate::run::evidence::Evidence;
use crate::run::half::Open;

/// Options of `resolve`.
#[derive(Clone, Debug, Args)]
pub struct Resolve {
    /// Version (`3`), id (`V3`, `R__views`) or revision.
    migration: String,
    /// What became of it; without this the evidence is only shown.
    #[arg(long = "as", value_enum)]
    verdict: Option<Verdict>,
    /// Only this statement, by its number; the next run goes on behind it (done) or with it (undone).
    #[arg(long, value_name = "NUMBER")]
    statement: Option<usize>,
    /// Who says so, where the catalog does not.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Take the person's word against or without the catalog's; needs --by and --reason.
    #[arg(long, requires_all = ["by", "reason"])]
    force: bool,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Verdict {
    /// All of it is in the database: it is recorded as applied.
    Done,
    /// Nothing of it is in the database: it is forgotten and runs again from its beginning.
    Undone,
    /// It may run again, although runs in a row were cut off in it; needs --by and --reason.
    Again,
}

/// Runs the command.
///
/// # Errors
/// No such migration, or one that is applied; [`Exit::Findings`] where the catalog does not agree.
pub async fn run(context: &Context, command: &Resolve) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    if command.verdict == Some(Verdict::Again) {
        locked::with(context, settings, "resolve", async |locked| again(context, locked, command).await).await?;
        return Ok(Exit::Done);
    }
    let settled = locked::with(context, settings, "resolve", async |locked| {
        let open = open(context, locked, command).await?;
        let agreed = agrees(command, &open);
        if let (Some(verdict), true) = (command.verdict, agreed || command.force) {
            settle(locked, command, &open, verdict, agreed).await?;
        }
        tell(context, command, &open, agreed);
        Ok(match command.verdict {
            Some(verdict) if !agreed && !command.force => Err(disagreement(command, &open, verdict)),
            _ => Ok(()),
        })
    })
    .await?;
    settled?;
    Ok(Exit::Done)
}

/// Takes a migration out of quarantine.
async fn again(context: &Context, locked: &mut Locked, command: &Resolve) -> Outcome<()> {
    let (Some(by), Some(reason)) = (&command.by, &command.reason) else {
        return Err(Failure::usage(
            "Nobody says that it may run again, or why.",
            "Add --by NAME --reason TEXT; both are kept in the journal.",
        ));
    };
    let Locked { target, history, .. } = locked;
    let mut journal = Journal::beside(&history.table);
    let held = journal.quarantine(target).await?.filter(|held| is_meant(&held.migration.0, &command.migration));
    let Some(held) = held else {
        return Err(Failure::usage(
            format!("{} is not in quarantine.", command.migration),
            "`flightplan doctor` says what is; anything else runs again by itself.",
        ));
    };
    let (digest, run) = (journal.last_digest(target).await?.unwrap_or_default(), new_run_id());
    let note = json!({"as": word(Verdict::Again), "by": by, "reason": reason});
    target.begin().await?;
    journal.take_epoch(target, &run, &digest).await?;
    journal.release(target).await?;
    journal.put(target, &testimony(&held.step, &held.migration, &run, &note)).await?;
    target.commit().await?;
    match context.format {
        Format::Json => context.give(json!({
            "format": 1, "migration": held.migration, "step": held.step, "as": word(Verdict::Again), "settled": true,
            "operation": "resolve",
        })),
        _ => context.say(&format!("{} may run again.\n", held.migration)),
    }
    Ok(())
}

/// Whether a person names this migration: by its id, or by the version in it.
fn is_meant(id: &str, named: &str) -> bool {
    let version = Version::parse(named);
    id == named || (version.is_some() && id.strip_prefix('V').and_then(Version::parse) == version)
}

/// Finds the migration and looks at the catalog.
async fn open(context: &Context, locked: &mut Locked, command: &Resolve) -> Outcome<Open> {
    let Locked { target, url, history, .. } = locked;
    let workspace = &context.workspace;
    let open = Open::look(workspace, (target, url, history), &workspace.request, &command.migration).await?;
    let count = open.evidence.len();
    if command.statement.is_some_and(|number| number == 0 || number > count) {
        return Err(Failure::usage(
            format!("{} has {count} statements.", open.migration.id),
            "Name one of their numbers with --statement.",
        ));
    }
    Ok(open)
}

/// The statements the verdict is about.
fn concerned<'o>(command: &Resolve, open: &'o Open) -> Vec<&'o Evidence> {
    let chosen = |at: usize| command.statement.is_none_or(|number| number == at + 1);
    open.evidence.iter().enumerate().filter(|(at, _)| chosen(*at)).map(|(_, one)| one).collect()
}

/// Whether the evidence says what the person says.
fn agrees(command: &Resolve, open: &Open) -> bool {
    let all = concerned(command, open);
    match command.verdict {
        Some(Verdict::Done) => all.iter().all(|one| one.is_done()),
        Some(Verdict::Undone) => all.iter().all(|one| one.is_undone()),
        Some(Verdict::Again) | None => true,
    }
}

fn disagreement(command: &Resolve, open: &Open, verdict: Verdict) -> Failure {
    let against = concerned(command, open).into_iter().filter(|one| match verdict {
        Verdict::Done => !one.is_done(),
        Verdict::Undone => !one.is_undone(),
        Verdict::Again => false,
    });
    let places: Vec<String> = against.map(|one| format!("{}:{}", one.statement.file, one.statement.line)).collect();
    let word = if verdict == Verdict::Done { "done" } else { "undone" };
    Failure::new(
        Exit::Findings,
        format!("Nothing was changed: the catalog does not show that {} is {word} ({}).", open.migration.id, places.join(", ")),
        "Bring the database in line, settle single statements with --statement NUMBER, or vouch for it: --by NAME --reason TEXT --force.",
    )
}

/// History and journal in one transaction.
async fn settle(locked: &mut Locked, command: &Resolve, open: &Open, verdict: Verdict, agreed: bool) -> Outcome<()> {
    let Locked { target, history, .. } = locked;
    let mut journal = Journal::beside(&history.table);
    let digest = journal.last_digest(target).await?.unwrap_or_default();
    let run = new_run_id();
    target.begin().await?;
    history.create(target).await?;
    journal.create(target).await?;
    journal.take_epoch(target, &run, &digest).await?;
    let who = command.by.clone().unwrap_or_else(migrate::user);
    let note = json!({
        "as": word(verdict), "statement": command.statement, "by": who, "reason": command.reason, "forced": !agreed,
    });
    if command.statement.is_some() {
        for one in concerned(command, open) {
            let state = if verdict == Verdict::Done { EntryState::Done } else { EntryState::Failed };
            journal.put(target, &open.entry(one, state)).await?;
        }
    } else {
        let last = open.steps.iter().find_map(|step| step.history.as_ref());
        if let Some(row) = last {
            history.forget_failure(target, row).await?;
            if verdict == Verdict::Done {
                let written = history.write(target, row, Ran { duration_ms: 0, success: true }).await;
                written.map_err(stopped)?;
            }
        }
        journal.record(target, &open.migration.id.0).await?;
    }
    let step = open.steps.first().map_or("", |step| step.id.as_str());
    journal.put(target, &testimony(step, &open.migration.id, &run, &note)).await?;
    target.commit().await?;
    Ok(())
}

fn stopped(error: crate::journal::StepError) -> Failure {
    match error {
        crate::journal::StepError::Db(error) => error.into(),
        crate::journal::StepError::Stop(failure) => failure,
    }
}

/// Who said it and why, as a row of the journal that no run looks at.
fn testimony(step: &str, migration: &MigrationId, run: &str, note: &Value) -> Entry {
    Entry {
        step: step.to_owned(),
        statement: format!("resolve {run}"),
        migration: migration.0.clone(),
        state: EntryState::Recorded,
        hash: String::new(),
        cursor: Some(note.to_string()),
        rows: 0,
        batches: 0,
    }
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Done => "done",
        Verdict::Undone => "undone",
        Verdict::Again => "again",
    }
}

const fn journal_word(state: Option<EntryState>) -> &'static str {
    match state {
        None => "",
        Some(EntryState::Intent) => "begun",
        Some(EntryState::Batch) => "in part",
        Some(EntryState::Done | EntryState::Recorded) => "done",
        Some(EntryState::Failed) => "failed",
    }
}

fn tell(context: &Context, command: &Resolve, open: &Open, agreed: bool) {
    let settled = command.verdict.filter(|_| agreed || command.force);
    if context.format == Format::Json {
        let statement = |(at, one): (usize, &Evidence)| {
            json!({
                "number": at + 1, "file": one.statement.file, "line": one.statement.line, "sql": one.statement.sql,
                "journal": journal_word(one.journal), "catalog": one.trace.word(),
            })
        };
        context.give(json!({
            "format": 1,
            "migration": open.migration.id.0,
            "as": command.verdict.map(word),
            "statement": command.statement,
            "settled": settled.is_some(),
            "agreed": agreed,
            "statements": open.evidence.iter().enumerate().map(statement).collect::<Vec<_>>(),
            "operation": "resolve",
        }));
        return;
    }
    let first_line = |sql: &str| {
        let line = sql.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("--")).unwrap_or_default();
        if line.chars().count() > 60 { line.chars().take(57).chain("...".chars()).collect() } else { line.to_owned() }
    };
    let row = |(at, one): (usize, &Evidence)| {
        let place = one.statement.line.to_string();
        let (journal, catalog) = (journal_word(one.journal).to_owned(), one.trace.word().to_owned());
        vec![(at + 1).to_string(), place, first_line(&one.statement.sql), journal, catalog]
    };
    let rows: Vec<Vec<String>> = open.evidence.iter().enumerate().map(row).collect();
    let mut text = format!("{} ({})\n\n", open.migration.id, open.migration.path);
    text.push_str(&output::table(&["#", "Line", "Statement", "Journal", "Catalog"], &rows, ""));
    match (settled, command.statement) {
        (Some(Verdict::Done), None) => text.push_str(&format!("{} is recorded as applied.\n", open.migration.id)),
        (Some(Verdict::Undone), None) => text.push_str(&format!("{} is forgotten and will run again.\n", open.migration.id)),
        (Some(verdict), Some(number)) => text.push_str(&format!("Statement {number} is taken for {}.\n", word(verdict))),
        (Some(Verdict::Again) | None, _) => {}
    }
    context.say(&text);
}
