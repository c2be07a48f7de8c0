//! A revision file as what another file needs that takes over a part of it.

use std::ops::RangeInclusive;

use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::book;
use super::revision_file::RevisionFile;
use crate::migration::MigrationId;
use crate::project::settings::Settings;
use crate::project::{Project, Request};

/// The names Alembic reads from a revision, and its two functions.
const OWN: [&str; 6] = ["revision", "down_revision", "branch_labels", "depends_on", "upgrade", "downgrade"];

/// The parts of a revision file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Imports, constants and helpers, as they are written.
    pub head: String,
    /// The calls that `upgrade()` is made of; `None`: it is made of more than calls, which hang together.
    pub upgrade: Option<Vec<Call>>,
    /// The same of `downgrade()`, where there is one.
    pub downgrade: Option<Vec<Call>>,
    /// There is a `downgrade()`.
    pub comes_back: bool,
}

/// A call at the top level of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The lines it stands in, from 1.
    pub lines: RangeInclusive<u32>,
    /// As it is written, with the comments above it.
    pub text: String,
}

/// The parts of one revision of the project.
#[must_use]
pub fn frame(project: &Project, settings: &Settings, request: &Request, id: &MigrationId) -> Option<Frame> {
    let (files, _) = book::files(project, settings, request)?;
    let file = files.iter().find(|file| file.migration_id() == *id)?;
    let down = file.function("downgrade");
    Some(Frame {
        head: head(file),
        upgrade: file.function("upgrade").and_then(|function| calls(file, function)),
        downgrade: down.and_then(|function| calls(file, function)),
        comes_back: down.is_some(),
    })
}

fn head(file: &RevisionFile) -> String {
    let mut kept = String::new();
    for (at, statement) in file.module.body.iter().enumerate() {
        if (at == 0 && is_docstring(statement)) || is_own(statement) {
            continue;
        }
        let is_block = matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_));
        if !kept.is_empty() {
            kept.push_str(if is_block { "\n\n\n" } else { "\n" });
        }
        let range = statement.range();
        kept.push_str(file.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default());
    }
    kept.replace("\r\n", "\n")
}

fn is_own(statement: &Stmt) -> bool {
    let name = |target: &Expr| matches!(target, Expr::Name(name) if OWN.contains(&name.id.as_str()));
    match statement {
        Stmt::Assign(assign) => assign.targets.iter().all(name),
        Stmt::AnnAssign(assign) => name(&assign.target),
        Stmt::FunctionDef(function) => OWN.contains(&function.name.as_str()),
        _ => false,
    }
}

fn is_docstring(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(statement) if matches!(&*statement.value, Expr::StringLiteral(_)))
}

/// The body as calls, each with the lines above it that are no statement.
fn calls(file: &RevisionFile, function: &StmtFunctionDef) -> Option<Vec<Call>> {
    let mut calls = Vec::new();
    let mut end = line_end(&file.text, function.parameters.end().to_usize());
    for (at, statement) in function.body.iter().enumerate() {
        let range = statement.range();
        let (start, stop) = (line_start(&file.text, range.start().to_usize()), line_end(&file.text, range.end().to_usize()));
        let above = file.text.get(end..start).unwrap_or_default();
        end = stop;
        if (at == 0 && is_docstring(statement)) || matches!(statement, Stmt::Pass(_)) {
            continue;
        }
        let is_call = match statement {
            Stmt::Expr(call) => matches!(&*call.value, Expr::Call(_)),
            // `batch_alter_table` and `autocommit_block` say for themselves what they hold.
            Stmt::With(with) => {
                with.body.iter().all(|inner| matches!(inner, Stmt::Expr(call) if matches!(&*call.value, Expr::Call(_))))
            }
            _ => false,
        };
        if !is_call {
            return None;
        }
        let comments: String =
            above.lines().filter(|line| line.trim_start().starts_with('#')).map(|line| format!("{line}\n")).collect();
        let span = file.span(range);
        let text = format!("{comments}{}", file.text.get(start..stop)?).replace("\r\n", "\n");
        calls.push(Call { lines: span.line..=span.end_line.max(span.line), text: text.trim_end().to_owned() });
    }
    Some(calls)
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |line| line + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |line| at + line + 1)
}
