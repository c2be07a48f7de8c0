//! Functions with what stands above them: decorators of the project are called, `@compiles` is noted.

use std::rc::Rc;

use ruff_python_ast::{Decorator, Expr, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::class::named;
use super::value::{Arguments, Body, Function, Scope, Value};
use super::{Evaluated, Halt, Interpreter};

/// Decorators that leave what a function does as it is, as bare names.
const KEEP: &[&str] = &["staticmethod", "cache", "wraps", "no_type_check", "contextmanager", "lru_cache", "abstractmethod"];

/// The same, called.
const KEEP_CALLED: &[&str] = &["functools.wraps()", "six.wraps()", "functools.lru_cache()"];

impl<'a> Interpreter<'a, '_> {
    /// The value of a `def`.
    pub(super) fn function(&mut self, def: &'a StmtFunctionDef, scope: &Rc<Scope<'a>>) -> Evaluated<'a> {
        let mut decorators = Vec::new();
        let mut unclear = def.is_async;
        let keeps = |one: &Decorator| {
            KEEP.iter().any(|name| named(one, name))
                || matches!(&one.expression, Expr::Call(call) if matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "compiles"))
        };
        for decorator in def.decorator_list.iter().rev().filter(|one| !keeps(one)) {
            match self.evaluate(&decorator.expression, scope)? {
                Value::Symbol(path) if KEEP_CALLED.contains(&path.as_ref()) => {}
                value @ Value::Function(_) => decorators.push(value),
                _ => unclear = true,
            }
        }
        let function = Rc::new(Function {
            name: def.name.as_str(),
            parameters: Some(&def.parameters),
            body: Body::Statements(&def.body),
            scope: (!Rc::ptr_eq(scope, &self.module.scope)).then(|| scope.clone()),
            module: self.module.clone(),
            decorated: unclear,
            manages: def.decorator_list.iter().any(|decorator| named(decorator, "contextmanager")),
        });
        for decorator in &def.decorator_list {
            self.note_compiled(decorator, &function, scope)?;
        }
        let mut value = Value::Function(function);
        for decorator in decorators.iter().filter(|_| !unclear) {
            let Value::Function(decorator) = decorator else { continue };
            let one = Arguments { positional: vec![value], ..Arguments::default() };
            value = self.call_function(decorator, one, def.range())?;
        }
        Ok(value)
    }

    /// `@compiles(Construct, "dialect", …)`: the SQL of the construct is made by this function.
    fn note_compiled(
        &mut self,
        decorator: &'a Decorator,
        function: &Rc<Function<'a>>,
        scope: &Rc<Scope<'a>>,
    ) -> Result<(), Halt> {
        let Expr::Call(call) = &decorator.expression else { return Ok(()) };
        let (Expr::Name(name), Some((first, rest))) = (&*call.func, call.arguments.args.split_first()) else { return Ok(()) };
        if name.id.as_str() != "compiles" {
            return Ok(());
        }
        let mut dialects = Vec::new();
        for dialect in rest {
            dialects.push(super::format::shown(&self.evaluate(dialect, scope)?).unwrap_or_default());
        }
        match self.evaluate(first, scope)? {
            Value::Class(class) => class.compiled.borrow_mut().push((dialects, function.clone())),
            // One of SQLAlchemy's own: from now on it is compiled otherwise.
            _ if dialects.is_empty() || dialects.iter().any(|dialect| dialect == self.renderer.dialect_name()) => {
                let code = self.module.code;
                let (line, _) = code.lines.position(code.text, decorator.range().start().to_usize());
                self.renderer.hooks.get_or_insert_with(|| format!("{}:{line}", code.path));
            }
            _ => {}
        }
        Ok(())
    }
}
