//! A migration that is half applied, and the way back from there: that of what is done of it, as if that were all of it.
//!
//! What its author wrote as the way back is for the whole, so the derived one is gone. What is done is what the journal says;
//! of a statement that was under way when the run ended the catalog tells, and what it told is noted before the first
//! statement of the way back, so that a way back that is stopped goes on over the same statements.

use std::collections::BTreeSet;

use planner::Report;
use planner::migration::{Migration, MigrationId, SourceKind};
use planner::plan::{HistoryEntry, PlannedStatement, Step};
use planner::project::{AppliedFlyway, Request};
use planner::rule::directive;
use planner::source::alembic::version_rows;
use planner::source::flyway::version::Version;
use planner::statement::words::words;

use crate::exit::{Exit, Failure, Outcome};
use crate::history::History;
use crate::journal::{Entry, EntryState, Journal};
use crate::observe::{self, Observed};
use crate::run::evidence::{self, Evidence, Trace};
use crate::run::probe::{self, Finding};
use crate::run::undo;
use crate::target::Target;
use crate::url::TargetUrl;
use crate::workspace::Workspace;

/// What is done of a migration that is half applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Half {
    /// The migration.
    pub migration: MigrationId,
    /// Places of the statements that are done among those of the way forth.
    pub done: BTreeSet<usize>,
}

/// A half and what was found out about it.
#[derive(Clone, Debug)]
pub struct Found {
    /// What is done.
    pub half: Half,
    /// Rows for the journal: what became of statements whose outcome was not known.
    pub settled: Vec<Entry>,
    /// Words of these statements: what they name may differ from what the last run noted.
    pub words: Vec<String>,
    /// Lines of the statements that a way back, which was stopped, has taken back already: they lose nothing any more.
    pub gone: BTreeSet<u32>,
}

/// A migration that is not recorded, planned as if nothing of it had run, and what is known of its statements.
#[derive(Debug)]
pub struct Open {
    /// The migration.
    pub migration: Migration,
    /// Its steps.
    pub steps: Vec<Step>,
    /// What is known of each statement of them.
    pub evidence: Vec<Evidence>,
}

impl Open {
    /// Finds the migration by its id or version, and looks at the catalog.
    ///
    /// # Errors
    /// There is no such migration, or it is recorded as applied.
    pub async fn look(
        workspace: &Workspace,
        (target, url, history): (&mut Target, &TargetUrl, &History),
        asked: &Request,
        named: &str,
    ) -> Outcome<Self> {
        let (settings, _) = workspace.settings(asked);
        let asked = Request { up_to: None, out_of_order: true, ..asked.clone() };
        let Observed { mut request, schema, .. } = observe::observe(target, url, &settings, &asked).await?;
        let version = Version::parse(named);
        let wanted = |migration: &&Migration| {
            let same = version.is_some() && migration.version.as_deref().and_then(Version::parse) == version;
            migration.source == settings.source && (migration.id.0 == named || same)
        };
        request.applied.finished_steps.clear();
        let report = workspace.analyze(&request);
        let migration =
            report.migrations.iter().find(wanted).cloned().ok_or_else(|| {
                Failure::usage(format!("The project has no migration {named:?}."), "`flightplan info` lists them.")
            })?;
        request.applied.flyway.retain(|row| row.success || !is_row_of(row, &migration));
        let report = workspace.analyze(&request);
        let steps: Vec<Step> = report.plan.steps.iter().filter(|step| step.migration == migration.id).cloned().collect();
        if steps.is_empty() {
            return Err(Failure::usage(
                format!("{} is not open: it is recorded as applied, or will not run.", migration.id),
                "`flightplan info` shows its state. To take it back, use `flightplan undo`.",
            ));
        }
        let before = planner::pipeline::schemas(&report, &request).before;
        let journal = Journal::beside(&history.table);
        let all: Vec<&Step> = steps.iter().collect();
        let evidence = evidence::gather(target, &journal, &migration, &all, &before, &schema).await?;
        Ok(Self { migration, steps, evidence })
    }

    /// A row of the journal that says how far a statement is.
    #[must_use]
    pub fn entry(&self, one: &Evidence, state: EntryState) -> Entry {
        Entry {
            step: one.step.clone(),
            statement: one.statement.id.clone(),
            migration: self.migration.id.0.clone(),
            state,
            hash: planner::plan::canonical::sha256_hex(one.statement.sql.as_bytes()),
            cursor: None,
            rows: 0,
            batches: 0,
        }
    }
}

fn is_row_of(row: &AppliedFlyway, migration: &Migration) -> bool {
    match &migration.version {
        Some(_) => row.version == migration.version,
        None => row.version.is_none() && row.description == migration.description,
    }
}

/// Looks for a migration that is half applied, and at how far it is.
///
/// # Errors
/// Nobody can know how far, or no way leads back from there.
pub async fn find(
    workspace: &Workspace,
    (target, url, history): (&mut Target, &TargetUrl, &History),
    asked: &Request,
) -> Outcome<Option<Found>> {
    let journal = Journal::beside(&history.table);
    let Some(id) = journal.half_applied(target).await? else { return Ok(None) };
    let open = Open::look(workspace, (&mut *target, url, history), asked, &id.0).await?;
    let cure = || format!("Run it to its end with `flightplan migrate`, or settle it with `flightplan resolve {id}`.");
    if id.0.starts_with("R__") {
        let message = format!("{id} is half applied, and a repeatable migration has no state before to go back to.");
        return Err(Failure::usage(message, cure()));
    }
    if let Some(step) = open.steps.iter().find(|step| step.fallback.is_some()) {
        let message = format!("{id} is half applied, and what the project's own Alembic did of step {} is not known.", step.id);
        return Err(Failure::usage(message, cure()));
    }
    let entries = journal.unfinished(target).await?;
    let entries: Vec<Entry> = entries.into_iter().filter(|entry| entry.migration == id.0).collect();
    let judge = Judge {
        finished: entries.iter().filter(|entry| entry.statement.is_empty() && entry.state == EntryState::Done).collect(),
        // What the way back has taken is no sign any more that it never ran.
        returning: entries.iter().any(|entry| entry.step.starts_with(undo::STEP)),
        migration: &open.migration,
    };
    let half = Half { migration: id.clone(), done: BTreeSet::new() };
    let mut found = Found { half, settled: Vec::new(), words: Vec::new(), gone: BTreeSet::new() };
    for one in &open.evidence {
        let Some(place) = place(&one.statement) else { continue };
        let known = matches!(one.journal, None | Some(EntryState::Done | EntryState::Recorded | EntryState::Batch));
        let done = judge.is_done(one, target).await?;
        if done {
            found.half.done.insert(place);
        }
        if judge.returning && one.trace == Trace::Absent {
            found.gone.insert(one.statement.line);
        }
        if !known && !judge.returning {
            found.words.extend(words(&one.statement.sql));
            found.settled.push(open.entry(one, if done { EntryState::Done } else { EntryState::Failed }));
        }
    }
    Ok(Some(found))
}

/// The refusal of a way back that begins below a migration that is half applied.
#[must_use]
pub fn first(half: &MigrationId) -> Failure {
    Failure::usage(
        format!("{half} is half applied, on top of what would be taken back. Nothing was changed."),
        format!(
            "Take back what is done of it with `flightplan rollback --failed`, run it to its end with `flightplan migrate`, or settle it \
             with `flightplan resolve {half}`; then go back."
        ),
    )
}

/// The refusal of a way forth while what is done of a migration is being taken back.
#[must_use]
pub fn returning(half: &MigrationId) -> Failure {
    Failure::new(
        Exit::Findings,
        format!("{half} was half applied and is half taken back; nothing goes forth from there. Nothing was changed."),
        "Go on with `flightplan rollback --failed`.",
    )
}

/// Decides what is done.
struct Judge<'a> {
    /// Steps that are done as a whole.
    finished: Vec<&'a Entry>,
    /// A way back has begun.
    returning: bool,
    migration: &'a Migration,
}

impl Judge<'_> {
    async fn is_done(&self, one: &Evidence, target: &mut Target) -> Outcome<bool> {
        if self.finished.iter().any(|entry| entry.step == one.step) {
            return Ok(true);
        }
        match one.journal {
            Some(EntryState::Done | EntryState::Recorded) => Ok(true),
            Some(EntryState::Batch) => self.kept(&one.statement).map(|()| true),
            None => Ok(false),
            Some(EntryState::Failed) if self.returning || matches!(target, Target::MySql(_)) => Ok(false),
            Some(EntryState::Failed | EntryState::Intent) => self.seen(one, target).await,
        }
    }

    /// What the catalog shows of a statement that was under way. A ruin goes the way of what it was to be.
    async fn seen(&self, one: &Evidence, target: &mut Target) -> Outcome<bool> {
        if let Finding::Invalid { .. } = probe::look(target, &one.statement.sql).await? {
            return Ok(true);
        }
        match one.trace {
            Trace::Found => Ok(true),
            Trace::Absent | Trace::Session => Ok(false),
            Trace::NoTrace if one.journal == Some(EntryState::Failed) => Ok(false),
            Trace::NoTrace | Trace::Partly => Err(self.unknown(&one.statement)),
        }
    }

    /// Rows of which some batches are changed come back only where their old values were kept.
    fn kept(&self, statement: &PlannedStatement) -> Outcome<()> {
        let own = place(statement).and_then(|place| self.migration.up.statements.get(place));
        match own.map(directive::batch) {
            Some(Ok(Some(asked))) if asked.keep => Ok(()),
            _ => Err(Failure::usage(
                format!(
                    "{}:{}: some batches of this statement are committed, and the rows' old values were not kept, so nobody knows the way \
                     back from there. Nothing was changed.",
                    statement.file, statement.line
                ),
                format!("Run {} to its end with `flightplan migrate`; then go back.", self.migration.id),
            )),
        }
    }

    fn unknown(&self, statement: &PlannedStatement) -> Failure {
        let number = place(statement).map_or(0, |place| place + 1);
        Failure::usage(
            format!(
                "{}:{}: a run ended while this statement was under way, and the catalog does not show whether it got through. Nothing \
                 was changed.",
                statement.file, statement.line
            ),
            format!(
                "Look at the data, then say it: flightplan resolve {} --statement {number} --as done|undone",
                self.migration.id
            ),
        )
    }
}

/// Place among the statements of the migration.
fn place(statement: &PlannedStatement) -> Option<usize> {
    let number: usize = statement.id.rsplit_once(':')?.1.parse().ok()?;
    number.checked_sub(1)
}

impl Half {
    /// Makes the report and the request say that the migration is applied, and that what is done of it is all of it.
    pub fn take_for_whole(&self, report: &mut Report, request: &mut Request) {
        let source = report.settings.source;
        let own = |migration: &&mut Migration| migration.id == self.migration && migration.source == source;
        let Some(migration) = report.migrations.iter_mut().find(own) else { return };
        migration.undo = None;
        let mut places = 0..;
        migration.up.statements.retain(|_| places.next().is_some_and(|place| self.done.contains(&place)));
        let lines: BTreeSet<u32> = migration.up.statements.iter().map(|statement| statement.span.line).collect();
        report.matrix.losses.retain(|loss| loss.migration != self.migration || lines.contains(&loss.line));
        let applied = &mut request.applied;
        match source {
            SourceKind::Flyway => {
                applied.flyway.retain(|row| !is_row_of(row, migration));
                let rank = applied.flyway.iter().map(|row| row.rank).max().unwrap_or(0) + 1;
                applied.flyway.push(AppliedFlyway::of(migration, rank));
            }
            SourceKind::Alembic => {
                let revisions: Vec<&Migration> = report.migrations.iter().filter(|one| one.source == source).collect();
                version_rows::apply_upgrade(&revisions, &self.migration, &mut applied.alembic);
            }
        }
    }

    /// What the history gets when it is taken back: it never had a row but that of the failure.
    #[must_use]
    pub fn history(migration: &Migration) -> HistoryEntry {
        match migration.source {
            SourceKind::Flyway => {
                HistoryEntry::Forget { version: migration.version.clone(), description: migration.description.clone() }
            }
            SourceKind::Alembic => HistoryEntry::Alembic { delete: Vec::new(), insert: Vec::new() },
        }
    }
}
