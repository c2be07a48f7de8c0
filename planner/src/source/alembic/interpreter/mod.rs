//! Runs `upgrade()` and `downgrade()` over the syntax tree, as far as their values are known.
//!
//! It is an interpreter, not a pattern matcher: variables, loops, helper functions and string formatting are
//! evaluated. What is not known poisons what is made from it, and a statement whose SQL or whose execution
//! depends on it becomes an opaque part of the script. Depth and steps are bounded, so it always ends.

mod builtin;
mod call;
mod class;
mod connection;
mod expression;
mod format;
mod method;
mod operator;
mod statement;
mod symbol;
mod uncertain;
pub(in crate::source::alembic) mod value;
mod with;

use std::cell::RefCell;
use std::rc::Rc;

use ruff_python_ast::StmtFunctionDef;
use ruff_text_size::TextRange;

use super::render::Renderer;
use super::revision_file::RevisionFile;
use crate::migration::{OpaquePart, Script};
use crate::statement::operation::Operation;
use crate::statement::{Statement, parse};
pub(in crate::source::alembic) use symbol::construct_kind;
use value::{Scope, Value};

/// Steps (statements and expressions) one direction of a revision may take.
const STEPS: usize = 1_000_000;

/// Nesting of expressions, blocks and calls together.
const DEPTH: usize = 120;

/// Characters a text may grow to, and items a list may.
const LONGEST: usize = 2_000_000;

/// Why interpretation of a function or of the whole direction stopped.
#[derive(Debug)]
pub(super) enum Halt {
    /// `raise` was reached.
    Raise(String, TextRange),
    /// Out of steps or depth.
    Exhausted(TextRange),
}

/// Where control goes after a statement.
#[derive(Debug)]
pub(super) enum Flow<'a> {
    Next,
    Break,
    Continue,
    Return(Value<'a>),
}

type Evaluated<'a> = Result<Value<'a>, Halt>;

/// What one direction of a revision came down to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) script: Script,
    /// Where the function raises on purpose, if it does nothing else.
    pub(super) raises: Option<TextRange>,
}

/// Runs one function of a revision file and renders what it does.
pub(super) fn run<'a>(file: &'a RevisionFile, function: &'a StmtFunctionDef, renderer: &mut Renderer) -> Outcome {
    let mut interpreter = Interpreter {
        file,
        renderer,
        module: Rc::new(Scope::default()),
        scopes: Vec::new(),
        script: Script { path: file.path.clone(), script: file.script.clone(), ..Script::default() },
        steps: 0,
        depth: 0,
        made: 0,
        autocommit: false,
        recording: false,
        names_assumed: false,
    };
    let outcome = interpreter.direction(function);
    // Functions hold their scope and scopes their functions: emptied, they can be freed.
    interpreter.module.names.borrow_mut().clear();
    for scope in &interpreter.scopes {
        if let Some(scope) = scope.upgrade() {
            scope.names.borrow_mut().clear();
        }
    }
    outcome
}

pub(super) struct Interpreter<'a, 'r> {
    file: &'a RevisionFile,
    renderer: &'r mut Renderer,
    module: Rc<Scope<'a>>,
    scopes: Vec<std::rc::Weak<Scope<'a>>>,
    script: Script,
    steps: usize,
    depth: usize,
    /// Constructs made so far.
    made: usize,
    /// Inside `autocommit_block()`.
    autocommit: bool,
    /// Off while the module's top level runs: what it does there alembic does at import, not in the migration.
    recording: bool,
    /// That names may come from a convention is noted.
    names_assumed: bool,
}

impl<'a> Interpreter<'a, '_> {
    fn direction(&mut self, function: &'a StmtFunctionDef) -> Outcome {
        let module = self.module.clone();
        for statement in &self.file.module.body {
            // A module that raises or never ends cannot be imported: nothing after it is known.
            if self.statement(statement, &module).is_err() {
                break;
            }
        }
        self.recording = true;
        self.steps = 0;
        let scope = self.scope(None);
        let mut raises = None;
        match self.block(&function.body, &scope) {
            Ok(_) => {}
            Err(Halt::Raise(what, range)) => {
                if self.script.statements.is_empty() && self.script.opaque.is_empty() {
                    raises = Some(range);
                }
                self.opaque(range, format!("`{}` raises {what} here", function.name));
            }
            Err(Halt::Exhausted(range)) => {
                self.opaque(range, format!("`{}` takes more steps than the planner follows", function.name));
            }
        }
        self.script.assumptions.dedup();
        Outcome { script: std::mem::take(&mut self.script), raises }
    }

    fn scope(&mut self, parent: Option<Rc<Scope<'a>>>) -> Rc<Scope<'a>> {
        let scope = Rc::new(Scope { names: RefCell::default(), parent });
        self.scopes.push(Rc::downgrade(&scope));
        scope
    }

    /// Counts a step; fails when the budget or the depth is spent.
    fn step(&mut self, range: TextRange) -> Result<(), Halt> {
        self.steps += 1;
        if self.steps > STEPS || self.depth > DEPTH { Err(Halt::Exhausted(range)) } else { Ok(()) }
    }

    /// Looks a name up as Python does: own scope, those around it, the module, the builtins.
    fn lookup(&self, name: &str, scope: &Rc<Scope<'a>>) -> Value<'a> {
        let mut at = Some(scope);
        while let Some(scope) = at {
            if let Some(value) = scope.names.borrow().get(name) {
                return value.clone();
            }
            at = scope.parent.as_ref();
        }
        if let Some(value) = self.module.names.borrow().get(name) {
            return value.clone();
        }
        symbol::builtin(name).unwrap_or_else(|| Value::unknown(format!("`{name}` is not defined in this file")))
    }

    fn assign_name(name: &str, value: Value<'a>, scope: &Rc<Scope<'a>>) {
        scope.names.borrow_mut().insert(name.to_owned(), value);
    }

    /// Adds rendered SQL to the script.
    fn emit(&mut self, sql: Vec<String>, range: TextRange) {
        if !self.recording {
            return;
        }
        for sql in sql {
            let (operations, _) = parse::parse(&sql, self.renderer.dialect);
            self.renderer.ran(&operations);
            let span = self.file.span(range);
            self.script.statements.push(Statement { sql, span, operations, copy_data: None, autocommit: self.autocommit });
        }
    }

    /// Notes a part whose SQL is not known.
    fn opaque(&mut self, range: TextRange, reason: impl Into<String>) {
        if !self.recording {
            return;
        }
        let part = OpaquePart { span: self.file.span(range), reason: reason.into() };
        self.renderer.unknown_change();
        if !self.script.opaque.contains(&part) {
            self.script.opaque.push(part);
        }
    }

    fn assume(&mut self, assumption: String) {
        if self.recording && !self.script.assumptions.contains(&assumption) {
            self.script.assumptions.push(assumption);
        }
    }

    /// Notes that names in the statements from `before` on may come from a naming convention; once a script.
    fn assume_names(&mut self, before: usize) {
        let operations: Vec<Operation> =
            self.script.statements.iter().skip(before).flat_map(|statement| statement.operations.iter().cloned()).collect();
        if let Some(assumption) = self.renderer.naming_assumption(&operations)
            && !std::mem::replace(&mut self.names_assumed, true)
        {
            self.assume(assumption);
        }
    }

    fn line(&self, range: TextRange) -> u32 {
        self.file.lines.position(&self.file.text, range.start().to_usize()).0
    }

    /// The source of a place, shortened, for reasons.
    fn source(&self, range: TextRange) -> String {
        let text = self.file.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = text.chars().take(60).collect();
        if short.len() < text.len() { format!("{short}…") } else { short }
    }
}
