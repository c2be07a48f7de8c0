//! PostgreSQL statements, read off the syntax tree of `squawk-syntax`. One file a family of commands.

mod alter_table;
mod alter_view;
mod calls;
mod column;
pub(super) mod command;
mod command_change;
mod constraint;
mod data;
mod domain;
mod grant;
mod index;
mod node;
mod object;
mod other;
mod output;
mod plpgsql;
mod query;
mod routine;
mod session;
mod table;
mod tree;
mod view;

use squawk_syntax::ast::Stmt;

use super::{SyntaxError, opaque, unreadable};
use crate::statement::operation::Operation;

/// What a family makes of a statement: absent where it is not of the family or a name is missing.
type Found = Option<Vec<Operation>>;

/// Reads one statement, or several if the text holds several.
pub(super) fn parse(sql: &str) -> (Vec<Operation>, Vec<SyntaxError>) {
    match tree::parse(sql) {
        Ok(tree) => (tree.stmts().flat_map(|stmt| operations(&stmt)).collect(), Vec::new()),
        Err(errors) => unreadable(errors),
    }
}

/// Whether the server brings a function of that folded name along.
pub(super) fn is_builtin(function: &str) -> bool {
    calls::known(function) != calls::Known::Unknown
}

/// See [`super::body`].
pub(super) fn body(text: &str, language: &str) -> Result<Vec<Operation>, String> {
    routine::body(text, language)
}

fn operations(stmt: &Stmt) -> Vec<Operation> {
    if matches!(stmt, Stmt::EmptyStmt(_)) {
        return Vec::new();
    }
    table::operations(stmt)
        .or_else(|| alter_table::operations(stmt))
        .or_else(|| index::operations(stmt))
        .or_else(|| view::operations(stmt))
        .or_else(|| alter_view::operations(stmt))
        .or_else(|| data::operations(stmt))
        .or_else(|| object::operations(stmt))
        .or_else(|| domain::operations(stmt))
        .or_else(|| routine::operations(stmt))
        .or_else(|| grant::operations(stmt))
        .or_else(|| session::operations(stmt))
        .or_else(|| other::operations(stmt))
        .unwrap_or_else(|| vec![opaque(format!("{} is not modelled", other::title(stmt)))])
}
