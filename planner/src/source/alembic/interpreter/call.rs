//! Calls: of the file's own functions, of what it imports, of what is not known.

use std::rc::Rc;

use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};

use super::symbol::{construct_kind, runs_no_sql};
use super::value::{Arguments, Body, Function, Scope, Value};
use super::{Evaluated, Flow, Halt, Interpreter};
use super::{uncertain, with};

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
            Value::Function(function) => {
                if let Body::Statements(body) = &function.body
                    && function.manages
                    && uncertain::yields(body)
                {
                    let mut args = vec![callee.clone()];
                    args.extend(arguments.positional);
                    return Ok(self.construct(with::MANAGER.to_owned(), args, arguments.keywords));
                }
                self.call_function(function, arguments, range)
            }
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
            // Whatever the logger is, what it is told changes no database.
            Value::Unknown(_) | Value::Symbol(_) if tells_a_log(func) => Ok(Value::Inert),
            Value::Symbol(path) if path.as_ref() == "builtins.super" => Ok(self.parent(scope)),
            Value::Symbol(path) => self.call_symbol(path, arguments, range),
            Value::Class(class) => self.instance(&class.clone(), arguments, range),
            Value::Object(object) if object.kind == "class Enum" => Ok(self.enum_lookup(callee, arguments.positional.first())),
            Value::Object(object) if matches!(object.kind.as_str(), "sessionmaker" | "scoped_session") => {
                // What the factory was given and the call does not say.
                let mut keywords = arguments.keywords.clone();
                let given = |key: &String| arguments.keywords.iter().any(|(known, _)| known == key);
                keywords.extend(object.keywords.iter().filter(|(key, _)| !given(key)).cloned());
                let args = if arguments.positional.is_empty() { object.args.clone() } else { arguments.positional };
                Ok(self.construct("Session".to_owned(), args, keywords))
            }
            // A session class that cannot be looked up is a session all the same.
            Value::Unknown(_) if matches!(func, Expr::Attribute(attribute) if attribute.attr.as_str() == "Session") => {
                Ok(self.construct("Session".to_owned(), Vec::new(), Vec::new()))
            }
            Value::Unknown(_) if asks_with_fallback(func) && arguments.keyword("fallback").is_some() => {
                self.assume(format!("`{}` finds nothing set and gives its fallback", self.source(range)));
                Ok(arguments.keyword("fallback").cloned().unwrap_or(Value::None))
            }
            Value::Unknown(reason) if uncertain::is_harmless(func) => Ok(Value::Unknown(reason.clone())),
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
            && !std::mem::replace(&mut self.manages, false)
        {
            return Ok(Value::unknown(format!("`{}` is a generator, which is not followed", function.name)));
        }
        let scope = self.scope(function.scope.clone());
        self.own_method(&scope);
        let bound = self.inside(function, range, |inner| inner.bind_parameters(function, arguments, &scope))?;
        if let Some(reason) = bound {
            self.opaque(range, reason.clone());
            return Ok(Value::unknown(reason));
        }
        self.depth += 1;
        self.step(range)?;
        let result = self.inside(function, range, |inner| inner.body(function, &scope));
        self.depth = self.depth.saturating_sub(1);
        result
    }

    /// Does something in the file of a function.
    fn inside<T>(&mut self, function: &Function<'a>, range: TextRange, act: impl FnOnce(&mut Self) -> T) -> T {
        let outer = (std::mem::replace(&mut self.module, function.module.clone()), self.called_at);
        if Rc::ptr_eq(&self.module, &self.revision) {
            self.called_at = None;
        } else if Rc::ptr_eq(&outer.0, &self.revision) {
            self.called_at = Some(range);
        }
        let result = act(self);
        (self.module, self.called_at) = outer;
        self.take_over(&function.module);
        result
    }

    fn body(&mut self, function: &Function<'a>, scope: &Rc<Scope<'a>>) -> Evaluated<'a> {
        match &function.body {
            Body::Expression(expression) => self.evaluate(expression, scope),
            Body::Statements(body) => self.block(body, scope).map(|flow| match flow {
                Flow::Return(value) => value,
                _ => Value::None,
            }),
        }
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
        let outer = function.scope.clone().unwrap_or_else(|| self.module.scope.clone());
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

    pub(super) fn call_symbol(&mut self, path: &str, arguments: Arguments<'a>, range: TextRange) -> Evaluated<'a> {
        if let Some(name) = path.strip_prefix("alembic.op.") {
            return self.call_op(name, arguments, range);
        }
        if let Some(name) = path.strip_prefix("alembic.context.") {
            return Ok(match name {
                // We execute on a connection.
                "is_offline_mode" => Value::Bool(false),
                "get_x_argument" => self.x_argument(&arguments),
                "config.get_main_option" | "config.get_section_option" => return Ok(self.ini_option(name, &arguments)),
                "get_bind" => Value::Connection,
                "get_context" => Value::Context,
                "opts.get" => match arguments.positional.first() {
                    Some(Value::Text(key)) => self.option(key),
                    _ => Value::unknown("which option of env.py is read is not known"),
                },
                _ => Value::Symbol(Rc::from(format!("builtins.{path}()"))),
            });
        }
        if path.starts_with("sqlalchemy") && (path.ends_with(".inspect") || path.contains("Inspector")) {
            return Ok(match arguments.positional.first() {
                Some(Value::Connection) | None => Value::Inspector(Rc::default()),
                Some(other) => Value::unknown(format!("what inspecting {} gives is not known", other.noun())),
            });
        }
        if let Some(name) = path.strip_prefix("builtins.")
            && let Some(value) = self.call_builtin(name, &arguments, range)?
        {
            return Ok(value);
        }
        if path.ends_with(".__init__") && matches!(arguments.positional.first(), Some(Value::Instance(_))) {
            let positional = arguments.positional.into_iter().skip(1).collect();
            self.base_arguments = Some(Arguments { positional, ..arguments });
            return Ok(Value::None);
        }
        // `MutableDict.as_mutable(type)` gives the type back.
        if let (true, Some(data_type)) =
            (path.starts_with("sqlalchemy") && path.ends_with(".as_mutable"), arguments.positional.first())
        {
            return Ok(data_type.clone());
        }
        if let Some(value) = self.call_standard(path, &arguments, range)? {
            return Ok(value);
        }
        if self.renderer.maps(path) {
            return self.made_by(format!("mapped.{path}"), arguments, range);
        }
        if let Some(kind) = construct_kind(path) {
            if let Some(reason) = arguments.unknown {
                return Ok(Value::Unknown(reason));
            }
            return self.made_by(kind, arguments, range);
        }
        let last = path.rsplit('.').next().unwrap_or(path);
        // Making an instance of an imported class is taken to run no SQL; what its methods do is not.
        if runs_no_sql(path) || last.chars().next().is_some_and(char::is_uppercase) {
            return Ok(Value::Symbol(Rc::from(format!("{path}()"))));
        }
        self.opaque(range, format!("what `{path}` does is not known: it is imported from another file or package"));
        Ok(Value::unknown(format!("`{path}` gave it")))
    }

    /// `context.get_x_argument()`: the texts of `-x` as they are; `as_dictionary`: by what stands before the `=`.
    fn x_argument(&mut self, arguments: &Arguments<'a>) -> Value<'a> {
        let given = self.modules.arguments;
        if given.is_empty() {
            self.assume("no `-x` argument is given".to_owned());
        }
        let by_name = match arguments.get(0, "as_dictionary").map(Value::truth) {
            None => false,
            Some(Ok(by_name)) => by_name,
            Some(Err(reason)) => return Value::Unknown(reason),
        };
        if !by_name {
            return Value::list(given.iter().map(Value::text).collect());
        }
        let mut items: Vec<(&str, &str)> = Vec::new();
        for argument in given {
            let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
            match items.iter_mut().find(|(known, _)| *known == name) {
                Some(item) => item.1 = value,
                None => items.push((name, value)),
            }
        }
        Value::dict(items.into_iter().map(|(name, value)| (Value::text(name), Value::text(value))).collect())
    }

    /// An option of Alembic's configuration, as a file of the project sets it.
    pub(super) fn ini_option(&mut self, method: &str, arguments: &Arguments<'a>) -> Value<'a> {
        let at = usize::from(method.ends_with("get_section_option"));
        let Some(Value::Text(name)) = arguments.get(at, "name") else {
            return Value::unknown("which option is read is not known");
        };
        if self.modules.mentions_option(name) {
            return Value::unknown(format!("what the configuration sets `{name}` to is not known"));
        }
        self.assume(format!("Alembic's configuration sets no `{name}`"));
        arguments.get(at + 1, "default").cloned().unwrap_or(Value::None)
    }

    /// A construct, with the types and values among its arguments as SQLAlchemy would take them.
    fn made_by(&mut self, kind: String, mut arguments: Arguments<'a>, range: TextRange) -> Evaluated<'a> {
        for value in arguments.positional.iter_mut().chain(arguments.keywords.iter_mut().map(|(_, value)| value)) {
            if let Value::Class(class) = value
                && class.member("__tablename__").is_none()
            {
                *value = self.instance(&class.clone(), Arguments::default(), range)?;
            }
        }
        if kind.ends_with("Enum") || kind.ends_with("ENUM") {
            self.enum_arguments(&mut arguments, range)?;
        }
        let is_table = kind == "Table";
        let made = self.construct(kind, arguments.positional, arguments.keywords);
        Ok(if is_table { self.with_reflected_columns(made) } else { made })
    }

    /// `sa.Enum(Class, values_callable=…)`: the values that the function picks, under the class's name.
    fn enum_arguments(&mut self, arguments: &mut Arguments<'a>, range: TextRange) -> Result<(), Halt> {
        let Some(Value::Function(function)) = arguments.keyword("values_callable").cloned() else { return Ok(()) };
        let [class @ Value::Object(object)] = arguments.positional.as_slice() else { return Ok(()) };
        let (class, name) = (class.clone(), object.args.first().cloned());
        let one = Arguments { positional: vec![class], ..Arguments::default() };
        let picked = self.call_function(&function, one, range)?;
        if let Ok(values) = picked.items() {
            if arguments.keyword("name").is_none_or(|name| matches!(name, Value::None))
                && let Some(Value::Text(name)) = name
            {
                arguments.keywords.push(("name".to_owned(), Value::text(name.to_lowercase())));
            }
            arguments.keywords.retain(|(key, _)| key != "values_callable");
            arguments.positional = values;
        }
        Ok(())
    }

    /// `Colour("red")`.
    fn enum_lookup(&mut self, class: &Value<'a>, value: Option<&Value<'a>>) -> Value<'a> {
        let members = self.enum_members(class);
        let wanted = value.cloned().unwrap_or(Value::None);
        let found = members.into_iter().find(|member| match member {
            Value::Object(object) => object.args.get(1).and_then(|held| held.equals(&wanted)) == Some(true),
            _ => false,
        });
        found.unwrap_or_else(|| Value::unknown("a look-up in an enum class that finds nothing"))
    }
}

/// `logger.info(…)` and its like.
fn tells_a_log(func: &Expr) -> bool {
    let Expr::Attribute(attribute) = func else { return false };
    let name = match &*attribute.value {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(inner) => inner.attr.as_str(),
        _ => return false,
    };
    matches!(name.trim_start_matches('_').to_lowercase().as_str(), "logger" | "log")
        && matches!(attribute.attr.as_str(), "debug" | "info" | "warn" | "warning" | "error" | "exception" | "critical")
}

/// Whether an option of a configuration is read (`ConfigParser.get` and its like).
fn asks_with_fallback(func: &Expr) -> bool {
    matches!(func, Expr::Attribute(attribute)
        if matches!(attribute.attr.as_str(), "get" | "getint" | "getboolean" | "getfloat" | "getlist"))
}
