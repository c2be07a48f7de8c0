//! Imported names by their dotted paths, and what is known of them.

use std::rc::Rc;

use ruff_python_ast::{StmtImport, StmtImportFrom};

use super::Interpreter;
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

    pub(super) fn import_from(import: &'a StmtImportFrom, scope: &Rc<Scope<'a>>) {
        let dots = ".".repeat(usize::try_from(import.level).unwrap_or(0).min(8));
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        for alias in &import.names {
            let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            let value = match (dots.as_str(), module, alias.name.as_str()) {
                ("", "__future__", _) => continue,
                // What a star brings is not known; the common ones are looked up where they are used.
                (_, _, "*") => continue,
                (dots, "", item) => symbol(&format!("{dots}{item}")),
                (dots, module, item) => symbol(&format!("{dots}{module}.{item}")),
            };
            Self::assign_name(name, value, scope);
        }
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
    ];
    MODULES.contains(&path.split('.').next().unwrap_or(path))
}

/// SQLAlchemy's name for a construct without the module it came from: `Column`, `postgresql.JSONB`, `func.now`.
/// `None` for what is no construct of SQLAlchemy or of a type library we know.
pub(in crate::source::alembic) fn construct_kind(path: &str) -> Option<String> {
    let last = path.rsplit('.').next().unwrap_or(path);
    match path.split('.').next()? {
        "sqlalchemy" => {}
        "sqlmodel" if last == "AutoString" => return Some("String".to_owned()),
        "sqlmodel" if matches!(last, "Column" | "String" | "Integer" | "text") => return Some(last.to_owned()),
        "sqlalchemy_utils" if last == "TSVectorType" => return Some("postgresql.TSVECTOR".to_owned()),
        "citext" if last == "CIText" => return Some("postgresql.CITEXT".to_owned()),
        _ => return None,
    }
    let parts: Vec<&str> = path.split('.').collect();
    if let Some(at) = parts.iter().position(|part| *part == "func") {
        return Some(format!("func.{}", parts.get(at + 1..)?.join(".")));
    }
    if let Some(at) = parts.iter().position(|part| *part == "dialects") {
        return Some(format!("{}.{last}", parts.get(at + 1)?));
    }
    Some(last.to_owned())
}
