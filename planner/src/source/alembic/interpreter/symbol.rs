//! Imported names by their dotted paths, and what is known of them.

use std::rc::Rc;

use ruff_python_ast::{StmtImport, StmtImportFrom};

use super::super::render::library;
use super::Interpreter;
use super::library::Found;
use super::value::{Scope, Value};

impl<'a> Interpreter<'a, '_> {
    pub(super) fn import(import: &'a StmtImport, scope: &Rc<Scope<'a>>) {
        for alias in &import.names {
            let path = alias.name.as_str();
            let (name, value) = match &alias.asname {
                Some(name) => (name.as_str(), path),
                None => {
                    let first = path.split('.').next().unwrap_or(path);
                    (first, first)
                }
            };
            Self::assign_name(name, symbol(value), scope);
        }
    }

    pub(super) fn import_from(&mut self, import: &'a StmtImportFrom, scope: &Rc<Scope<'a>>) {
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        let module = self.absolute(usize::try_from(import.level).unwrap_or(0), module);
        for alias in &import.names {
            let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            match alias.name.as_str() {
                _ if module == "__future__" => {}
                "*" => self.import_all(&module, scope),
                item => Self::assign_name(name, symbol(&format!("{module}.{item}")), scope),
            }
        }
    }

    /// A module's dotted name from the root of the project; each level goes up one package.
    pub(super) fn absolute(&self, level: usize, module: &str) -> String {
        let Some(up) = level.checked_sub(1) else { return module.to_owned() };
        let package = self.module.package();
        let mut parts: Vec<&str> = package.split('.').filter(|part| !part.is_empty()).collect();
        parts.truncate(parts.len().saturating_sub(up));
        parts.extend(module.split('.').filter(|part| !part.is_empty()));
        parts.join(".")
    }

    /// `from module import *`: the names of a file of the project, or a package to look names up in.
    fn import_all(&mut self, module: &str, scope: &Rc<Scope<'a>>) {
        let found = match self.modules.find(module) {
            Some(Found::Ran(module, rest)) if rest.is_empty() => module,
            Some(Found::New(module, rest)) if rest.is_empty() => {
                self.run_module(&module);
                module
            }
            _ => {
                if module.starts_with("sqlalchemy") {
                    self.module.stars.borrow_mut().push(module.to_owned());
                }
                return;
            }
        };
        let names = found.scope.names.borrow();
        let public: Vec<_> = names.iter().filter(|(name, _)| !name.starts_with('_')).collect();
        let public: Vec<_> = public.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        drop(names);
        for (name, value) in public {
            Self::assign_name(&name, value, scope);
        }
        let stars = found.stars.borrow().clone();
        self.module.stars.borrow_mut().extend(stars);
    }
}

/// The value of a dotted path.
pub(super) fn symbol<'a>(path: &str) -> Value<'a> {
    match path {
        "typing.TYPE_CHECKING" => Value::Bool(false),
        "sqlalchemy.__version__" => Value::text("2.0.58"),
        "alembic.__version__" => Value::text("1.20.1"),
        _ if is_inert(path) => Value::Inert,
        _ => Value::Symbol(Rc::from(path)),
    }
}

/// Names Python knows by itself.
pub(super) fn builtin<'a>(name: &str) -> Option<Value<'a>> {
    const FUNCTIONS: &[&str] = &[
        "str",
        "int",
        "bool",
        "len",
        "range",
        "list",
        "tuple",
        "set",
        "frozenset",
        "dict",
        "sorted",
        "reversed",
        "enumerate",
        "zip",
        "any",
        "all",
        "min",
        "max",
        "sum",
        "isinstance",
        "repr",
        "map",
        "filter",
        "getattr",
        "hasattr",
        "float",
        "abs",
        "type",
        "next",
        "iter",
        "super",
        "object",
        "issubclass",
        "__import__",
        "globals",
    ];
    const EXCEPTIONS: &[&str] = &["Exception", "ValueError", "RuntimeError", "NotImplementedError", "KeyError", "TypeError"];
    match name {
        "print" => Some(Value::Inert),
        "__name__" => Some(Value::text("revision")),
        _ if FUNCTIONS.contains(&name) => Some(Value::Symbol(Rc::from(format!("builtins.{name}")))),
        _ if EXCEPTIONS.contains(&name) => Some(Value::Inert),
        _ => None,
    }
}

fn is_inert(path: &str) -> bool {
    let first = path.split('.').next().unwrap_or(path);
    matches!(
        first,
        "logging"
            | "warnings"
            | "typing"
            | "structlog"
            | "loguru"
            | "oslo_log"
            | "__future__"
            | "typing_extensions"
            | "contextlib"
    )
}

/// Modules whose functions may give anything but run no SQL.
pub(super) fn runs_no_sql(path: &str) -> bool {
    const MODULES: &[&str] = &[
        "datetime",
        "uuid",
        "os",
        "sys",
        "time",
        "json",
        "re",
        "random",
        "string",
        "secrets",
        "hashlib",
        "base64",
        "enum",
        "collections",
        "itertools",
        "functools",
        "dataclasses",
        "decimal",
        "pathlib",
        "math",
        "copy",
        "operator",
        "textwrap",
        "pickle",
        "importlib",
        "pytz",
        "simplejson",
        "oslo_utils",
        "builtins",
        "zoneinfo",
        "calendar",
        "tempfile",
        "shutil",
        "six",
        "platform",
        "ipaddress",
        "urllib",
        "contextvars",
        "dotenv",
        "dateutil",
        "yaml",
        "slugify",
        "nanoid",
        "shortuuid",
        "ulid",
        "bcrypt",
        "passlib",
        "cryptography",
        "pydantic",
        "orjson",
        "arrow",
        "pendulum",
        "requests",
        "httpx",
    ];
    MODULES.contains(&path.split('.').next().unwrap_or(path))
}

/// SQLAlchemy's name for a construct without the module it came from: `Column`, `postgresql.JSONB`, `func.now`.
/// `None` for what is no construct of SQLAlchemy or of a type library we know.
pub(in crate::source::alembic) fn construct_kind(path: &str) -> Option<String> {
    let last = path.rsplit('.').next().unwrap_or(path);
    match path.split('.').next()? {
        "sqlalchemy" => {}
        // Its module of types has imported SQLAlchemy's.
        "sqlmodel" if path.starts_with("sqlmodel.sql.sqltypes.types.") => {}
        "sqlmodel" if last == "Session" => {}
        "sqlmodel" if last != "AutoString" => {
            return matches!(last, "Column" | "String" | "Integer" | "text").then(|| last.to_owned());
        }
        _ => {
            let named = last.chars().next().is_some_and(char::is_uppercase);
            return library(path).filter(|_| named).map(|library| format!("{library}.{last}"));
        }
    }
    let parts: Vec<&str> = path.split('.').collect();
    // `sqlalchemy.sql.functions.now` is what `func.now` makes.
    let of_functions = |part: &&str| *part == "func" || (*part == "functions" && last.starts_with(char::is_lowercase));
    if let Some(at) = parts.iter().rposition(of_functions) {
        return Some(format!("func.{}", parts.get(at + 1..)?.join(".")));
    }
    if let Some(at) = parts.iter().position(|part| *part == "dialects") {
        return Some(format!("{}.{last}", parts.get(at + 1)?));
    }
    Some(last.to_owned())
}
