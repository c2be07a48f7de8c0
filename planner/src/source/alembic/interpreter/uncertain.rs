//! What statements could do whose execution is not known: names they change, SQL they may run, ways they leave.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Stmt};

/// Functions that change nothing.
const HARMLESS: &[&str] = &[
    "print",
    "len",
    "str",
    "int",
    "float",
    "bool",
    "isinstance",
    "issubclass",
    "hasattr",
    "getattr",
    "repr",
    "list",
    "dict",
    "set",
    "tuple",
    "sorted",
    "range",
    "enumerate",
    "zip",
    "any",
    "all",
    "min",
    "max",
    "sum",
    "type",
    "super",
    "format",
    "Exception",
    "ValueError",
    "RuntimeError",
    "NotImplementedError",
];

/// Methods that change nothing but their receiver, which is poisoned by its name.
const HARMLESS_METHODS: &[&str] = &[
    "append",
    "extend",
    "insert",
    "pop",
    "format",
    "join",
    "lower",
    "upper",
    "strip",
    "lstrip",
    "rstrip",
    "split",
    "get",
    "keys",
    "values",
    "items",
    "debug",
    "info",
    "warn",
    "warning",
    "error",
    "exception",
    "startswith",
    "endswith",
    "replace",
    "getLogger",
    "setdefault",
];

/// Whether a call can only change what it is a method of, whatever that is.
pub(super) fn is_harmless(func: &Expr) -> bool {
    matches!(func, Expr::Attribute(attribute) if HARMLESS_METHODS.contains(&attribute.attr.as_str()))
}

/// What some blocks could do.
#[derive(Debug, Default)]
pub(super) struct Uncertain<'a> {
    /// What they call, but for what is known to be harmless.
    pub(super) called: Vec<&'a Expr>,
    /// They call something that may run SQL.
    pub(super) acts: bool,
    /// They return from the function.
    pub(super) leaves: bool,
    /// They end or restart the loop around them.
    pub(super) breaks: bool,
    /// All they do is raise.
    pub(super) only_raises: bool,
}

impl<'a> Uncertain<'a> {
    pub(super) fn scan(bodies: &[&'a [Stmt]]) -> Self {
        let mut scan = Scan::default();
        for body in bodies {
            scan.visit_body(body);
        }
        let only_raises = !bodies.is_empty() && bodies.iter().all(|body| guards(body)) && scan.raises;
        Self { called: scan.called, acts: scan.acts, leaves: scan.leaves, breaks: scan.breaks, only_raises }
    }
}

/// A block that raises at its end and otherwise does nothing, or does nothing at all.
fn guards(body: &[Stmt]) -> bool {
    body.iter().all(|statement| match statement {
        Stmt::Raise(_) | Stmt::Pass(_) => true,
        Stmt::Assign(_) | Stmt::Expr(_) => {
            let mut scan = Scan::default();
            scan.visit_stmt(statement);
            !scan.acts
        }
        _ => false,
    })
}

#[derive(Default)]
struct Scan<'a> {
    called: Vec<&'a Expr>,
    acts: bool,
    leaves: bool,
    breaks: bool,
    raises: bool,
    loops: usize,
}

impl<'a> Visitor<'a> for Scan<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            // What a nested definition does happens only when it is called.
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => return,
            // The arguments of an exception are made, but they run no SQL.
            Stmt::Raise(_) => {
                self.raises = true;
                return;
            }
            Stmt::Return(_) => self.leaves = true,
            Stmt::Break(_) | Stmt::Continue(_) if self.loops == 0 => self.breaks = true,
            Stmt::For(_) | Stmt::While(_) => {
                self.loops += 1;
                walk_stmt(self, statement);
                self.loops -= 1;
                return;
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression {
            let acts = match &*call.func {
                Expr::Name(name) => !HARMLESS.contains(&name.id.as_str()),
                other => !is_harmless(other),
            };
            if acts {
                self.called.push(&call.func);
                self.acts = true;
            }
        }
        walk_expr(self, expression);
    }
}

/// Names that statements change.
#[derive(Default)]
pub(super) struct Changed {
    /// Bound, rebound, or changed through an item or attribute.
    pub(super) names: BTreeSet<String>,
    /// Changed through a method, if what they stand for has such a one.
    pub(super) through_method: BTreeSet<String>,
}

/// What statements change.
pub(super) fn changed(body: &[Stmt]) -> Changed {
    let mut changed = Changed::default();
    changed.visit_body(body);
    changed
}

impl<'a> Visitor<'a> for Changed {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(def) => {
                self.names.insert(def.name.to_string());
                return;
            }
            Stmt::ClassDef(class) => {
                self.names.insert(class.name.to_string());
                return;
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if name.ctx != ExprContext::Load => {
                self.names.insert(name.id.to_string());
            }
            Expr::Subscript(subscript) if subscript.ctx != ExprContext::Load => self.names.extend(names(&subscript.value)),
            Expr::Attribute(attribute) if attribute.ctx != ExprContext::Load => self.names.extend(names(&attribute.value)),
            Expr::Call(call) => {
                if let Expr::Attribute(attribute) = &*call.func
                    && matches!(
                        attribute.attr.as_str(),
                        "append" | "extend" | "insert" | "pop" | "add" | "update" | "setdefault" | "remove" | "clear"
                    )
                {
                    self.through_method.extend(names(&attribute.value));
                }
            }
            _ => {}
        }
        walk_expr(self, expression);
    }
}

/// Variable names in an expression.
pub(super) fn names(expression: &Expr) -> BTreeSet<String> {
    let mut found = Names::default();
    found.visit_expr(expression);
    found.names
}

#[derive(Default)]
struct Names {
    names: BTreeSet<String>,
}

impl<'a> Visitor<'a> for Names {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression {
            self.names.insert(name.id.to_string());
        }
        walk_expr(self, expression);
    }
}

/// Whether a function body makes the function a generator.
pub(super) fn yields(body: &[Stmt]) -> bool {
    let mut scan = Yields::default();
    scan.visit_body(body);
    scan.found
}

#[derive(Default)]
struct Yields {
    found: bool,
}

impl<'a> Visitor<'a> for Yields {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.found |= matches!(expression, Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Await(_));
        walk_expr(self, expression);
    }
}
