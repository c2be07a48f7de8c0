//! The project's other files: run when a revision wants a name of theirs.

use std::rc::Rc;

use ruff_text_size::TextRange;

use super::library::{Found, Module};
use super::value::Value;
use super::{DEPTH, Interpreter};

impl<'a> Interpreter<'a, '_> {
    /// Runs a file's top level.
    pub(super) fn run_module(&mut self, module: &Rc<Module<'a>>) {
        self.note_sets();
        let outer = (self.module.clone(), self.recording, self.steps, self.depth);
        (self.module, self.recording, self.steps) = (module.clone(), false, 0);
        for statement in module.code.body {
            // A module that raises or never ends cannot be imported: nothing after it is known.
            if self.statement(statement, &module.scope).is_err() {
                break;
            }
        }
        self.note_sets();
        (self.module, self.recording, self.steps, self.depth) = outer;
    }

    /// A module whose top level has run.
    pub(super) fn ran(&mut self, found: Found<'a>) -> Rc<Module<'a>> {
        match found {
            Found::Ran(module, _) => module,
            Found::New(module, _) => {
                self.run_module(&module);
                module
            }
        }
    }

    /// What an imported name is worth: the value that a file of the project gives it, if one does.
    pub(super) fn imported(&mut self, value: Value<'a>) -> Value<'a> {
        let Value::Symbol(path) = &value else { return value };
        if let Some(given) = self.given_constant(path) {
            return given;
        }
        let (module, rest) = match self.modules.find(path) {
            None => return self.common_constant(path).unwrap_or(value),
            Some(Found::Ran(module, rest)) => (module, rest),
            Some(Found::New(module, rest)) => {
                self.run_module(&module);
                (module, rest)
            }
        };
        let mut parts = rest.split('.').filter(|part| !part.is_empty());
        let Some(first) = parts.next() else { return value };
        let held = module.scope.names.borrow().get(first).cloned().or_else(|| self.computed_name(&module, first));
        // A name that is not there may be a sub-module that is no file of the project, or come by a star.
        let Some(mut found) = held else { return value };
        self.take_over(&module);
        // A module that imports the very name that is looked for.
        if matches!(&found, Value::Symbol(other) if other == path) {
            return value;
        }
        self.depth += 1;
        if self.depth > DEPTH {
            self.depth -= 1;
            return Value::unknown("the imports go in a circle");
        }
        found = self.imported(found);
        for part in parts {
            found = self.attribute(found, part);
        }
        self.depth -= 1;
        found
    }

    /// `module.name` by the module's own `__getattr__`.
    fn computed_name(&mut self, module: &Rc<Module<'a>>, name: &str) -> Option<Value<'a>> {
        let found = module.scope.names.borrow().get("__getattr__").cloned();
        let Some(Value::Function(function)) = found else { return None };
        let computed = self.quietly(&function, vec![Value::text(name)], TextRange::default()).ok()?;
        Some(computed).filter(|value| !matches!(value, Value::Unknown(_) | Value::None))
    }
}
