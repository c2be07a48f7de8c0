//! How much of Python a revision's `upgrade()` uses: the levels of `facts/alembic.md` §5.3, for the coverage table.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

use super::revision_file::RevisionFile;
use crate::project::settings::Settings;
use crate::project::{Project, Request, python};

/// What each level adds to those below it.
pub const NAMES: [&str; 11] = [
    "literal directives",
    "constants, formatted text",
    "batch_alter_table",
    "connection, bulk_insert, Enum.create, autocommit",
    "loops and conditionals",
    "dialect, offline mode, server version",
    "helpers of the same file",
    "types of other packages",
    "helpers of other files",
    "Core DML",
    "inspector",
];

/// Revision ids with the highest level their `upgrade()`, or a helper beside it, uses.
#[must_use]
pub fn levels(project: &Project, settings: &Settings, request: &Request) -> Vec<(String, usize)> {
    let files = super::book::files(project, settings, request).map(|(files, _)| files).unwrap_or_default();
    files.iter().map(|file| (file.id.text.clone(), level(file))).collect()
}

fn level(file: &RevisionFile) -> usize {
    let mut seen = Seen::default();
    for statement in &file.module.body {
        match statement {
            Stmt::FunctionDef(function) if !matches!(function.name.as_str(), "upgrade" | "downgrade") => {
                seen.own.insert(function.name.as_str());
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                if !is_known(module) {
                    seen.foreign.extend(import.names.iter().map(|alias| alias.asname.as_ref().unwrap_or(&alias.name).as_str()));
                }
            }
            Stmt::Import(import) => {
                let foreign = import.names.iter().filter(|alias| !is_known(alias.name.as_str()));
                seen.foreign.extend(foreign.map(|alias| alias.asname.as_ref().unwrap_or(&alias.name).as_str()));
            }
            _ => {}
        }
    }
    for statement in file.function("upgrade").map(|function| function.body.as_slice()).unwrap_or_default() {
        seen.visit_stmt(statement);
    }
    if seen.level >= 6 {
        // A helper of the file is called: what it uses counts too.
        for statement in &file.module.body {
            if matches!(statement, Stmt::FunctionDef(function) if function.name.as_str() != "downgrade") {
                seen.visit_stmt(statement);
            }
        }
    }
    seen.level
}

/// Packages whose directives, types and functions count as the tool's own, or as the language's.
fn is_known(module: &str) -> bool {
    const KNOWN: [&str; 14] = [
        "sqlalchemy",
        "alembic",
        "typing",
        "__future__",
        "collections",
        "datetime",
        "logging",
        "json",
        "uuid",
        "enum",
        "os",
        "re",
        "textwrap",
        "decimal",
    ];
    KNOWN.contains(&module.split('.').next().unwrap_or_default())
}

#[derive(Default)]
struct Seen<'a> {
    own: BTreeSet<&'a str>,
    foreign: BTreeSet<&'a str>,
    level: usize,
}

impl<'a> Seen<'a> {
    fn at_least(&mut self, level: usize) {
        self.level = self.level.max(level);
    }

    fn call(&mut self, call: &'a ruff_python_ast::ExprCall) {
        let name = python::called(call);
        let root = root(&call.func);
        let is_type = name.chars().next().is_some_and(char::is_uppercase);
        if self.foreign.contains(root) {
            self.at_least(if is_type { 7 } else { 8 });
        }
        if matches!(&*call.func, Expr::Name(_)) && self.own.contains(name) {
            self.at_least(6);
        }
        match name {
            "batch_alter_table" => self.at_least(2),
            "get_bind" | "bulk_insert" | "autocommit_block" | "create" | "exec_driver_sql" => self.at_least(3),
            "format" | "join" | "dedent" => self.at_least(1),
            "is_offline_mode" | "get_context" => self.at_least(5),
            "insert" | "update" | "delete" | "select" | "table" if matches!(root, "sa" | "sqlalchemy" | "table" | "select") => {
                self.at_least(9);
            }
            "inspect" | "get_inspector" | "has_table" | "get_columns" | "get_indexes" | "get_table_names" => self.at_least(10),
            _ => {}
        }
    }
}

/// The first name of `a.b.c`.
fn root(expression: &Expr) -> &str {
    match expression {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => root(&attribute.value),
        Expr::Call(call) => root(&call.func),
        _ => "",
    }
}

impl<'a> Visitor<'a> for Seen<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::For(_) | Stmt::If(_) | Stmt::While(_) | Stmt::Try(_) => self.at_least(4),
            Stmt::Assign(_) | Stmt::AnnAssign(_) => self.at_least(1),
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Call(call) => self.call(call),
            Expr::FString(_) | Expr::BinOp(_) => self.at_least(1),
            Expr::ListComp(_) | Expr::DictComp(_) | Expr::SetComp(_) | Expr::Generator(_) | Expr::If(_) => self.at_least(4),
            Expr::Attribute(attribute) if matches!(attribute.attr.as_str(), "dialect" | "server_version_info") => {
                self.at_least(5)
            }
            Expr::Attribute(attribute) if self.foreign.contains(root(&attribute.value)) => self.at_least(7),
            Expr::Name(name) if self.foreign.contains(name.id.as_str()) => self.at_least(7),
            _ => {}
        }
        walk_expr(self, expression);
    }
}
