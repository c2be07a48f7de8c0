//! Callbacks in a plan: those that run around it, and those that run inside each migration.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::split::Part;
use super::{PlannedStatement, Step, TransactionMode};
use crate::catalog::Catalog;
use crate::effect::Effect;
use crate::effect::statement::of_statement;
use crate::finding::Finding;
use crate::migration::{MigrationId, SourceKind};
use crate::project::Request;
use crate::project::settings::Settings;
use crate::rule::transaction_control_in_script::{control, wrapper};
use crate::source::flyway::callback::{Callback, Event};
use crate::statement::Statement;

use serde::{Deserialize, Serialize};

/// One callback file as it will run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedCallback {
    /// When.
    pub event: Event,
    /// What stands behind the separator of its name.
    pub description: String,
    /// Its file.
    pub file: String,
    /// Whether its statements run in a transaction of their own (inside a migration: whether they fit into its one).
    pub transactional: bool,
    /// Statements in order.
    pub statements: Vec<PlannedStatement>,
}

/// Events of `migrate`, in the order they can happen.
const MIGRATE: &[Event] = &[
    Event::BeforeValidate,
    Event::AfterValidate,
    Event::AfterValidateError,
    Event::CreateSchema,
    Event::BeforeBaseline,
    Event::AfterBaseline,
    Event::AfterBaselineError,
    Event::BeforeMigrate,
    Event::BeforeEachMigrate,
    Event::BeforeEachMigrateStatement,
    Event::AfterEachMigrateStatement,
    Event::AfterEachMigrateStatementError,
    Event::AfterEachMigrate,
    Event::AfterEachMigrateError,
    Event::AfterVersioned,
    Event::BeforeRepeatables,
    Event::AfterMigrateApplied,
    Event::AfterMigrate,
    Event::AfterMigrateError,
];

/// Events of `undo`.
const UNDO: &[Event] = &[
    Event::BeforeUndo,
    Event::BeforeEachUndo,
    Event::BeforeEachUndoStatement,
    Event::AfterEachUndoStatement,
    Event::AfterEachUndoStatementError,
    Event::AfterEachUndo,
    Event::AfterEachUndoError,
    Event::AfterUndo,
    Event::AfterUndoError,
];

/// Every callback of the project as it would run, judged against the schema after the migrations: what the server would
/// refuse at their own moment is not known.
#[must_use]
pub fn planned(
    callbacks: &[Callback],
    settings: &Settings,
    request: &Request,
    schema: &Catalog,
) -> (Vec<PlannedCallback>, Vec<Finding>) {
    if settings.source != SourceKind::Flyway {
        return (Vec::new(), Vec::new());
    }
    let mut planned = Vec::new();
    let mut findings = Vec::new();
    for callback in callbacks {
        let kept = statements(callback, &mut findings);
        let statements: Vec<PlannedStatement> =
            kept.into_iter().map(|(at, statement)| judged(callback, at, statement, settings, request, schema)).collect();
        let inside = |statement: &&PlannedStatement| statement.effect.transactional;
        let transactional = statements.iter().filter(inside).count();
        let both = transactional > 0 && transactional < statements.len();
        let asked = callback.script.execute_in_transaction;
        if both && asked.is_none() && !settings.flyway.mixed && settings.flyway.execute_in_transaction {
            findings.extend(statements.iter().find(|statement| !inside(statement)).map(mixed));
        }
        planned.push(PlannedCallback {
            event: callback.event,
            description: callback.description.clone(),
            file: callback.script.path.clone(),
            transactional: transactional == statements.len() && asked.unwrap_or(settings.flyway.execute_in_transaction),
            statements,
        });
    }
    (planned, findings)
}

/// The statements that are sent, without a `BEGIN … COMMIT` around them.
fn statements<'a>(callback: &'a Callback, findings: &mut Vec<Finding>) -> Vec<(usize, &'a Statement)> {
    let statements = &callback.script.statements;
    let all = statements.iter().enumerate();
    if let Some((first, last)) = wrapper(statements) {
        return all.filter(|(at, _)| *at != first && *at != last).collect();
    }
    if let Some(statement) = control(statements).first().and_then(|(at, _)| statements.get(*at)) {
        findings.push(Finding::broken(
            "broken-callback",
            Some(statement.span.clone()),
            format!("The callback {} begins or ends transactions by itself.", callback.script.path),
            "Take BEGIN, COMMIT and ROLLBACK out: a callback runs in a transaction of its own, or in that of its migration.",
        ));
    }
    all.collect()
}

fn mixed(statement: &PlannedStatement) -> Finding {
    let mut span = crate::span::Span::file(&statement.file);
    (span.line, span.end_line) = (statement.line, statement.line);
    Finding::broken(
        "broken-callback",
        Some(span),
        format!("The callback {} mixes statements that need a transaction with one that refuses it.", statement.file),
        "Put the statement that runs outside a transaction into a callback of its own.",
    )
}

fn judged(
    callback: &Callback,
    at: usize,
    statement: &Statement,
    settings: &Settings,
    request: &Request,
    schema: &Catalog,
) -> PlannedStatement {
    let effect = of_statement(statement, schema, &request.statistics, &BTreeSet::new());
    PlannedStatement {
        id: format!("{}:{}", callback.script.script, at + 1),
        sql: statement.sql.clone(),
        file: statement.span.file.clone(),
        line: crate::rule::edit::body_span(statement).line,
        summary: super::words::summary(statement, settings.dialect),
        effect: Arc::new(Effect { error: None, ..effect }),
        batch: None,
        copy_data: statement.copy_data.clone(),
        callback: Some(callback.event),
    }
}

/// Those a `migrate` can come to. With `skip` nothing runs inside the migrations, which are only recorded.
#[must_use]
pub fn of_migrate(callbacks: &[PlannedCallback], settings: &Settings) -> Vec<PlannedCallback> {
    let flyway = &settings.flyway;
    let comes = |event: Event| match event {
        Event::BeforeValidate | Event::AfterValidate | Event::AfterValidateError => flyway.validate_on_migrate,
        Event::CreateSchema => flyway.create_schemas,
        Event::BeforeBaseline | Event::AfterBaseline | Event::AfterBaselineError => flyway.baseline_on_migrate,
        Event::AfterEachMigrateError | Event::AfterEachMigrateStatementError => !flyway.skip_executing_migrations,
        event if event.inside_migration() => !flyway.skip_executing_migrations,
        _ => true,
    };
    callbacks.iter().filter(|callback| MIGRATE.contains(&callback.event) && comes(callback.event)).cloned().collect()
}

/// Those an `undo` can come to.
#[must_use]
pub fn of_undo(callbacks: &[PlannedCallback]) -> Vec<PlannedCallback> {
    callbacks.iter().filter(|callback| UNDO.contains(&callback.event)).cloned().collect()
}

/// The events around a migration and around each of its statements.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    /// Before the first statement.
    pub before: Event,
    /// Before each statement.
    pub before_statement: Event,
    /// After each statement.
    pub after_statement: Event,
    /// After the last statement.
    pub after: Event,
}

/// Around a migration on its way forth.
pub const EACH_MIGRATE: Around = Around {
    before: Event::BeforeEachMigrate,
    before_statement: Event::BeforeEachMigrateStatement,
    after_statement: Event::AfterEachMigrateStatement,
    after: Event::AfterEachMigrate,
};

/// Around a migration on its way back.
pub const EACH_UNDO: Around = Around {
    before: Event::BeforeEachUndo,
    before_statement: Event::BeforeEachUndoStatement,
    after_statement: Event::AfterEachUndoStatement,
    after: Event::AfterEachUndo,
};

impl Around {
    /// The parts of a migration with room for its callbacks: a part in batches commits by itself, so what runs before
    /// and after it gets parts of its own.
    #[must_use]
    pub(super) fn make_room(self, parts: Vec<Part>, callbacks: &[PlannedCallback], plain: TransactionMode) -> Vec<Part> {
        let has = |events: &[Event]| callbacks.iter().any(|callback| events.contains(&callback.event));
        let count = parts.len();
        let mut roomy = Vec::new();
        for (at, part) in parts.into_iter().enumerate() {
            let batched = part.mode == TransactionMode::Batched;
            let room = || Part { mode: plain, statements: Vec::new() };
            if batched && (has(&[self.before_statement]) || (at == 0 && has(&[self.before]))) {
                roomy.push(room());
            }
            roomy.push(part);
            if batched && (has(&[self.after_statement]) || (at + 1 == count && has(&[self.after]))) {
                roomy.push(room());
            }
        }
        roomy
    }

    /// Puts the callbacks into the steps of one migration.
    pub fn fill(self, steps: &mut [Step], callbacks: &[PlannedCallback]) {
        if callbacks.is_empty() {
            return;
        }
        let run = |event: Event, place: &str| -> Vec<PlannedStatement> {
            let of_event = callbacks.iter().filter(|callback| callback.event == event);
            let statements = of_event.flat_map(|callback| &callback.statements);
            let named =
                |statement: &PlannedStatement| PlannedStatement { id: format!("{place}:{}", statement.id), ..statement.clone() };
            statements.map(named).collect()
        };
        let batch = |steps: &[Step], at: Option<usize>| -> Option<String> {
            let step = at.and_then(|at| steps.get(at)).filter(|step| step.transaction == TransactionMode::Batched)?;
            step.statements.first().map(|statement| statement.id.clone())
        };
        let count = steps.len();
        for at in 0..count {
            let next = batch(steps, Some(at + 1));
            let previous = batch(steps, at.checked_sub(1));
            let Some(step) = steps.get_mut(at) else { continue };
            if step.transaction == TransactionMode::Batched {
                continue;
            }
            let mut filled = Vec::new();
            if at == 0 {
                filled.extend(run(self.before, &step.migration.0));
            }
            filled.extend(previous.iter().flat_map(|id| run(self.after_statement, id)));
            for statement in std::mem::take(&mut step.statements) {
                let id = statement.id.clone();
                filled.extend(run(self.before_statement, &id));
                filled.push(statement);
                filled.extend(run(self.after_statement, &id));
            }
            filled.extend(next.iter().flat_map(|id| run(self.before_statement, id)));
            if at + 1 == count {
                filled.extend(run(self.after, &step.migration.0));
            }
            step.statements = filled;
        }
    }
}

/// Callbacks inside a transactional migration that the server refuses there.
#[must_use]
pub fn misplaced(steps: &[Step]) -> Vec<Finding> {
    let inside = steps.iter().filter(|step| step.transaction == TransactionMode::Transactional);
    let refused = inside.flat_map(|step| step.statements.iter().map(|statement| (&step.migration, statement)));
    let mut refused = refused.filter(|(_, statement)| statement.callback.is_some() && !statement.effect.transactional);
    refused.next().map(|(migration, statement)| not_inside(migration, statement)).into_iter().collect()
}

fn not_inside(migration: &MigrationId, statement: &PlannedStatement) -> Finding {
    let mut span = crate::span::Span::file(&statement.file);
    (span.line, span.end_line) = (statement.line, statement.line);
    Finding::broken(
        "broken-callback",
        Some(span),
        format!(
            "The callback {} runs in the transaction of {migration}, which the server refuses for this statement.",
            statement.file
        ),
        "Move it into beforeMigrate or afterMigrate, which run outside the migrations.",
    )
}
