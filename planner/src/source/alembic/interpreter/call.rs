//! Calls: of the file's own functions, of what it imports, of what is not known.

use std::rc::Rc;

use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};

use super::symbol::{construct_kind, runs_no_sql};
use super::uncertain;
use super::value::{Arguments, Batch, Body, Function, Scope, Value};
use super::{Evaluated, Flow, Halt, Interpreter};

impl<'a> Interpreter<'a, '_> {
    pub(super) fn call(
        &mut self,
        callee: &Value<'a>,
        arguments: Arguments<'a>,
        range: TextRange,
        func: &'a Expr,
        scope: &Rc<Scope<'a>>,
    ) -> Evaluated<'a> {
        match callee {
            Value::Function(function) => self.call_function(function, arguments, range),
            Value::Symbol(path) => self.call_symbol(path, arguments, range),
            Value::Method(method) => {
                let (receiver, name) = (&method.0, method.1.as_str());
                let value = self.call_method(receiver, name, arguments, range)?;
                if let (Some(value), _) = (value, ()) {
                    return Ok(value);
                }
                // The method may have changed its receiver.
                if let Expr::Attribute(attribute) = func {
                    self.poison_expression(&attribute.value, scope);
                }
                Ok(Value::unknown(format!("`{name}` of {} is not followed", receiver.noun())))
            }
            Value::Inert => Ok(Value::Inert),
            Value::Object(object) if object.kind == "class Enum" => {
                Ok(Value::unknown("a look-up in an enum class is not followed"))
            }
            Value::Object(object) if matches!(object.kind.as_str(), "sessionmaker" | "scoped_session") => {
                Ok(self.construct("Session".to_owned(), Vec::new(), Vec::new()))
            }
            Value::Unknown(reason) => {
                self.opaque(range, format!("what `{}` does is not known: {reason}", self.source(func.range())));
                Ok(Value::unknown(format!("`{}` gave it, which is not known", self.source(func.range()))))
            }
            other => {
                self.opaque(range, format!("calling {} is not followed", other.noun()));
                Ok(Value::unknown(format!("{} gave it", other.noun())))
            }
        }
    }

    pub(super) fn call_function(
        &mut self,
        function: &Rc<Function<'a>>,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Evaluated<'a> {
        if function.decorated || arguments.unknown.is_some() {
            self.opaque(
                range,
                format!("the call of `{}` is not followed: it is decorated, or its arguments are not known", function.name),
            );
            return Ok(Value::unknown(format!("`{}` is not followed", function.name)));
        }
        if let Body::Statements(body) = &function.body
            && uncertain::yields(body)
        {
            return Ok(Value::unknown(format!("`{}` is a generator, which is not followed", function.name)));
        }
        let scope = self.scope(function.scope.clone());
        if let Some(reason) = self.bind_parameters(function, arguments, &scope)? {
            self.opaque(range, reason.clone());
            return Ok(Value::unknown(reason));
        }
        self.depth += 1;
        self.step(range)?;
        let result = match &function.body {
            Body::Expression(expression) => self.evaluate(expression, &scope),
            Body::Statements(body) => self.block(body, &scope).map(|flow| match flow {
                Flow::Return(value) => value,
                _ => Value::None,
            }),
        };
        self.depth = self.depth.saturating_sub(1);
        result
    }

    fn bind_parameters(
        &mut self,
        function: &Rc<Function<'a>>,
        arguments: Arguments<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Result<Option<String>, Halt> {
        let Some(parameters) = function.parameters else { return Ok(None) };
        let mut positional = arguments.positional.into_iter();
        let mut keywords = arguments.keywords;
        let outer = function.scope.clone().unwrap_or_else(|| self.module.clone());
        let by_place = parameters.posonlyargs.iter().chain(&parameters.args).map(|parameter| (parameter, true));
        let by_name = parameters.kwonlyargs.iter().map(|parameter| (parameter, false));
        for (parameter, placed) in by_place.chain(by_name) {
            let name = parameter.parameter.name.as_str();
            let given = if placed { positional.next() } else { None };
            let given = given.or_else(|| {
                let at = keywords.iter().position(|(key, _)| key == name)?;
                Some(keywords.remove(at).1)
            });
            let value = match (given, &parameter.default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.evaluate(default, &outer)?,
                (None, None) => return Ok(Some(format!("`{}` is called without `{name}`", function.name))),
            };
            Self::assign_name(name, value, scope);
        }
        let rest: Vec<Value<'a>> = positional.collect();
        match &parameters.vararg {
            Some(vararg) => Self::assign_name(vararg.name.as_str(), Value::tuple(rest), scope),
            None if !rest.is_empty() => return Ok(Some(format!("`{}` is called with too many arguments", function.name))),
            None => {}
        }
        match &parameters.kwarg {
            Some(kwarg) => {
                let items = keywords.into_iter().map(|(key, value)| (Value::text(key), value)).collect();
                Self::assign_name(kwarg.name.as_str(), Value::dict(items), scope);
            }
            None if !keywords.is_empty() => return Ok(Some(format!("`{}` is called with unknown arguments", function.name))),
            None => {}
        }
        Ok(None)
    }

    fn call_symbol(&mut self, path: &str, arguments: Arguments<'a>, range: TextRange) -> Evaluated<'a> {
        if let Some(name) = path.strip_prefix("alembic.op.") {
            return self.call_op(name, arguments, range);
        }
        if let Some(name) = path.strip_prefix("alembic.context.") {
            return Ok(match name {
                // We execute on a connection.
                "is_offline_mode" => Value::Bool(false),
                "get_bind" => Value::Connection,
                "get_context" => Value::Context,
                _ => Value::Symbol(Rc::from(format!("builtins.{path}()"))),
            });
        }
        if path.starts_with("sqlalchemy") && (path.ends_with(".inspect") || path.contains("Inspector")) {
            return Ok(Value::Symbol(Rc::from("builtins.inspector")));
        }
        if let Some(name) = path.strip_prefix("builtins.")
            && let Some(value) = self.call_builtin(name, &arguments, range)?
        {
            return Ok(value);
        }
        match (path, arguments.positional.first()) {
            ("textwrap.dedent" | "inspect.cleandoc", Some(Value::Text(text))) => {
                return Ok(Value::text(super::format::dedent(text)));
            }
            ("itertools.chain", _) => {
                let lists: Result<Vec<_>, _> = arguments.positional.iter().map(Value::items).collect();
                return Ok(lists.map_or_else(Value::Unknown, |lists| Value::list(lists.into_iter().flatten().collect())));
            }
            _ => {}
        }
        if let Some(kind) = construct_kind(path) {
            if let Some(reason) = arguments.unknown {
                return Ok(Value::Unknown(reason));
            }
            return Ok(self.construct(kind, arguments.positional, arguments.keywords));
        }
        let last = path.rsplit('.').next().unwrap_or(path);
        // Making an instance of an imported class is taken to run no SQL; what its methods do is not.
        if runs_no_sql(path) || last.chars().next().is_some_and(char::is_uppercase) {
            return Ok(Value::Symbol(Rc::from(format!("{path}()"))));
        }
        self.opaque(range, format!("what `{path}` does is not known: it is imported from another file or package"));
        Ok(Value::unknown(format!("`{path}` gave it")))
    }

    /// `op.…`: the directives and the few functions beside them.
    fn call_op(&mut self, name: &str, arguments: Arguments<'a>, range: TextRange) -> Evaluated<'a> {
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
            Err(reason) => self.opaque(range, format!("`op.{name}`: {reason}")),
        }
    }
}
