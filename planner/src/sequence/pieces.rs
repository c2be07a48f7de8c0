//! A script as pieces: one statement each, with the comments before it, its phase, and what it touches.

use super::{Refusal, refused};
use crate::catalog::{Catalog, replay};
use crate::dialect::Dialect;
use crate::graph::touch::{Touch, touches};
use crate::migration::{Migration, Script, SourceKind};
use crate::phase::{NewObjects, Phase, of_operation};
use crate::project::Project;
use crate::project::settings::Settings;
use crate::span::Span;
use crate::statement::operation::Operation;
use crate::statement::split::tokens;
use crate::statement::{Statement, parse};

/// A piece of a script.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// As it is written, with the comments before it and without its delimiter.
    pub(super) text: String,
    pub(super) span: Span,
    pub(super) operations: Vec<Operation>,
    pub(super) touches: Vec<Touch>,
    /// Where it belongs; `None`: anywhere.
    pub(super) phase: Option<Phase>,
    /// It works on what its own migration has made.
    pub(super) on_new: bool,
    /// Its author runs it outside a transaction.
    pub(super) alone: bool,
    /// The schema before it.
    pub(super) before: Catalog,
}

impl Piece {
    /// A setting of the session, which every file that comes behind it needs.
    pub(super) fn is_setting(&self) -> bool {
        !self.operations.is_empty() && self.operations.iter().all(|one| matches!(one, Operation::SetParameter { .. }))
    }

    /// Nobody knows what it touches.
    pub(super) fn is_opaque(&self) -> bool {
        self.operations.is_empty()
            || self.operations.iter().any(|one| {
                matches!(
                    one,
                    Operation::Opaque { .. }
                        | Operation::Call { .. }
                        | Operation::Other { .. }
                        | Operation::Select { .. }
                        | Operation::Guarded { .. }
                )
            })
    }
}

/// A migration in pieces.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) path: String,
    pub(super) pieces: Vec<Piece>,
    /// Of its undo script, if it has one: path and pieces.
    pub(super) undo: Option<(String, Vec<Piece>)>,
}

/// Cuts both scripts.
pub(super) fn cut(project: &Project, settings: &Settings, migration: &Migration, before: &Catalog) -> Result<Cut, Refusal> {
    if let Some(part) = migration.up.opaque.first() {
        return Err(refused(part.span.clone(), part.reason.trim_end_matches('.')));
    }
    let pieces = of_script(project, settings, (migration, &migration.up), before)?;
    let mut after = before.clone();
    for statement in &migration.up.statements {
        crate::catalog::apply::apply_all(&mut after, &statement.operations);
    }
    let undo = migration.undo.as_ref().map(|undo| {
        let pieces = of_script(project, settings, (migration, undo), &after);
        pieces.map(|pieces| (undo.path.clone(), pieces))
    });
    Ok(Cut { path: migration.path.clone(), pieces, undo: undo.transpose()? })
}

fn of_script(
    project: &Project,
    settings: &Settings,
    (migration, script): (&Migration, &Script),
    before: &Catalog,
) -> Result<Vec<Piece>, Refusal> {
    let file = project.files.iter().find(|file| file.path == script.path);
    let text = file.and_then(|file| std::str::from_utf8(&file.content).ok());
    let Some(text) = text.map(|text| text.trim_start_matches('\u{feff}')) else {
        return Err(refused(Span::file(&script.path), "its text is no UTF-8"));
    };
    // A revision's calls are no SQL.
    let written = migration.source == SourceKind::Flyway;
    let statements = actions(&script.statements, settings.dialect, before);
    let mut new = NewObjects::of(migration);
    let mut pieces = Vec::new();
    let mut problem = None;
    replay::walk(before, &statements.iter().map(|(statement, _)| statement.clone()).collect::<Vec<_>>(), |at, catalog, _| {
        let Some((statement, own)) = statements.get(at) else { return };
        let span = &statement.span;
        let text = text.get(span.start as usize..span.end as usize).filter(|_| written && !own).unwrap_or(&statement.sql);
        if statement.copy_data.is_some() {
            problem = Some(refused(span.clone(), "COPY has its rows in the script"));
        }
        if statement.operations.iter().any(|one| matches!(one, Operation::Transaction { .. })) {
            problem = Some(refused(span.clone(), "it begins or ends transactions itself"));
        }
        let phases = statement.operations.iter().filter_map(|operation| of_operation(operation, catalog, &new));
        let on_new = statement.operations.iter().all(|operation| {
            operation.subject().is_some_and(|table| new.has_table(table, catalog))
                || named_column(operation).is_some_and(|(table, column)| new.has_column(table, column, catalog))
        });
        pieces.push(Piece {
            text: text.to_owned(),
            span: span.clone(),
            touches: statement.operations.iter().flat_map(touches).collect(),
            operations: statement.operations.clone(),
            phase: phases.max(),
            on_new,
            alone: statement.autocommit,
            before: catalog.clone(),
        });
        for operation in &statement.operations {
            new.note(operation, catalog);
        }
    });
    problem.map_or(Ok(pieces), Err)
}

/// The column that an operation changes.
fn named_column(operation: &Operation) -> Option<(&crate::name::ObjectName, &str)> {
    match operation {
        Operation::SetNotNull { table, column }
        | Operation::AlterColumnType { table, column, .. }
        | Operation::ModifyColumn { table, column, .. }
        | Operation::RenameColumn { table, column, .. } => Some((table, column)),
        _ => None,
    }
}

/// The statements; an `ALTER TABLE` with actions of several phases is one for each action, and those say so.
fn actions(statements: &[Statement], dialect: Dialect, before: &Catalog) -> Vec<(Statement, bool)> {
    let mut all = Vec::new();
    for statement in statements {
        let phase = |operation: &Operation| of_operation(operation, before, &NewObjects::default());
        let mut phases = statement.operations.iter().map(phase);
        let first = phases.next().flatten();
        let parts = if phases.any(|phase| phase != first) || first == Some(Phase::Contract) {
            each_action(statement, dialect)
        } else {
            None
        };
        match parts {
            Some(parts) => all.extend(parts.into_iter().map(|part| (part, true))),
            None => all.push((statement.clone(), false)),
        }
    }
    all
}

/// One statement an action, where that means the same.
fn each_action(statement: &Statement, dialect: Dialect) -> Option<Vec<Statement>> {
    if statement.operations.len() < 2 || !crate::rule::edit::is_verbatim(statement) {
        return None;
    }
    let sql = statement.sql.as_str();
    let words = tokens(sql, dialect, usize::MAX);
    let is = |at: usize, word: &str| words.get(at).is_some_and(|own| own.eq_ignore_ascii_case(word));
    if !(is(0, "alter") && is(1, "table")) {
        return None;
    }
    let mut at = 2;
    at += if is(at, "if") { 2 } else { 0 };
    at += usize::from(is(at, "only"));
    at += 1;
    while is(at, ".") {
        at += 2;
    }
    at += usize::from(is(at, "*"));
    let offset = |word: &str| (word.as_ptr() as usize).checked_sub(sql.as_ptr() as usize);
    let start = offset(words.get(at)?)?;
    let (mut cuts, mut depth) = (vec![start], 0_i32);
    for word in words.get(at..)? {
        depth += i32::from(*word == "(") - i32::from(*word == ")");
        if *word == "," && depth == 0 {
            cuts.push(offset(word)?);
        }
    }
    cuts.push(sql.len());
    let head = sql.get(..start)?;
    let mut parts = Vec::new();
    for (from, to) in cuts.iter().zip(cuts.iter().skip(1)) {
        let action = sql.get(*from..*to)?.trim_start_matches(',').trim();
        // The comments before the statement stay with its first part.
        let head = if parts.is_empty() { head } else { crate::rule::directive::without_leading_comments(head) };
        let sql = format!("{head}{action}");
        let (operations, _) = parse::parse(&sql, dialect);
        parts.push(Statement { sql, operations, ..statement.clone() });
    }
    let same = parts.iter().flat_map(|part| &part.operations).eq(&statement.operations);
    same.then_some(parts)
}
