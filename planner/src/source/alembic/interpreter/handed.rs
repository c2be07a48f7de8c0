//! What `env.py` hands to `upgrade()` and `downgrade()`: the arguments of its `context.run_migrations(…)`, and the options of
//! its `context.configure(…)`.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::Interpreter;
use super::value::Value;

/// The options of the migration context, as constants.
pub(super) const OPTIONS: &str = "alembic.context.opts";

/// The tables of metadata that only Python can fill, by their names.
pub(super) const TABLES: &str = "tables of env.py";

impl<'a> Interpreter<'a, '_> {
    /// The value of an argument for the functions. `None`: `env.py` gives none that is seen.
    pub(super) fn handed(&mut self, name: &str) -> Option<Value<'a>> {
        self.argument_of("run_migrations", name)
    }

    /// The value of an option of the migration context: `flightplan.toml`'s, else that of `env.py`.
    pub(super) fn option(&mut self, name: &str) -> Value<'a> {
        let key = format!("{OPTIONS}.{name}");
        let why = match self.given_constant(&key).or_else(|| self.argument_of("configure", name)) {
            Some(Value::Unknown(reason)) => format!(": {reason}"),
            Some(Value::Symbol(path)) => format!(": it is `{path}`"),
            Some(value) => return value,
            None => String::new(),
        };
        Value::unknown(format!(
            "what env.py gives as the option `{name}` is not known{why} (it can be set as \"{key}\" in [alembic.constants] of \
             flightplan.toml)"
        ))
    }

    /// The value of an argument of a call in `env.py`.
    fn argument_of(&mut self, function: &'static str, name: &str) -> Option<Value<'a>> {
        let env = self.modules.environment()?;
        let env = self.ran(env);
        let mut search = Search { function, name, found: None };
        search.visit_body(env.code.body);
        let expression = search.found?;
        let outer = (std::mem::replace(&mut self.module, env.clone()), std::mem::replace(&mut self.recording, false));
        let scope = env.scope.clone();
        let value = self.evaluate(expression, &scope).ok();
        let of_metadata = [expression.range()].into_iter().chain(assigned(env.code.body, expression)).any(|range| {
            let text: String = self.text(range).split_whitespace().collect();
            text.contains("metadata.tables")
        });
        (self.module, self.recording) = outer;
        self.take_over(&env);
        match value {
            Some(Value::Unknown(_) | Value::Symbol(_)) | None if of_metadata => {
                self.assume(format!(
                    "`{name}`, which env.py gives, has the tables by their names, without defaults of their own in Python"
                ));
                Some(self.construct(TABLES.to_owned(), Vec::new(), Vec::new()))
            }
            other => other,
        }
    }

    /// One of these tables.
    pub(super) fn handed_table(&mut self, name: &str) -> Value<'a> {
        let reflected = vec![("autoload_with".to_owned(), Value::Connection)];
        let table = self.construct("Table".to_owned(), vec![Value::text(name)], reflected);
        self.with_reflected_columns(table)
    }
}

/// Looks for `function(…, name=…)`.
struct Search<'n, 'a> {
    function: &'n str,
    name: &'n str,
    found: Option<&'a Expr>,
}

impl<'a> Visitor<'a> for Search<'_, 'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression
            && matches!(&*call.func, Expr::Attribute(attribute) if attribute.attr.as_str() == self.function)
        {
            let of_name = |keyword: &&ruff_python_ast::Keyword| keyword.arg.as_ref().is_some_and(|arg| arg.as_str() == self.name);
            self.found = call.arguments.keywords.iter().find(of_name).map(|keyword| &keyword.value).or(self.found);
        }
        walk_expr(self, expression);
    }
}

/// Where a name gets its value at the top of the file.
fn assigned<'a>(body: &'a [Stmt], name: &'a Expr) -> impl Iterator<Item = TextRange> + 'a {
    let same = move |target: &Expr| matches!((target, name), (Expr::Name(a), Expr::Name(b)) if a.id == b.id);
    body.iter().filter_map(move |statement| match statement {
        Stmt::Assign(assign) if assign.targets.iter().any(same) => Some(assign.value.range()),
        _ => None,
    })
}
