//! Runs `upgrade()` and `downgrade()` over the syntax tree, as far as their values are known.
//!
//! It is an interpreter, not a pattern matcher: variables, loops, helper functions and string formatting are
//! evaluated. What is not known poisons what is made from it, and a statement whose SQL or whose execution
//! depends on it becomes an opaque part of the script. Depth and steps are bounded, so it always ends.

mod builtin;
mod call;
mod class;
mod connection;
mod constant;
mod decorator;
mod directive;
mod expression;
mod format;
mod handed;
mod imported;
mod inspector;
mod instance;
pub(in crate::source::alembic) mod library;
mod method;
mod operator;
mod reflected;
mod standard;
mod statement;
mod symbol;
mod uncertain;
pub(in crate::source::alembic) mod value;
mod with;

use std::cell::RefCell;
use std::rc::Rc;

use ruff_python_ast::StmtFunctionDef;
use ruff_text_size::TextRange;

use super::render::{Reach, Renderer};
use super::revision_file::RevisionFile;
use crate::migration::{OpaquePart, Script};
use crate::span::Span;
use crate::statement::operation::Operation;
use crate::statement::{Statement, parse};
use library::{Code, Module, Modules};
pub(in crate::source::alembic) use symbol::construct_kind;
use value::{Scope, Value};

/// Steps (statements and expressions) one direction of a revision may take.
const STEPS: usize = 1_000_000;

/// Steps that a statement of SQL counts for: it is parsed, and what it does is worked out.
const A_STATEMENT: usize = 50;

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
pub(super) fn run<'a>(
    file: &'a RevisionFile,
    function: &'a StmtFunctionDef,
    renderer: &mut Renderer,
    modules: &Modules<'a>,
) -> Outcome {
    renderer.begin(&file.script);
    let module = Module::new(Code::from(file));
    let mut interpreter = Interpreter {
        renderer,
        modules,
        revision: module.clone(),
        module,
        called_at: None,
        method_of: None,
        waiting: Vec::new(),
        manages: false,
        scopes: Vec::new(),
        script: Script { path: file.path.clone(), script: file.script.clone(), ..Script::default() },
        script_is_undo: function.name.as_str() == "downgrade",
        steps: 0,
        depth: 0,
        made: 0,
        autocommit: false,
        recording: false,
        names_assumed: false,
        base_arguments: None,
        drawn: 0,
        catches: false,
        thrown: None,
        reflected: Vec::new(),
    };
    let outcome = interpreter.direction(function);
    // Functions hold their scope and scopes their functions: emptied, they can be freed.
    interpreter.revision.scope.names.borrow_mut().clear();
    for scope in &interpreter.scopes {
        if let Some(scope) = scope.upgrade() {
            scope.names.borrow_mut().clear();
        }
    }
    outcome
}

pub(super) struct Interpreter<'a, 'r> {
    renderer: &'r mut Renderer,
    modules: &'r Modules<'a>,
    /// The revision file.
    revision: Rc<Module<'a>>,
    /// The file whose code runs.
    module: Rc<Module<'a>>,
    /// Where the revision called into another file of the project, while that runs.
    called_at: Option<TextRange>,
    scopes: Vec<std::rc::Weak<Scope<'a>>>,
    script: Script,
    /// `downgrade()` runs.
    script_is_undo: bool,
    steps: usize,
    depth: usize,
    /// The class and instance of the method that is about to be called.
    method_of: Option<(Rc<value::Class<'a>>, Value<'a>)>,
    /// Blocks of `with` whose context manager runs and has not come to its `yield` yet.
    waiting: Vec<with::Waiting<'a>>,
    /// The generator that is called next is a context manager's.
    manages: bool,
    /// Constructs made so far.
    made: usize,
    /// Inside `autocommit_block()`.
    autocommit: bool,
    /// Off while the module's top level runs: what it does there alembic does at import, not in the migration.
    recording: bool,
    /// That names may come from a convention is noted.
    names_assumed: bool,
    /// What `__init__` of a class handed on to the class of SQLAlchemy that it refines.
    base_arguments: Option<value::Arguments<'a>>,
    /// Identifiers drawn so far in place of random ones.
    drawn: usize,
    /// Inside a `try` whose handler takes whatever is raised.
    catches: bool,
    /// What the directive that was just called raises in Alembic.
    thrown: Option<String>,
    /// Metadata that was filled from the database, by the order it was made in.
    reflected: Vec<usize>,
}

impl<'a> Interpreter<'a, '_> {
    fn direction(&mut self, function: &'a StmtFunctionDef) -> Outcome {
        self.run_module(&self.revision.clone());
        self.recording = true;
        self.steps = 0;
        let scope = self.scope(None);
        if let Some(reason) = self.given_by_environment(function, &scope) {
            self.opaque(function.range, reason);
            return Outcome { script: std::mem::take(&mut self.script), raises: None };
        }
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
        if let Some(place) = self.renderer.hooks.clone().filter(|_| !self.script.statements.is_empty()) {
            self.assume(format!("what {place} hooks into SQLAlchemy does not change these statements"));
        }
        self.note_sets();
        if !self.script.statements.is_empty() {
            self.take_over(&self.revision.clone());
        }
        self.script.assumptions.dedup();
        Outcome { script: std::mem::take(&mut self.script), raises }
    }

    /// Parameters of `upgrade` itself: `env.py` may hand some over with `run_migrations(op=…)`.
    fn given_by_environment(&mut self, function: &'a StmtFunctionDef, scope: &Rc<Scope<'a>>) -> Option<String> {
        let parameters = &function.parameters;
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs) {
            let name = parameter.parameter.name.as_str();
            let value = match (name, &parameter.default) {
                (_, Some(default)) => self.evaluate(default, &self.revision.scope.clone()).ok()?,
                ("op", None) => {
                    self.assume("the parameter `op`, which env.py gives, is Alembic's own `op`".to_owned());
                    symbol::symbol("alembic.op")
                }
                (name, None) => {
                    self.handed(name).unwrap_or_else(|| Value::unknown(format!("which env.py gives `{name}` is not known")))
                }
            };
            Self::assign_name(name, value, scope);
        }
        None
    }

    fn scope(&mut self, parent: Option<Rc<Scope<'a>>>) -> Rc<Scope<'a>> {
        let scope = Rc::new(Scope { names: RefCell::default(), parent });
        let weak = Rc::downgrade(&scope);
        if !self.recording && !Rc::ptr_eq(&self.module, &self.revision) {
            // What the top level of another file makes stays as long as that file does.
            self.modules.keep(weak);
        } else {
            self.scopes.push(weak);
        }
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
        if let Some(value) = self.module.scope.names.borrow().get(name) {
            return value.clone();
        }
        if let Some(value) = symbol::builtin(name) {
            return value;
        }
        match self.module.stars.borrow().first() {
            Some(package) => symbol::symbol(&format!("{package}.{name}")),
            None => Value::unknown(format!("`{name}` is not defined in this file")),
        }
    }

    /// The place in the revision: of the code itself, or of the call that led into another file.
    fn span(&self, range: TextRange) -> Span {
        let (code, at) = (self.revision.code, self.called_at.unwrap_or(range));
        code.lines.span(code.path, code.text, at.start().to_usize()..at.end().to_usize())
    }

    fn assign_name(name: &str, value: Value<'a>, scope: &Rc<Scope<'a>>) {
        scope.names.borrow_mut().insert(name.to_owned(), value);
    }

    /// Adds rendered SQL to the script.
    fn emit(&mut self, sql: Vec<String>, range: TextRange) {
        self.steps += A_STATEMENT * sql.len();
        if !self.recording {
            return;
        }
        for sql in sql {
            let (operations, _) = parse::parse(&sql, self.renderer.dialect);
            self.renderer.ran(&sql, &operations);
            let span = self.span(range);
            let comments = comments_above(self.revision.code.text, span.start);
            let autocommit = self.autocommit;
            self.script.statements.push(Statement { sql, span, operations, autocommit, comments, ..Statement::default() });
        }
    }

    /// Notes a part whose SQL is not known.
    fn opaque(&mut self, range: TextRange, reason: impl Into<String>) {
        let reason = reason.into();
        let reach = Reach::of(self.text(range), &reason);
        self.not_followed(range, reason, reach);
    }

    /// As [`Self::opaque`], for a part of which it is known what it can change.
    fn not_followed(&mut self, range: TextRange, mut reason: String, reach: Reach) {
        if !self.recording {
            return;
        }
        if self.called_at.is_some() {
            let code = self.module.code;
            let (line, _) = code.lines.position(code.text, range.start().to_usize());
            reason = format!("{reason} (at {}:{line})", code.path);
        }
        let text = self.names_in_reach();
        self.renderer.unknown_change(&reach, &text);
        let part = OpaquePart { span: self.span(range), reason };
        if !self.script.opaque.contains(&part) {
            self.script.opaque.push(part);
        }
    }

    /// The text that may name what a part changes: of the revision without its other direction, and of the file that it
    /// called.
    fn names_in_reach(&self) -> String {
        let (code, called) = (self.revision.code, self.module.code);
        let other = if self.script_is_undo { "upgrade" } else { "downgrade" };
        let other = code.body.iter().find_map(|statement| match statement {
            ruff_python_ast::Stmt::FunctionDef(def) if def.name.as_str() == other => Some(def.range),
            _ => None,
        });
        let at = other.map_or(code.text.len(), |range| range.start().to_usize());
        let before = code.text.get(..at).unwrap_or_default();
        let after = other.and_then(|range| code.text.get(range.end().to_usize()..)).unwrap_or_default();
        let called = if called.path == code.path { "" } else { called.text };
        [before, after, called].concat()
    }

    /// The text of a place in the file whose code runs.
    fn text(&self, range: TextRange) -> &'a str {
        self.module.code.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default()
    }

    /// Notes what is taken for granted: for the revision, or, while a file is imported, for whoever uses that file.
    fn assume(&mut self, assumption: String) {
        if !self.recording {
            let mut taken = self.module.taken.borrow_mut();
            if !taken.contains(&assumption) {
                taken.push(assumption);
            }
        } else if !self.script.assumptions.contains(&assumption) {
            self.script.assumptions.push(assumption);
        }
    }

    /// Takes for granted what was taken for granted when a file was imported.
    fn take_over(&mut self, module: &Rc<Module<'a>>) {
        if self.recording || !Rc::ptr_eq(module, &self.module) {
            let taken = module.taken.borrow().clone();
            for assumption in taken {
                self.assume(assumption);
            }
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
        let at = self.called_at.unwrap_or(range);
        self.revision.code.lines.position(self.revision.code.text, at.start().to_usize()).0
    }

    /// The source of a place, shortened, for reasons.
    fn source(&self, range: TextRange) -> String {
        let text = self.text(range).split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = text.chars().take(60).collect();
        if short.len() < text.len() { format!("{short}…") } else { short }
    }
}

/// Comments to Flightplan in the lines right above a place of a revision, in the order of the file, without `#`.
fn comments_above(text: &str, start: u32) -> Vec<String> {
    let before = usize::try_from(start).ok().and_then(|start| text.get(..start)).unwrap_or_default();
    let above = before.rsplit('\n').skip(1).map_while(|line| line.trim().strip_prefix('#'));
    let mut found: Vec<String> =
        above.map(str::trim).filter(|comment| comment.starts_with("flightplan:")).map(str::to_owned).collect();
    found.reverse();
    found
}
