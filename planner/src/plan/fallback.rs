//! Steps for revisions that cannot be read: the project's own Alembic runs them, if that is allowed.

use super::simulate::Simulated;
use super::{Fallback, Phase, PythonFile, Step, TransactionMode, Undo, UndoOrigin};
use crate::effect::Reversibility;
use crate::finding::{Finding, Severity};
use crate::migration::{Migration, Script, SourceKind};
use crate::project::settings::Settings;

/// Whether only Python knows what the revision does.
pub(super) fn needed(migration: &Migration) -> bool {
    migration.source == SourceKind::Alembic && !migration.up.opaque.is_empty()
}

/// The step that runs `upgrade()`.
pub(super) fn step(migration: &Migration, simulated: &Simulated, settings: &Settings) -> Step {
    let call = Call { command: "upgrade", target: migration.id.to_string(), phase: simulated.phase };
    let step = step_of(migration, &migration.up, call, settings);
    let undo = way_back(migration).or_else(|| written(migration)).unwrap_or(step.undo);
    Step { undo, ..step }
}

/// How a revision is taken back whose `downgrade()` cannot be read: by its file, which an approval of the plan binds.
pub(super) fn way_back(migration: &Migration) -> Option<Undo> {
    let script = migration.undo.as_ref().filter(|script| !script.opaque.is_empty())?;
    let sha256 = script.file_sha256.clone()?;
    Some(Undo {
        origin: UndoOrigin::Author,
        reversibility: Reversibility::Opaque,
        statements: Vec::new(),
        note: format!(
            "The project's own Alembic runs downgrade() of {}. What it sends is not known before; approved is the file as it is, \
             not what it imports.",
            script.path
        ),
        python: Some(PythonFile { file: script.path.clone(), sha256 }),
    })
}

/// The author's statements, where only `upgrade()` cannot be read.
fn written(migration: &Migration) -> Option<Undo> {
    let script = migration.undo.as_ref().filter(|script| script.opaque.is_empty() && !script.statements.is_empty())?;
    Some(Undo {
        origin: UndoOrigin::Author,
        reversibility: Reversibility::Opaque,
        statements: script.statements.iter().map(|statement| statement.sql.clone()).collect(),
        note: format!(
            "Written by the author in {}. What upgrade() does is not known, so neither is what this leaves.",
            script.path
        ),
        python: None,
    })
}

/// What Alembic is told.
#[derive(Clone, Debug)]
pub struct Call {
    /// `upgrade` or `downgrade`.
    pub command: &'static str,
    /// A target that moves this one revision.
    pub target: String,
    /// The phase of the step.
    pub phase: Phase,
}

/// A step without statements: they are not known, and what ran is captured while it runs.
#[must_use]
pub fn step_of(migration: &Migration, script: &Script, call: Call, settings: &Settings) -> Step {
    let part = script.opaque.first();
    let reason = part.map(|part| part.reason.clone()).unwrap_or_default();
    let words = if call.command == "upgrade" { "Run" } else { "Take back" };
    Step {
        id: migration.id.to_string(),
        number: 0,
        migration: migration.id.clone(),
        source: migration.source,
        description: format!("{words} {} with the project's own Alembic: {}", migration.path, reason.trim_end_matches('.')),
        phase: call.phase,
        transaction: TransactionMode::Autocommit,
        lock_timeout_ms: settings.lock_timeout_ms,
        statement_timeout_ms: settings.statement_timeout_ms,
        statements: Vec::new(),
        undo: Undo {
            note: "What it does is not known before it runs, so neither is the way back.".to_owned(),
            ..Undo::default()
        },
        gate: None,
        fallback: Some(Fallback {
            command: call.command.to_owned(),
            target: call.target,
            file: migration.path.clone(),
            file_sha256: script.file_sha256.clone().unwrap_or_default(),
            line: part.map_or(1, |part| part.span.line),
            reason,
        }),
        history: None,
    }
}

/// What a reviewer has to know of the opaque script.
#[must_use]
pub fn finding(migration: &Migration, script: &Script) -> Finding {
    let part = script.opaque.first();
    let reason = part.map(|part| part.reason.trim_end_matches('.').to_owned()).unwrap_or_default();
    Finding {
        rule: "python-fallback".to_owned(),
        severity: Severity::Warning,
        span: part.map(|part| part.span.clone()),
        migration: Some(migration.id.clone()),
        message: format!("{} is run by the project's own Alembic, because a part of it cannot be read: {reason}.", migration.id),
        effect: "Its locks and its effects are not known; it opens a connection of its own, to the database env.py names.".into(),
        workaround: "Read the file before you approve, or write that part as operations the planner can read.".into(),
        fix: None,
        blocking: false,
    }
}
