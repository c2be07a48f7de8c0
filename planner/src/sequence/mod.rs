//! A migration that must not run in one go, as files that can: what adds, what moves data, what takes away or tightens, each
//! in a file of its own, in an order that every statement can live with.
//!
//! [`pieces`] cuts the migration, [`standard`] replaces a change that an application notices by the sequence that lets the
//! old and the new one go on (add, keep both in step, backfill, switch, drop), [`files`] gives the parts names. What comes
//! out is held against the original: the same statements, and the same schema at the end.

mod column;
mod copy;
mod files;
mod not_null;
mod order;
mod pieces;
mod revision;
mod sqlite;
mod standard;
mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, replay, schema};
use crate::dialect::Dialect;
use crate::finding::Finding;
use crate::migration::{Migration, MigrationKind, SourceKind};
use crate::phase::Phase;
use crate::project::settings::Settings;
use crate::project::{Project, ProjectFile, Request};
use crate::sort::Sort;
use crate::source::flyway::version::Version;
use crate::source::{self, alembic, flyway};
use crate::span::Span;
use crate::statement::operation::Operation;
use crate::statement::parse;
use crate::statement::reading::Alone;
use files::Names;

/// What is proposed in place of a migration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The migration.
    pub migration: String,
    /// Its files, which the new ones stand for: script, undo script, settings.
    pub replaces: Vec<String>,
    /// The new files, in the order they run.
    pub files: Vec<File>,
    /// What a person should know before using them, as sentences.
    pub notes: Vec<String>,
}

/// A proposed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Path in the project.
    pub path: String,
    /// `versioned`, `undo` or `settings`.
    pub kind: String,
    /// Where its migration belongs in a rollout.
    pub phase: Phase,
    /// Its text.
    pub text: String,
}

/// Why there is no proposal.
pub type Refusal = Box<Finding>;

/// Values for rows that have none, by `table.column`, as SQL.
pub type Values = BTreeMap<String, String>;

/// What is proposed for a migration, named by its id, version or file; with nothing to split there are no files.
///
/// # Errors
/// Why nothing can be proposed, with its place: the migration is not there, cannot be cut, or the
/// files would not do what it does.
pub fn propose(
    project: &Project,
    settings: &Settings,
    request: &Request,
    name: &str,
    values: &Values,
) -> Result<Proposal, Refusal> {
    let loaded = load(project, settings, request);
    let migrations: Vec<&Migration> = loaded.migrations.iter().collect();
    let mut found = migrations.iter().copied().enumerate();
    let Some((at, migration)) = found.find(|(_, migration)| is_named(migration, name)) else {
        let (what, cure) = match settings.source {
            SourceKind::Flyway => ("versioned migration of Flyway's", "Name a version, or a file: flightplan split V7."),
            SourceKind::Alembic => ("revision", "Name it as `flightplan history` shows it, or by its file."),
        };
        let message = format!("{name} is no {what} in this project.");
        return Err(Box::new(Finding::broken("cannot-split", None, message, cure)));
    };
    let catalog = replay::after(Catalog::at_start(settings), migrations.get(..at).unwrap_or_default());
    let cut = pieces::cut(project, settings, migration, &catalog)?;
    let (parts, notes) = order::parts(&cut, &catalog, values)?;
    if parts.len() < 2 && parts.iter().all(|part| part.sequences.is_empty()) {
        return Ok(Proposal { migration: migration.id.0.clone(), notes, ..Proposal::default() });
    }
    let proposal = match settings.source {
        SourceKind::Flyway => {
            let names = Names::of(migration, &loaded.migrations, settings);
            files::write(project, &names, &cut, &parts, notes)?
        }
        SourceKind::Alembic => {
            let frame = alembic::frame::frame(project, settings, request, &migration.id).unwrap_or_default();
            let sheet = revision::Sheet { migration, frame: &frame, cut: &cut, dialect: settings.dialect };
            revision::write(project, &sheet, &parts, notes)?
        }
    };
    prove(project, settings, request, &proposal, migration)?;
    Ok(proposal)
}

/// What the environment's source has, in the order it runs.
fn load(project: &Project, settings: &Settings, request: &Request) -> flyway::Loaded {
    let mut loaded = source::load(project, settings, request, &Alone);
    loaded.migrations.retain(|migration| migration.source == settings.source);
    loaded.migrations.iter_mut().for_each(|migration| meant(migration, settings.dialect));
    loaded
}

/// On SQLite, what its `ALTER TABLE` does not have is read as PostgreSQL has it.
fn meant(migration: &mut Migration, dialect: Dialect) {
    for statement in migration.up.statements.iter_mut().filter(|_| dialect == Dialect::Sqlite) {
        if let [Operation::Opaque { .. }] = statement.operations.as_slice() {
            let (operations, _) = parse::parse(&statement.sql, Dialect::Postgres);
            let known = |one: &Operation| matches!(one, Operation::SetNotNull { .. } | Operation::AlterColumnType { .. });
            if !operations.is_empty() && operations.iter().all(known) {
                statement.operations = operations;
            }
        }
    }
}

fn is_named(migration: &Migration, name: &str) -> bool {
    let file = name.trim_start_matches("./");
    // However it is written: `7`, `V7`, `1_2` for 1.2.
    let version = Version::parse(name.strip_prefix('V').unwrap_or(name));
    let revision = migration.kind == MigrationKind::Revision;
    let begins = revision && name.len() >= 4 && migration.id.0.starts_with(name);
    (revision || migration.kind == MigrationKind::Versioned)
        && (migration.id.0 == name
            || begins
            || (version.is_some() && migration.version.as_deref().and_then(Version::parse) == version)
            || migration.path == file
            || migration.path.ends_with(&format!("/{file}"))
            || file.ends_with(&format!("/{}", migration.path)))
}

/// Why a statement cannot be put into a file of its own.
fn refused(span: Span, why: &str) -> Refusal {
    let message = format!("The migration cannot be split: {why}.");
    Box::new(Finding::broken(
        "cannot-split",
        Some(span),
        message,
        "Write its parts by hand: flightplan new gives each its place.",
    ))
}

/// Whether the project with the new files in place of the old one comes to the same schema.
fn prove(
    project: &Project,
    settings: &Settings,
    request: &Request,
    proposal: &Proposal,
    migration: &Migration,
) -> Result<(), Refusal> {
    let mut files: Vec<ProjectFile> =
        project.files.iter().filter(|file| !proposal.replaces.contains(&file.path)).cloned().collect();
    let new = |file: &File| ProjectFile { path: file.path.clone(), content: file.text.clone().into_bytes() };
    files.extend(proposal.files.iter().map(new));
    files.order();
    let end = |project: &Project| {
        let loaded = load(project, settings, request);
        let all: Vec<&Migration> = loaded.migrations.iter().collect();
        let end = replay::replay_on(Catalog::at_start(settings), &all);
        (schema::schema(&end.last), end.errors, loaded.findings)
    };
    let (was, before, old) = end(project);
    let (is, errors, findings) = end(&Project { files });
    let whole = |error: String| refused(Span::file(&migration.path), &format!("in parts it would not do the same ({error})"));
    if let Some(finding) = findings.iter().find(|finding| finding.blocking && !old.contains(finding)) {
        return Err(whole(finding.message.trim_end_matches('.').to_owned()));
    }
    if let Some((id, at, error)) = errors.iter().find(|error| !before.iter().any(|known| known.2 == error.2)) {
        return Err(whole(format!("statement {} of {id}: {error:?}", at + 1)));
    }
    match crate::catalog::compare::compare(&was, &is).first() {
        None => Ok(()),
        Some(other) => Err(whole(format!("{}: {} instead of {}", other.object, other.second, other.first))),
    }
}
