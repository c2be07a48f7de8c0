//! What a Python expression of a revision can be worth to us.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use litemap::LiteMap;
use ruff_python_ast::{Parameters, Stmt};
use ruff_text_size::TextRange;

use super::constant;
use super::library::Module;

/// A Python value, or the statement that it is not known.
#[derive(Clone, Debug)]
pub(in crate::source::alembic) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    List(Rc<RefCell<Vec<Value<'a>>>>),
    Tuple(Rc<Vec<Value<'a>>>),
    Set(Rc<Set<'a>>),
    /// In insertion order, as Python keeps it.
    Dict(Rc<RefCell<Vec<(Value<'a>, Value<'a>)>>>),
    Function(Rc<Function<'a>>),
    /// Something imported, by its dotted path: `sqlalchemy.Integer`.
    Symbol(Rc<str>),
    /// Something SQLAlchemy makes: a column, a type, a constraint, a clause.
    Object(Rc<Object<'a>>),
    /// A class of the project, other than an enumeration.
    Class(Rc<Class<'a>>),
    /// An instance of one.
    Instance(Rc<Instance<'a>>),
    /// `sa.inspect(bind)`, with the answers it has given: it never asks the database twice.
    Inspector(Rc<RefCell<LiteMap<String, Value<'a>>>>),
    /// A method of a value, not called yet.
    Method(Rc<(Value<'a>, String)>),
    /// `op.get_bind()`.
    Connection,
    /// `op.get_context()`.
    Context,
    /// `bind.dialect`.
    Dialect,
    /// What `with op.batch_alter_table(…) as b` binds.
    Batch(Rc<RefCell<Batch<'a>>>),
    /// `autocommit_block()` until it is entered.
    Autocommit,
    /// Something whose calls change nothing and give nothing: loggers, warnings.
    Inert,
    /// Not known, and why.
    Unknown(Rc<str>),
}

/// A set, fixed once made.
#[derive(Debug)]
pub(in crate::source::alembic) struct Set<'a> {
    /// As written, each once.
    pub(super) items: Vec<Value<'a>>,
    /// Becomes true when something depends on the order, which is Python's secret.
    pub(super) walked: Rc<Cell<bool>>,
}

impl<'a> Set<'a> {
    /// A set of others, whose walks are noted where this one's are.
    pub(super) fn of(&self, items: Vec<Value<'a>>) -> Value<'a> {
        Value::set(items, &self.walked)
    }
}

/// A `def` or `lambda` with the scope it was made in (`None`: the module's).
#[derive(Debug)]
pub(in crate::source::alembic) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) parameters: Option<&'a Parameters>,
    pub(super) body: Body<'a>,
    pub(super) scope: Option<Rc<Scope<'a>>>,
    /// The file it stands in.
    pub(super) module: Rc<Module<'a>>,
    pub(super) decorated: bool,
    /// `@contextmanager`.
    pub(super) manages: bool,
}

/// A class of the project.
#[derive(Debug)]
pub(in crate::source::alembic) struct Class<'a> {
    pub(super) name: &'a str,
    /// With the module it stands in.
    pub(in crate::source::alembic) path: String,
    pub(super) bases: Vec<Value<'a>>,
    pub(super) members: Vec<(String, Value<'a>)>,
    /// The annotated names of a dataclass in order: what its own `__init__` takes.
    pub(super) fields: Option<Vec<String>>,
    /// Functions that make its SQL (`@compiles`), with the dialects they are for; none: for all others.
    pub(super) compiled: RefCell<Vec<(Vec<String>, Rc<Function<'a>>)>>,
}

/// An instance of a class of the project.
#[derive(Debug)]
pub(in crate::source::alembic) struct Instance<'a> {
    pub(super) class: Rc<Class<'a>>,
    pub(super) fields: RefCell<Vec<(String, Value<'a>)>>,
}

#[derive(Debug)]
pub(super) enum Body<'a> {
    Statements(&'a [Stmt]),
    Expression(&'a ruff_python_ast::Expr),
}

/// A construct of SQLAlchemy: what was called, and with what. Methods and operators on such constructs are
/// constructs too (`.with_variant`, `==`), with the receiver as first argument.
#[derive(Debug)]
pub(in crate::source::alembic) struct Object<'a> {
    /// `Column`, `postgresql.JSONB`, `func.now`, `.with_variant`.
    pub(in crate::source::alembic) kind: String,
    pub(in crate::source::alembic) args: Vec<Value<'a>>,
    pub(in crate::source::alembic) keywords: Vec<(String, Value<'a>)>,
    /// Constraints are written in the order they were made.
    pub(in crate::source::alembic) made: usize,
}

impl<'a> Object<'a> {
    /// A keyword argument.
    pub(in crate::source::alembic) fn keyword(&self, name: &str) -> Option<&Value<'a>> {
        self.keywords.iter().find_map(|(key, value)| (key == name).then_some(value))
    }
}

/// An open `batch_alter_table`.
#[derive(Debug)]
pub(in crate::source::alembic) struct Batch<'a> {
    pub(super) arguments: Arguments<'a>,
    pub(super) range: TextRange,
    pub(super) calls: Vec<(String, Arguments<'a>, TextRange)>,
}

/// The arguments of a call.
#[derive(Clone, Debug, Default)]
pub(in crate::source::alembic) struct Arguments<'a> {
    pub(in crate::source::alembic) positional: Vec<Value<'a>>,
    pub(in crate::source::alembic) keywords: Vec<(String, Value<'a>)>,
    /// Set where `*x` or `**x` could not be spread.
    pub(in crate::source::alembic) unknown: Option<Rc<str>>,
}

impl<'a> Arguments<'a> {
    pub(in crate::source::alembic) fn keyword(&self, name: &str) -> Option<&Value<'a>> {
        self.keywords.iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    /// A parameter given by place or by name.
    pub(in crate::source::alembic) fn get(&self, at: usize, name: &str) -> Option<&Value<'a>> {
        self.positional.get(at).or_else(|| self.keyword(name))
    }
}

/// The names of one function call or of the module.
#[derive(Debug, Default)]
pub(in crate::source::alembic) struct Scope<'a> {
    pub(super) names: RefCell<LiteMap<String, Value<'a>>>,
    pub(super) parent: Option<Rc<Scope<'a>>>,
}

/// Nesting a value may have, so that none can exhaust the stack.
const DEEPEST: usize = 64;

/// Parts a value may have, shared ones counted each time.
const LARGEST: usize = 50_000;

impl<'a> Value<'a> {
    pub(in crate::source::alembic) fn text(text: impl AsRef<str>) -> Self {
        Self::Text(Rc::from(text.as_ref()))
    }

    pub(in crate::source::alembic) fn unknown(reason: impl AsRef<str>) -> Self {
        Self::Unknown(Rc::from(reason.as_ref()))
    }

    pub(super) fn list(items: Vec<Value<'a>>) -> Self {
        Self::List(Rc::new(RefCell::new(items))).bounded()
    }

    pub(in crate::source::alembic) fn tuple(items: Vec<Value<'a>>) -> Self {
        Self::Tuple(Rc::new(items)).bounded()
    }

    pub(super) fn set(items: Vec<Value<'a>>, walked: &Rc<Cell<bool>>) -> Self {
        let mut kept: Vec<Value<'a>> = Vec::new();
        for item in items {
            if !kept.iter().any(|known| known.equals(&item) == Some(true)) {
                kept.push(item);
            }
        }
        Self::Set(Rc::new(Set { items: kept, walked: walked.clone() })).bounded()
    }

    pub(super) fn dict(items: Vec<(Value<'a>, Value<'a>)>) -> Self {
        Self::Dict(Rc::new(RefCell::new(items))).bounded()
    }

    pub(super) fn object(kind: impl Into<String>, args: Vec<Value<'a>>, keywords: Vec<(String, Value<'a>)>, made: usize) -> Self {
        Self::Object(Rc::new(Object { kind: kind.into(), args, keywords, made })).bounded()
    }

    fn bounded(self) -> Self {
        if self.is_bounded() { self } else { Self::unknown("a value is nested too deep or too large") }
    }

    /// Whether the value is small and shallow enough that every walk through it ends soon.
    pub(super) fn is_bounded(&self) -> bool {
        let mut budget = LARGEST;
        self.measure(DEEPEST, &mut budget)
    }

    fn measure(&self, depth: usize, budget: &mut usize) -> bool {
        if depth == 0 || *budget == 0 {
            return false;
        }
        *budget -= 1;
        match self {
            Self::List(items) => items.try_borrow().is_ok_and(|items| items.iter().all(|item| item.measure(depth - 1, budget))),
            Self::Tuple(items) => items.iter().all(|item| item.measure(depth - 1, budget)),
            Self::Set(set) => set.items.iter().all(|item| item.measure(depth - 1, budget)),
            Self::Dict(items) => {
                items.try_borrow().is_ok_and(|items| items.iter().all(|(_, item)| item.measure(depth - 1, budget)))
            }
            Self::Object(object) => object
                .args
                .iter()
                .chain(object.keywords.iter().map(|(_, value)| value))
                .all(|item| item.measure(depth - 1, budget)),
            Self::Method(method) => method.0.measure(depth - 1, budget),
            _ => true,
        }
    }

    /// What stands for more in a list that may go on, or what is made from it.
    pub(super) fn goes_on(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) if object.kind == super::inspector::PERHAPS => Some(object),
            Self::Object(object) if object.kind == "[]" || object.kind.starts_with('.') => object.args.first()?.goes_on(),
            _ => None,
        }
    }

    /// Python's truth, where it is known.
    pub(in crate::source::alembic) fn truth(&self) -> Result<bool, Rc<str>> {
        Ok(match self {
            Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::List(_) | Self::Tuple(_) | Self::Set(_) | Self::Dict(_) => {
                let items = self.members()?;
                if !items.is_empty() && items.iter().all(|item| item.goes_on().is_some()) {
                    return Err(Rc::from("parts that were not followed may have made some"));
                }
                !items.is_empty()
            }
            Self::Function(_)
            | Self::Class(_)
            | Self::Instance(_)
            | Self::Inspector(_)
            | Self::Connection
            | Self::Context
            | Self::Dialect
            | Self::Batch(_) => true,
            Self::Symbol(path) => return Err(Rc::from(format!("what `{path}` is worth is not known{}", constant::cure(path)))),
            Self::Object(object) => {
                return Err(Rc::from(format!("what `{}` is worth is only known to the database", object.kind)));
            }
            Self::Method(_) | Self::Autocommit | Self::Inert => return Err(Rc::from("its truth is not known")),
            Self::Unknown(reason) => return Err(reason.clone()),
        })
    }

    /// Python's `==`, where it is known.
    pub(in crate::source::alembic) fn equals(&self, other: &Self) -> Option<bool> {
        if let (Self::Object(a), Self::Object(b)) = (self, other)
            && a.kind == "enum member"
            && b.kind == "enum member"
        {
            return all_equal(&a.args, &b.args);
        }
        Some(match (self, other) {
            (Self::Unknown(_) | Self::Object(_) | Self::Inert | Self::Method(_), _)
            | (_, Self::Unknown(_) | Self::Object(_) | Self::Inert | Self::Method(_)) => return None,
            (Self::None, Self::None) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Bool(a), Self::Int(b)) | (Self::Int(b), Self::Bool(a)) => i64::from(*a) == *b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Symbol(a), Self::Symbol(b)) if a == b => true,
            (Self::Symbol(_), _) | (_, Self::Symbol(_)) => return None,
            (Self::List(a), Self::List(b)) => return all_equal(&a.borrow(), &b.borrow()),
            (Self::Tuple(a), Self::Tuple(b)) => return all_equal(a, b),
            (Self::Set(a), Self::Set(b)) => return same_members(&a.items, &b.items),
            (Self::Float(_), Self::Int(_)) | (Self::Int(_), Self::Float(_)) | (Self::Dict(_), Self::Dict(_)) => return None,
            _ => false,
        })
    }

    /// The items of something that can be iterated over, in its order. Of a set, the order is one that Python may not take,
    /// which is noted.
    pub(in crate::source::alembic) fn items(&self) -> Result<Vec<Value<'a>>, Rc<str>> {
        if let Self::Set(set) = self
            && set.items.len() > 1
        {
            set.walked.set(true);
        }
        self.members()
    }

    /// The items, for what does not depend on their order.
    pub(in crate::source::alembic) fn members(&self) -> Result<Vec<Value<'a>>, Rc<str>> {
        Ok(match self {
            Self::List(items) => items.borrow().clone(),
            Self::Tuple(items) => items.to_vec(),
            Self::Set(set) => set.items.clone(),
            Self::Dict(items) => items.borrow().iter().map(|(key, _)| key.clone()).collect(),
            Self::Object(object) if object.kind == "class Enum" => {
                let member = |(name, value): &(String, Value<'a>)| {
                    Value::object("enum member", vec![Value::text(name), value.clone()], Vec::new(), 0)
                };
                object.keywords.iter().map(member).collect()
            }
            Self::Text(text) => text.chars().map(|c| Value::text(c.to_string())).collect(),
            Self::Unknown(reason) => return Err(reason.clone()),
            other => return Err(Rc::from(format!("{} cannot be walked through here", other.noun()))),
        })
    }

    /// What kind of thing it is, for reasons.
    pub(in crate::source::alembic) fn noun(&self) -> String {
        match self {
            Self::None => "None".to_owned(),
            Self::Bool(_) => "a truth value".to_owned(),
            Self::Int(_) | Self::Float(_) => "a number".to_owned(),
            Self::Text(_) => "a text".to_owned(),
            Self::List(_) | Self::Tuple(_) => "a list".to_owned(),
            Self::Set(_) => "a set".to_owned(),
            Self::Dict(_) => "a dictionary".to_owned(),
            Self::Function(function) => format!("the function `{}`", function.name),
            Self::Symbol(path) => format!("`{path}`{}", constant::cure(path)),
            Self::Object(object) => format!("`{}(…)`", object.kind),
            Self::Class(class) => format!("the class `{}`", class.name),
            Self::Instance(instance) => format!("an instance of `{}`", instance.class.name),
            Self::Inspector(_) => "the inspector".to_owned(),
            Self::Method(method) => format!("the method `{}`", method.1),
            Self::Connection => "the connection".to_owned(),
            Self::Context | Self::Autocommit => "the migration context".to_owned(),
            Self::Dialect => "the dialect".to_owned(),
            Self::Batch(_) => "a batch".to_owned(),
            Self::Inert => "a logger".to_owned(),
            Self::Unknown(reason) => format!("an unknown value ({reason})"),
        }
    }
}

fn same_members<'a>(a: &[Value<'a>], b: &[Value<'a>]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    for left in a {
        let mut found = false;
        for right in b {
            found |= left.equals(right)?;
        }
        if !found {
            return Some(false);
        }
    }
    Some(true)
}

fn all_equal<'a>(a: &[Value<'a>], b: &[Value<'a>]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    let mut equal = true;
    for (left, right) in a.iter().zip(b) {
        equal &= left.equals(right)?;
    }
    Some(equal)
}
