//! Statements.

use std::rc::Rc;

use ruff_python_ast::{
    ElifElseClause, ExceptHandler, ExceptHandlerExceptHandler, Expr, Stmt, StmtFor, StmtIf, StmtTry, StmtWhile,
};
use ruff_text_size::{Ranged, TextRange};

use super::super::render::Reach;
use super::symbol::{construct_kind, runs_no_sql};
use super::uncertain::{self, Uncertain};
use super::value::{Body, Scope, Value};
use super::{DEPTH, Flow, Halt, Interpreter};

impl<'a> Interpreter<'a, '_> {
    pub(super) fn block(&mut self, body: &'a [Stmt], scope: &Rc<Scope<'a>>) -> Result<Flow<'a>, Halt> {
        for statement in body {
            match self.statement(statement, scope)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    pub(super) fn statement(&mut self, statement: &'a Stmt, scope: &Rc<Scope<'a>>) -> Result<Flow<'a>, Halt> {
        self.step(statement.range())?;
        self.depth += 1;
        let flow = self.statement_inner(statement, scope);
        self.depth -= 1;
        flow
    }

    fn statement_inner(&mut self, node: &'a Stmt, scope: &Rc<Scope<'a>>) -> Result<Flow<'a>, Halt> {
        match node {
            Stmt::Expr(statement) => {
                self.evaluate(&statement.value, scope)?;
            }
            Stmt::Assign(assign) => {
                let value = self.evaluate(&assign.value, scope)?;
                for target in &assign.targets {
                    self.assign(target, value.clone(), scope)?;
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let value = self.evaluate(value, scope)?;
                    self.assign(&assign.target, value, scope)?;
                }
            }
            Stmt::AugAssign(assign) => {
                let before = self.evaluate(&assign.target, scope)?;
                let added = self.evaluate(&assign.value, scope)?;
                let value = self.augmented(before, assign.op, added);
                self.assign(&assign.target, value, scope)?;
            }
            Stmt::FunctionDef(def) => {
                let value = self.function(def, scope)?;
                Self::assign_name(def.name.as_str(), value, scope);
            }
            Stmt::ClassDef(class) => {
                let value = self.class(class, scope)?;
                Self::assign_name(class.name.as_str(), value, scope);
            }
            Stmt::Import(import) => Self::import(import, scope),
            Stmt::ImportFrom(import) => self.import_from(import, scope),
            Stmt::Return(statement) => {
                let value = match &statement.value {
                    Some(value) => self.evaluate(value, scope)?,
                    None => Value::None,
                };
                return Ok(Flow::Return(value));
            }
            Stmt::If(statement) => return self.branch(statement, scope),
            Stmt::For(statement) => return self.for_loop(statement, scope),
            Stmt::While(statement) => return self.while_loop(statement, scope),
            Stmt::With(statement) => return self.with_block(statement, scope),
            Stmt::Try(statement) => return self.try_block(statement, scope),
            Stmt::Raise(statement) => {
                let what =
                    statement.exc.as_ref().map_or_else(|| "an error".to_owned(), |e| format!("`{}`", self.source(e.range())));
                return Err(Halt::Raise(what, statement.range()));
            }
            Stmt::Assert(statement) => self.assertion(&statement.test, statement.range(), scope)?,
            Stmt::Break(_) => return Ok(Flow::Break),
            Stmt::Continue(_) => return Ok(Flow::Continue),
            Stmt::Delete(statement) => {
                for target in &statement.targets {
                    self.assign(target, Value::unknown("it was deleted"), scope)?;
                }
            }
            Stmt::Match(statement) => self.skip(std::slice::from_ref(node), statement.range(), "`match` is not followed", scope),
            Stmt::Pass(_) | Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::TypeAlias(_) | Stmt::IpyEscapeCommand(_) => {}
        }
        Ok(Flow::Next)
    }

    fn assertion(&mut self, test: &'a Expr, range: TextRange, scope: &Rc<Scope<'a>>) -> Result<(), Halt> {
        match self.evaluate(test, scope)?.truth() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Halt::Raise("`AssertionError`".to_owned(), range)),
            Err(_) => {
                self.assume(format!("line {}: the assertion holds", self.line(range)));
                Ok(())
            }
        }
    }

    /// Binds a value to a name, an item, or several names.
    pub(super) fn assign(&mut self, target: &'a Expr, value: Value<'a>, scope: &Rc<Scope<'a>>) -> Result<(), Halt> {
        match target {
            Expr::Name(name) => {
                let value = self.unless_given(name.id.as_str(), value, scope);
                Self::assign_name(name.id.as_str(), value, scope);
            }
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, &value, scope)?,
            Expr::List(list) => self.unpack(&list.elts, &value, scope)?,
            Expr::Subscript(subscript) => {
                let container = self.evaluate(&subscript.value, scope)?;
                let key = self.evaluate(&subscript.slice, scope)?;
                if !self.set_item(&container, key, value) {
                    self.poison_expression(&subscript.value, scope);
                }
            }
            Expr::Starred(starred) => self.assign(&starred.value, value, scope)?,
            Expr::Attribute(attribute) => match self.evaluate(&attribute.value, scope)? {
                Value::Instance(instance) => {
                    let mut fields = instance.fields.borrow_mut();
                    fields.retain(|(key, _)| key != attribute.attr.as_str());
                    fields.push((attribute.attr.to_string(), value));
                }
                _ => self.poison_expression(&attribute.value, scope),
            },
            _ => {}
        }
        Ok(())
    }

    fn unpack(&mut self, targets: &'a [Expr], value: &Value<'a>, scope: &Rc<Scope<'a>>) -> Result<(), Halt> {
        let items = match value.items() {
            Ok(items) if items.len() == targets.len() && !targets.iter().any(Expr::is_starred_expr) => items,
            Ok(_) => vec![Value::unknown("the number of values is not known"); targets.len()],
            Err(reason) => vec![Value::Unknown(reason); targets.len()],
        };
        for (target, item) in targets.iter().zip(items) {
            self.assign(target, item, scope)?;
        }
        Ok(())
    }

    fn branch(&mut self, statement: &'a StmtIf, scope: &Rc<Scope<'a>>) -> Result<Flow<'a>, Halt> {
        let first = (Some(&*statement.test), statement.body.as_ref());
        let rest = statement.elif_else_clauses.iter().map(|clause: &ElifElseClause| (clause.test.as_ref(), clause.body.as_ref()));
        let branches: Vec<(Option<&'a Expr>, &'a [Stmt])> = std::iter::once(first).chain(rest).collect();
        for (at, (test, body)) in branches.iter().enumerate() {
            let Some(test) = test else { return self.block(body, scope) };
            match self.evaluate(test, scope)?.truth() {
                Ok(true) => return self.block(body, scope),
                Ok(false) => {}
                Err(reason) => {
                    let open: Vec<&'a [Stmt]> = branches.iter().skip(at).map(|(_, body)| *body).collect();
                    let why = format!("whether `{}` holds is not known: {reason}", self.source(test.range()));
                    return Ok(self.undecided(&open, statement.range(), &why, scope));
                }
            }
        }
        Ok(Flow::Next)
    }

    /// None of several blocks is known to run or not to run.
    pub(super) fn undecided(&mut self, open: &[&'a [Stmt]], range: TextRange, why: &str, scope: &Rc<Scope<'a>>) -> Flow<'a> {
        let seen = Uncertain::scan(open);
        for body in open {
            self.poison(body, why, scope);
        }
        if seen.only_raises {
            self.assume(format!("line {}: the check `{}` passes", self.line(range), self.source(range)));
            return Flow::Next;
        }
        if seen.acts || seen.leaves || seen.breaks {
            let reach = self.reach_of(range, &seen.called, scope);
            self.not_followed(range, why.to_owned(), reach);
        }
        if seen.leaves {
            let reach = self.reach_of_rest(range, scope);
            self.not_followed(range, format!("{why}, and with it whether the rest of the function runs"), reach);
            return Flow::Return(Value::unknown(why));
        }
        if seen.breaks { Flow::Break } else { Flow::Next }
    }

    /// Passes over statements that cannot be followed.
    pub(super) fn skip(&mut self, body: &'a [Stmt], range: TextRange, why: &str, scope: &Rc<Scope<'a>>) {
        self.poison(body, why, scope);
        let seen = Uncertain::scan(&[body]);
        if seen.acts {
            let reach = self.reach_of(range, &seen.called, scope);
            self.not_followed(range, why.to_owned(), reach);
        }
    }

    /// What the statements after a place can change, to the end of their function.
    fn reach_of_rest(&mut self, range: TextRange, scope: &Rc<Scope<'a>>) -> Reach {
        let body = self.module.code.body;
        let around = body.iter().find_map(|statement| match statement {
            Stmt::FunctionDef(def) if def.range().contains_range(range) => Some(def),
            _ => None,
        });
        let Some(def) = around else { return Reach::Called };
        let from = def.body.iter().position(|statement| statement.end() > range.end()).unwrap_or(def.body.len());
        let rest: &'a [Stmt] = def.body.get(from..).unwrap_or_default();
        let (Some(first), Some(last)) = (rest.first(), rest.last()) else { return Reach::Rows };
        let called = Uncertain::scan(&[rest]).called;
        self.reach_of(TextRange::new(first.start(), last.end()), &called, scope)
    }

    /// What statements can change that may run: by their own text, and by that of the functions they call.
    fn reach_of(&mut self, range: TextRange, called: &[&'a Expr], scope: &Rc<Scope<'a>>) -> Reach {
        let reach = Reach::of(self.text(range), "");
        let calls_more = |inner: &mut Self, expression: &&'a Expr| match expression {
            Expr::Name(name) => {
                let value = inner.lookup(name.id.as_str(), scope);
                let value = inner.imported(value);
                inner.may_change_schema(&value, &mut Vec::new())
            }
            Expr::Attribute(attribute) => match &*attribute.value {
                Expr::Name(base) => {
                    let base = inner.lookup(base.id.as_str(), scope);
                    let is_module = matches!(base, Value::Symbol(_));
                    let value = if is_module { inner.attribute(base, attribute.attr.as_str()) } else { Value::None };
                    matches!(value, Value::Function(_)) && inner.may_change_schema(&value, &mut Vec::new())
                }
                _ => false,
            },
            _ => true,
        };
        if reach == Reach::Rows && called.iter().any(|expression| calls_more(self, expression)) { Reach::Called } else { reach }
    }

    /// Whether calling a value may change the schema: a function that speaks of it, or calls one of the project that may.
    /// `seen`: the functions that call it.
    fn may_change_schema(&mut self, value: &Value<'a>, seen: &mut Vec<&'a [Stmt]>) -> bool {
        match value {
            Value::Function(function) => {
                let Body::Statements(body) = &function.body else { return false };
                let body: &'a [Stmt] = body;
                let (Some(first), Some(last)) = (body.first(), body.last()) else { return false };
                if seen.iter().any(|known| std::ptr::eq(*known, body)) {
                    return false;
                }
                seen.push(body);
                let range = TextRange::new(first.start(), last.end());
                let code = function.module.code;
                let text = code.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default();
                Reach::of(text, "") != Reach::Rows
                    || Uncertain::scan(&[body]).called.iter().any(|expression| match expression {
                        Expr::Name(name) => {
                            let held = function.module.scope.names.borrow().get(name.id.as_str()).cloned();
                            match held {
                                None | Some(Value::Symbol(_) | Value::Class(_) | Value::Inert) => false,
                                Some(Value::Function(called)) if seen.len() < DEPTH => {
                                    self.may_change_schema(&Value::Function(called), seen)
                                }
                                Some(_) => true,
                            }
                        }
                        _ => false,
                    })
            }
            Value::Symbol(path) => {
                let last = path.rsplit('.').next().unwrap_or(path);
                !(runs_no_sql(path) || construct_kind(path).is_some() || last.starts_with(char::is_uppercase))
            }
            Value::Unknown(_) => true,
            _ => false,
        }
    }

    fn for_loop(&mut self, statement: &'a StmtFor, scope: &Rc<Scope<'a>>) -> Result<Flow<'a>, Halt> {
        let over = self.evaluate(&statement.iter, scope)?;
        let items = match over.items() {
            Ok(items) => items,
            Err(reason) => {
                let why = format!("what `{}` gives is not known: {reason}", self.source(statement.iter.range()));
                self.assign(&statement.target, Value::Unknown(reason.clone()), scope)?;
                return Ok(self.loop_undecided(&[&statement.body, &statement.orelse], statement.range(), &why, scope));
            }
        };
        for item in items {
            self.step(statement.range())?;
            self.assign(&statement.target, item, scope)?;
            match self.block(&statement.body, scope)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                Flow::Return(value) => return Ok(Flow::Return(value)),
            }
        }
        self.block(&statement.orelse, scope)
    }

    fn while_loop(&mut self, statement: &'a StmtWhile, scope: &Rc<Scope<'a>>) -> Result<Flow<'a>, Halt> {
        loop {
            self.step(statement.range())?;
            match self.evaluate(&statement.test, scope)?.truth() {
                Ok(true) => {}
                Ok(false) => return self.block(&statement.orelse, scope),
                Err(reason) => {
                    let why = format!("how often `{}` holds is not known: {reason}", self.source(statement.test.range()));
                    return Ok(self.loop_undecided(&[&statement.body, &statement.orelse], statement.range(), &why, scope));
                }
            }
            match self.block(&statement.body, scope)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                Flow::Return(value) => return Ok(Flow::Return(value)),
            }
        }
    }

    /// As [`Self::undecided`]; `break` and `continue` inside belong to the loop itself.
    fn loop_undecided(&mut self, open: &[&'a [Stmt]], range: TextRange, why: &str, scope: &Rc<Scope<'a>>) -> Flow<'a> {
        match self.undecided(open, range, why, scope) {
            Flow::Break | Flow::Continue => Flow::Next,
            other => other,
        }
    }

    fn try_block(&mut self, statement: &'a StmtTry, scope: &Rc<Scope<'a>>) -> Result<Flow<'a>, Halt> {
        let before = self.script.statements.len();
        let handler = takes_all(&statement.handlers);
        let outer = self.catches;
        self.catches |= handler.is_some();
        let ran = self.block(&statement.body, scope);
        self.catches = outer;
        let flow = match (ran, handler) {
            (Err(Halt::Raise(what, _)), Some(handler)) => {
                if let Some(name) = &handler.name {
                    Self::assign_name(name.as_str(), Value::unknown(format!("an exception: {what}")), scope);
                }
                self.block(&handler.body, scope)?
            }
            (ran, _) => self.unless_raised(ran, statement, scope)?,
        };
        if self.script.statements.len() > before && !statement.handlers.is_empty() {
            self.assume(format!("line {}: nothing inside `try` fails, so no `except` runs", self.line(statement.range())));
        }
        match self.block(&statement.finalbody, scope)? {
            Flow::Next => Ok(flow),
            other => Ok(other),
        }
    }

    /// What comes of a `try` block where no handler is known to run.
    fn unless_raised(
        &mut self,
        ran: Result<Flow<'a>, Halt>,
        statement: &'a StmtTry,
        scope: &Rc<Scope<'a>>,
    ) -> Result<Flow<'a>, Halt> {
        match ran {
            Err(Halt::Raise(what, _)) if !statement.handlers.is_empty() => {
                self.opaque(
                    statement.range(),
                    format!("the `try` block raises {what}, and which handler takes it is not followed"),
                );
                for handler in &statement.handlers {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    self.poison(&handler.body, "an exception handler may have set it", scope);
                }
                Ok(Flow::Next)
            }
            Ok(Flow::Next) => self.block(&statement.orelse, scope),
            other => other,
        }
    }

    /// Forgets everything these statements may have changed.
    pub(super) fn poison(&mut self, body: &'a [Stmt], why: &str, scope: &Rc<Scope<'a>>) {
        let changed = uncertain::changed(body);
        // `sa.update(…)` changes no `sa`.
        let imported = |name: &String| matches!(self.lookup(name, scope), Value::Symbol(_));
        let through_method = changed.through_method.into_iter().filter(|name| !imported(name));
        for name in changed.names.into_iter().chain(through_method) {
            Self::assign_name(&name, Value::unknown(why), scope);
        }
    }

    /// Forgets the variables of an expression: something was changed in a way that is not followed.
    pub(super) fn poison_expression(&mut self, expression: &'a Expr, scope: &Rc<Scope<'a>>) {
        for name in uncertain::names(expression) {
            let mut at = Some(scope.clone());
            while let Some(here) = &at {
                if here.names.borrow().contains_key(&name) {
                    break;
                }
                at = here.parent.clone();
            }
            let holder = at.unwrap_or_else(|| self.module.scope.clone());
            let held = holder.names.borrow().get(&name).cloned();
            match held {
                None | Some(Value::Symbol(_)) => {}
                Some(Value::List(items)) => *items.borrow_mut() = vec![Value::unknown("the list was changed unseen")],
                Some(_) => {
                    Self::assign_name(&name, Value::unknown("it was changed in a way the planner does not follow"), &holder)
                }
            }
        }
    }
}

/// The one handler of a `try` that takes every exception.
fn takes_all(handlers: &[ExceptHandler]) -> Option<&ExceptHandlerExceptHandler> {
    let [ExceptHandler::ExceptHandler(handler)] = handlers else { return None };
    let all = match handler.type_.as_deref() {
        None => true,
        Some(Expr::Name(name)) => matches!(name.id.as_str(), "Exception" | "BaseException"),
        Some(_) => false,
    };
    all.then_some(handler)
}
