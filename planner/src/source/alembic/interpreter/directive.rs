//! `op.…`: the directives, and the few functions beside them.

use std::rc::Rc;

use ruff_text_size::TextRange;

use super::super::render::NAMELESS;
use super::value::{Arguments, Batch, Value};
use super::{Evaluated, Halt, Interpreter};

impl<'a> Interpreter<'a, '_> {
    /// `op.…`: the directives and the few functions beside them.
    pub(super) fn call_op(&mut self, name: &str, arguments: Arguments<'a>, range: TextRange) -> Evaluated<'a> {
        match name {
            "f" => {
                return Ok(arguments
                    .positional
                    .into_iter()
                    .next()
                    .map_or(Value::None, |name| self.construct("f".to_owned(), vec![name], Vec::new())));
            }
            "get_bind" => return Ok(Value::Connection),
            "get_context" => return Ok(Value::Context),
            "inline_literal" => return Ok(self.construct("inline_literal".to_owned(), arguments.positional, arguments.keywords)),
            "register_operation" | "implementation_for" => return Ok(Value::Inert),
            "batch_alter_table" => {
                let batch = Batch { arguments, range, calls: Vec::new() };
                return Ok(Value::Batch(Rc::new(std::cell::RefCell::new(batch))));
            }
            _ => {}
        }
        self.directive(name, &arguments, range);
        if let Some(reason) = self.thrown.take() {
            return Err(Halt::Raise(reason, range));
        }
        Ok(match name {
            "create_table" => self.construct("Table".to_owned(), arguments.positional, arguments.keywords),
            _ => Value::None,
        })
    }

    /// Renders a directive, or notes why it cannot be.
    pub(super) fn directive(&mut self, name: &str, arguments: &Arguments<'a>, range: TextRange) {
        if !self.recording {
            return;
        }
        if let Some(reason) = &arguments.unknown {
            self.opaque(range, reason.to_string());
            return;
        }
        match self.renderer.directive(name, arguments) {
            Ok(rendered) => {
                for assumption in rendered.assumptions {
                    self.assume(format!("line {}: {assumption}", self.line(range)));
                }
                let before = self.script.statements.len();
                self.emit(rendered.sql, range);
                // What a revision writes as SQL no convention renames.
                if !matches!(name, "execute" | "exec_driver_sql") {
                    self.assume_names(before);
                }
            }
            // Alembic raises before it sends anything, and the revision goes on in its handler.
            Err(reason) if self.catches && reason.ends_with(NAMELESS) => self.thrown = Some(reason),
            Err(reason) => {
                let reach = self.renderer.reach(name, arguments, self.text(range));
                self.not_followed(range, format!("`op.{name}`: {reason}"), reach);
            }
        }
    }
}
