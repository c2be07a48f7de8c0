//! `with`: batches, autocommit blocks, transactions, context managers of the project.

use std::rc::Rc;

use ruff_python_ast::{Expr, StmtWith, WithItem};
use ruff_text_size::{Ranged, TextRange};

use super::library::Module;
use super::value::{Arguments, Scope, Value};
use super::{Evaluated, Flow, Halt, Interpreter};

/// What calling a function under `@contextmanager` gives.
pub(super) const MANAGER: &str = "context manager";

/// A block that runs where its context manager yields.
pub(super) struct Waiting<'a> {
    statement: &'a StmtWith,
    /// Items after the one that waits.
    rest: &'a [WithItem],
    target: Option<&'a Expr>,
    scope: Rc<Scope<'a>>,
    module: Rc<Module<'a>>,
    called_at: Option<TextRange>,
    /// How the block ended, once it ran.
    flow: Option<Flow<'a>>,
}

impl<'a> Interpreter<'a, '_> {
    pub(super) fn with_block(&mut self, statement: &'a StmtWith, scope: &Rc<Scope<'a>>) -> Result<Flow<'a>, Halt> {
        self.with_items(statement, &statement.items, scope)
    }

    fn with_items(&mut self, statement: &'a StmtWith, items: &'a [WithItem], scope: &Rc<Scope<'a>>) -> Result<Flow<'a>, Halt> {
        let Some((item, rest)) = items.split_first() else { return self.block(&statement.body, scope) };
        let value = self.evaluate(&item.context_expr, scope)?;
        if let Value::Object(manager) = &value
            && manager.kind == MANAGER
        {
            let arguments = Arguments {
                positional: manager.args.get(1..).unwrap_or_default().to_vec(),
                keywords: manager.keywords.clone(),
                unknown: None,
            };
            let function = manager.args.first().cloned().unwrap_or(Value::None);
            return self.managed(&function, arguments, (statement, item, rest), scope);
        }
        let autocommit = self.autocommit;
        let bound = match &value {
            Value::Autocommit => {
                self.autocommit = true;
                Value::None
            }
            Value::Object(object) if object.kind == ".transaction" => Value::Inert,
            other => other.clone(),
        };
        if let Some(target) = &item.optional_vars {
            self.assign(target, bound, scope)?;
        }
        let flow = self.with_items(statement, rest, scope);
        self.autocommit = autocommit;
        if let Err(Halt::Raise(..)) = &flow {
            // An exception leaves the batch without flushing it.
            return flow;
        }
        if let Value::Batch(batch) = &value {
            self.flush(batch, statement.range());
        }
        flow
    }

    /// The block of a `with` inside the function that manages it.
    fn managed(
        &mut self,
        function: &Value<'a>,
        arguments: Arguments<'a>,
        (statement, item, rest): (&'a StmtWith, &'a WithItem, &'a [WithItem]),
        scope: &Rc<Scope<'a>>,
    ) -> Result<Flow<'a>, Halt> {
        let Value::Function(function) = function else { return Ok(Flow::Next) };
        let depth = self.waiting.len();
        self.waiting.push(Waiting {
            statement,
            rest,
            target: item.optional_vars.as_deref(),
            scope: scope.clone(),
            module: self.module.clone(),
            called_at: self.called_at,
            flow: None,
        });
        self.manages = true;
        let called = self.call_function(function, arguments, item.range());
        self.manages = false;
        let ran = self.waiting.get_mut(depth).and_then(|waiting| waiting.flow.take());
        self.waiting.truncate(depth);
        called?;
        match ran {
            Some(flow) => Ok(flow),
            None => {
                self.opaque(statement.range(), format!("where `{}` runs the block is not known", function.name));
                self.poison(&statement.body, "a block that is not followed may have set it", scope);
                Ok(Flow::Next)
            }
        }
    }

    /// `yield` in a context manager: the block of its `with` runs here.
    pub(super) fn yielded(&mut self, value: Value<'a>) -> Evaluated<'a> {
        let Some(at) = self.waiting.iter().rposition(|waiting| waiting.flow.is_none()) else {
            return Ok(Value::unknown("a `yield` outside a context manager"));
        };
        let Some(waiting) = self.waiting.get_mut(at) else { return Ok(Value::None) };
        // A second `yield` does not run the block again.
        waiting.flow = Some(Flow::Next);
        let (statement, rest, target, scope) = (waiting.statement, waiting.rest, waiting.target, waiting.scope.clone());
        let outer = (std::mem::replace(&mut self.module, waiting.module.clone()), self.called_at);
        self.called_at = waiting.called_at;
        if let Some(target) = target {
            self.assign(target, value, &scope)?;
        }
        let flow = self.with_items(statement, rest, &scope);
        (self.module, self.called_at) = outer;
        if let Some(waiting) = self.waiting.get_mut(at) {
            waiting.flow = Some(flow?);
        }
        Ok(Value::None)
    }
}
