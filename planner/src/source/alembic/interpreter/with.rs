//! `with`: batches, autocommit blocks, transactions.

use std::rc::Rc;

use ruff_python_ast::StmtWith;
use ruff_text_size::Ranged;

use super::value::{Scope, Value};
use super::{Flow, Halt, Interpreter};

impl<'a> Interpreter<'a, '_> {
    pub(super) fn with_block(&mut self, statement: &'a StmtWith, scope: &Rc<Scope<'a>>) -> Result<Flow<'a>, Halt> {
        let autocommit = self.autocommit;
        let mut batches = Vec::new();
        for item in &statement.items {
            let value = self.evaluate(&item.context_expr, scope)?;
            let bound = match &value {
                Value::Autocommit => {
                    self.autocommit = true;
                    Value::None
                }
                Value::Batch(batch) => {
                    batches.push(batch.clone());
                    value.clone()
                }
                Value::Object(object) if object.kind == ".transaction" => Value::Inert,
                other => other.clone(),
            };
            if let Some(target) = &item.optional_vars {
                self.assign(target, bound, scope)?;
            }
        }
        let flow = self.block(&statement.body, scope);
        self.autocommit = autocommit;
        if let Err(Halt::Raise(..)) = &flow {
            // An exception leaves the batch without flushing it.
            return flow;
        }
        for batch in batches {
            self.flush(&batch, statement.range());
        }
        flow
    }
}
