//! Function calls in a statement, and what is known of the functions.

use crate::sort::Gather;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

use super::node::{object, text};
use crate::dialect::Dialect;
use crate::name::fold;
use crate::statement::operation::Called;

static STABLE: LazyLock<BTreeSet<&str>> = LazyLock::new(|| list(include_str!("builtin_stable.txt")));
static VOLATILE: LazyLock<BTreeSet<&str>> = LazyLock::new(|| list(include_str!("builtin_volatile.txt")));

fn list(text: &'static str) -> BTreeSet<&'static str> {
    text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_ascii_whitespace).gather()
}

/// What calling a function may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// A function of the server that reads at most.
    Stable,
    /// A function of the server that gives another value each time or has an effect of its own.
    Volatile,
    /// A function of the user or of an extension: anything.
    Unknown,
}

/// What is known of a function by its folded name.
pub(super) fn known(function: &str) -> Known {
    let name = match function.split_once('.') {
        Some(("pg_catalog", name)) => name,
        Some(_) => return Known::Unknown,
        None => function,
    };
    if STABLE.contains(name) {
        Known::Stable
    } else if VOLATILE.contains(name) {
        Known::Volatile
    } else {
        Known::Unknown
    }
}

/// Functions called in a node, folded, with their schema where written, in the order of the text.
pub(super) fn in_node(node: &SyntaxNode) -> Vec<String> {
    let mut found = Vec::new();
    for call in node.descendants().filter_map(ast::CallExpr::cast) {
        // `EXISTS (…)`, `ANY (…)`, `EXTRACT (…)` are syntax and have no name in front.
        let Some(name) = call.expr() else { continue };
        let name = match &name {
            ast::Expr::NameRef(_) | ast::Expr::FieldExpr(_) => qualified(&text(&name)),
            _ => continue,
        };
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// The calls of a node whose functions the server does not bring along, with their arguments.
pub(super) fn foreign(node: &SyntaxNode) -> Vec<Called> {
    let mut found = Vec::new();
    for call in node.descendants().filter_map(ast::CallExpr::cast) {
        let Some(name) = call.expr().filter(|name| matches!(name, ast::Expr::NameRef(_) | ast::Expr::FieldExpr(_))) else {
            continue;
        };
        if known(&qualified(&text(&name))) != Known::Unknown {
            continue;
        }
        let called = Called::Routine { name: object(&name), arguments: arguments(call.arg_list()) };
        if !found.contains(&called) {
            found.push(called);
        }
    }
    found
}

/// The arguments of a call as written.
pub(super) fn arguments(list: Option<ast::ArgList>) -> Vec<String> {
    list.into_iter().flat_map(|list| list.args()).filter_map(|argument| argument.expr()).map(|value| text(&value)).collect()
}

fn qualified(written: &str) -> String {
    written.split('.').map(|part| fold(part.trim(), Dialect::Postgres)).collect::<Vec<_>>().join(".")
}
