//! Classes: enumerations, column types, models, namespaces.

use std::cell::RefCell;
use std::rc::Rc;

use ruff_python_ast::{Decorator, Expr, Stmt, StmtClassDef};
use ruff_text_size::{Ranged, TextRange};

use super::symbol::construct_kind;
use super::value::{Arguments, Body, Class, Function, Scope, Value};
use super::{Evaluated, Halt, Interpreter};

impl<'a> Interpreter<'a, '_> {
    /// Runs the body of a class.
    pub(super) fn class(&mut self, class: &'a StmtClassDef, outer: &Rc<Scope<'a>>) -> Evaluated<'a> {
        let mut bases = Vec::new();
        for base in class.arguments.iter().flat_map(|arguments| &arguments.args) {
            bases.push(self.evaluate(base, outer)?);
        }
        let known = ["dataclass", "unique", "total_ordering", "final", "runtime_checkable", "add_metaclass"];
        for decorator in &class.decorator_list {
            let bare = match &decorator.expression {
                Expr::Call(call) => &*call.func,
                other => other,
            };
            let is = |name: &&str| {
                matches!(bare, Expr::Name(it) if it.id.as_str() == *name)
                    || matches!(bare, Expr::Attribute(it) if it.attr.as_str() == *name)
            };
            if !known.iter().any(is) {
                let decorator = self.source(decorator.expression.range());
                self.assume(format!("`@{decorator}` leaves what the class `{}` does as it is", class.name));
            }
        }
        // Arguments of the decorator may take fields out of `__init__`.
        let is_data = class.decorator_list.iter().any(|decorator| match &decorator.expression {
            Expr::Call(call) => dotted_last(&call.func) == "dataclass" && call.arguments.keywords.iter().all(is_frozen),
            other => dotted_last(other) == "dataclass",
        });
        let mut fields = Vec::new();
        let scope = self.scope(Some(outer.clone()));
        let mut order: Vec<String> = Vec::new();
        for statement in &class.body {
            match statement {
                Stmt::FunctionDef(def) => {
                    let around = (!Rc::ptr_eq(outer, &self.module.scope)).then(|| outer.clone());
                    let function = Function {
                        name: def.name.as_str(),
                        parameters: Some(&def.parameters),
                        body: Body::Statements(&def.body),
                        scope: around,
                        module: self.module.clone(),
                        decorated: def.is_async || !def.decorator_list.iter().all(is_plain),
                        manages: false,
                    };
                    let of_class = def.decorator_list.iter().any(|decorator| named(decorator, "classmethod"));
                    let is_static = def.decorator_list.iter().any(|decorator| named(decorator, "staticmethod"));
                    let is_property = def.decorator_list.iter().any(|decorator| named(decorator, "property"));
                    let kind = match (is_static, of_class, is_property) {
                        (true, ..) => "static",
                        (_, true, _) => "of class",
                        (.., true) => "property",
                        _ => "",
                    };
                    let function = Value::Function(Rc::new(function));
                    let value =
                        if kind.is_empty() { function } else { self.construct(kind.to_owned(), vec![function], Vec::new()) };
                    Self::assign_name(def.name.as_str(), value, &scope);
                }
                other => {
                    self.statement(other, &scope)?;
                    order.extend(assigned(other));
                    if let Stmt::AnnAssign(field) = other {
                        fields.extend(bound_name(&field.target));
                    }
                }
            }
        }
        let names = scope.names.borrow();
        let is_enum = bases.iter().any(is_enumeration);
        if is_enum {
            let members = order.iter().filter_map(|name| Some((name.clone(), names.get(name)?.clone()))).collect();
            drop(names);
            return Ok(self.construct("class Enum".to_owned(), vec![Value::text(class.name.as_str())], members));
        }
        let mut members: Vec<(String, Value<'a>)> =
            order.iter().filter_map(|name| Some((name.clone(), names.get(name)?.clone()))).collect();
        members.extend(names.iter().filter(|(name, _)| !order.contains(name)).map(|(name, value)| (name.clone(), value.clone())));
        drop(names);
        let path = format!("{}.{}", self.module.dotted(), class.name);
        let compiled = RefCell::default();
        let fields = Some(fields).filter(|_| is_data && bases.is_empty());
        Ok(Value::Class(Rc::new(Class { name: class.name.as_str(), path, bases, members, fields, compiled })))
    }

    /// `Class.name`.
    pub(super) fn class_attribute(&mut self, class: &Rc<Class<'a>>, name: &str) -> Value<'a> {
        let member = class.member(name);
        match (name, member) {
            ("__name__", _) => Value::text(class.name),
            ("__table__", _) => self.table_of(class),
            (_, Some(Value::Object(column))) if column.kind == "Column" && class.member("__tablename__").is_some() => {
                let table = self.table_of(class);
                let held = match column.args.first() {
                    Some(Value::Text(held)) => held.to_string(),
                    _ => name.to_owned(),
                };
                self.construct("column".to_owned(), vec![Value::text(held)], vec![("table".to_owned(), table)])
            }
            (_, Some(Value::Object(wrapped))) if matches!(wrapped.kind.as_str(), "static" | "of class") => {
                match (wrapped.kind.as_str(), wrapped.args.first()) {
                    ("static", Some(function)) => function.clone(),
                    _ => Value::Method(Rc::new((Value::Class(class.clone()), name.to_owned()))),
                }
            }
            (_, Some(value)) => value,
            (_, None) => Value::unknown(format!("`{}` has no `{name}` that is known", class.name)),
        }
    }

    /// The table of a declarative model as `Table(name, columns…)`.
    fn table_of(&mut self, class: &Rc<Class<'a>>) -> Value<'a> {
        if let Some(table) = class.member("__table__") {
            return table;
        }
        let Some(name) = class.member("__tablename__") else {
            return Value::unknown(format!("`{}` is not known to have a table", class.name));
        };
        let mut args = vec![name, Value::None];
        for (key, value) in &class.members {
            let Value::Object(column) = value else { continue };
            if column.kind != "Column" {
                continue;
            }
            let mut parts = column.args.clone();
            if !matches!(parts.first(), Some(Value::Text(_))) {
                parts.insert(0, Value::text(key));
            }
            args.push(self.construct("Column".to_owned(), parts, column.keywords.clone()));
        }
        let schema = match class.member("__table_args__") {
            Some(Value::Dict(items)) => super::operator::look_up(&items.borrow(), &Value::text("schema")),
            Some(Value::Tuple(items)) => match items.last() {
                Some(Value::Dict(items)) => super::operator::look_up(&items.borrow(), &Value::text("schema")),
                _ => None,
            },
            _ => None,
        };
        let keywords = schema.map(|schema| vec![("schema".to_owned(), schema)]).unwrap_or_default();
        self.construct("Table".to_owned(), args, keywords)
    }

    /// `Class(…)`: a column type becomes the type it stands for.
    pub(super) fn instance(&mut self, class: &Rc<Class<'a>>, arguments: Arguments<'a>, range: TextRange) -> Evaluated<'a> {
        if let Some(reason) = arguments.unknown {
            return Ok(Value::Unknown(reason));
        }
        if self.renderer.maps(&class.path) {
            return Ok(self.construct(format!("mapped.{}", class.path), arguments.positional, arguments.keywords));
        }
        let not_followed = |why: &str| Value::unknown(format!("`{}` is a class whose {why}", class.name));
        if !class.compiled.borrow().is_empty() {
            return Ok(match self.compiled(class, range)? {
                Some(text) if class.is_clause() => self.construct("literal_column".to_owned(), vec![text], Vec::new()),
                Some(text) => self.construct("written type".to_owned(), vec![text], Vec::new()),
                None => not_followed("SQL is made by a function of its own (`@compiles`)"),
            });
        }
        let has = |name: &str| class.member(name).is_some();
        if class.descends("SchemaType") {
            return Ok(not_followed("constraints are its own"));
        }
        if let Some(Value::Function(function)) = class.member("get_col_spec") {
            if has("__init__") {
                return Ok(not_followed("`__init__` is not followed"));
            }
            let own = self.construct("self".to_owned(), Vec::new(), Vec::new());
            let call = self.quietly(&function, vec![own], range)?;
            return Ok(match call {
                Value::Text(text) => self.construct("written type".to_owned(), vec![Value::Text(text)], Vec::new()),
                _ => not_followed("`get_col_spec` is not followed"),
            });
        }
        let Some(impl_type) = class.member("impl") else {
            return Ok(match class.built_in_type() {
                Some(kind) if !has("__init__") => self.construct(kind, arguments.positional, arguments.keywords),
                Some(kind) => match self.initialised(class, arguments, range)? {
                    Some((handed, _)) if handed.unknown.is_none() => self.construct(kind, handed.positional, handed.keywords),
                    _ => not_followed("`__init__` is not followed"),
                },
                _ if class.descends("TypeDecorator") || class.descends("UserDefinedType") => not_followed("type is not followed"),
                _ => self.new_instance(class, arguments, range)?,
            });
        };
        let takes = match &impl_type {
            Value::Symbol(path) => construct_kind(path),
            Value::Object(object) => Some(object.kind.clone()),
            _ => None,
        };
        let sized = ["String", "Unicode", "VARCHAR", "CHAR", "Numeric", "Enum", "LargeBinary", "TypeEngine", "ARRAY"];
        let given = !arguments.positional.is_empty() || !arguments.keywords.is_empty();
        let unsized_type = takes.as_deref().is_some_and(|kind| !sized.contains(&kind));
        let (mut arguments, mut impl_type) = (arguments, impl_type);
        if has("__init__") && (given || !unsized_type) {
            let Some((handed, made)) = self.initialised(class, arguments, range)?.filter(|(handed, _)| handed.unknown.is_none())
            else {
                return Ok(not_followed("`__init__` is not followed"));
            };
            arguments = handed;
            let own = made.fields.borrow().iter().find(|(key, _)| key == "impl").map(|(_, value)| value.clone());
            impl_type = own.unwrap_or(impl_type);
        }
        let made = match &impl_type {
            // `TypeDecorator` hands its arguments on to the class it stands for.
            Value::Symbol(path) => match construct_kind(path) {
                Some(kind) => self.construct(kind, arguments.positional, arguments.keywords),
                None => impl_type.clone(),
            },
            Value::Class(inner) => self.instance(&inner.clone(), arguments, range)?,
            other => other.clone(),
        };
        let Some((owner, Value::Function(function))) = class.owned("load_dialect_impl") else { return Ok(made) };
        let keywords = ["impl", "impl_instance"].map(|name| (name.to_owned(), made.clone())).to_vec();
        let own = self.construct("self".to_owned(), Vec::new(), keywords);
        self.method_of = Some((owner, own.clone()));
        let chosen = self.quietly(&function, vec![own, Value::Dialect], range);
        self.method_of = None;
        let chosen = chosen?;
        Ok(match chosen {
            Value::Object(_) | Value::Symbol(_) => chosen,
            Value::Class(inner) => self.instance(&inner, Arguments::default(), range)?,
            _ => not_followed("`load_dialect_impl` is not followed"),
        })
    }

    /// The text that the class's own function makes of it on this dialect, where it does not ask the compiler.
    fn compiled(&mut self, class: &Rc<Class<'a>>, range: TextRange) -> Result<Option<Value<'a>>, Halt> {
        let own = self.renderer.dialect_name();
        let functions = class.compiled.borrow();
        let named = functions.iter().rev().find(|(dialects, _)| dialects.iter().any(|name| name == own));
        let found = named.or_else(|| functions.iter().rev().find(|(dialects, _)| dialects.is_empty()));
        let Some(function) = found.map(|(_, function)| function.clone()) else { return Ok(None) };
        drop(functions);
        let unknown = Value::unknown("the compiler of SQLAlchemy is asked");
        let text = self.quietly(&function, vec![unknown.clone(), unknown], range)?;
        Ok(Some(text).filter(|text| matches!(text, Value::Text(_))))
    }

    /// A class method.
    pub(super) fn class_method(
        &mut self,
        class: &Rc<Class<'a>>,
        name: &str,
        mut arguments: Arguments<'a>,
        range: TextRange,
    ) -> Evaluated<'a> {
        match class.member(name) {
            Some(Value::Object(wrapped)) if wrapped.kind == "of class" => match wrapped.args.first() {
                Some(Value::Function(function)) => {
                    arguments.positional.insert(0, Value::Class(class.clone()));
                    self.call_function(function, arguments, range)
                }
                _ => Ok(Value::unknown("a class method is not followed")),
            },
            _ => {
                self.opaque(range, format!("what `{name}` of {} does is not known", Value::Class(class.clone()).noun()));
                Ok(Value::unknown(format!("`{name}` gave it")))
            }
        }
    }

    /// Calls a function for its value: what it would run is not the revision's.
    pub(super) fn quietly(&mut self, function: &Rc<Function<'a>>, positional: Vec<Value<'a>>, range: TextRange) -> Evaluated<'a> {
        let recording = std::mem::replace(&mut self.recording, false);
        let value = self.call_function(function, Arguments { positional, ..Arguments::default() }, range);
        self.recording = recording;
        match value {
            Err(Halt::Raise(what, _)) => Ok(Value::unknown(format!("it raises {what}"))),
            other => other,
        }
    }

    /// `Colour.RED`, `Colour.RED.value`.
    pub(super) fn enum_attribute(&mut self, value: &Value<'a>, attribute: &str) -> Option<Value<'a>> {
        let Value::Object(object) = value else { return None };
        match (object.kind.as_str(), attribute) {
            ("class Enum", "__members__") => {
                let members = self.enum_members(value);
                let pairs = members.into_iter().filter_map(|member| match &member {
                    Value::Object(inner) => Some((inner.args.first()?.clone(), member.clone())),
                    _ => None,
                });
                Some(Value::dict(pairs.collect()))
            }
            ("class Enum", "__name__") => object.args.first().cloned(),
            ("class Enum", name) => {
                let member = object.keyword(name)?.clone();
                Some(self.construct("enum member".to_owned(), vec![Value::text(name), member], Vec::new()))
            }
            ("enum member", "name") => object.args.first().cloned(),
            ("enum member", "value") => object.args.get(1).cloned(),
            ("self", name) => object.keyword(name).cloned(),
            ("String" | "Unicode" | "VARCHAR" | "CHAR", "length") => {
                Some(object.args.first().or_else(|| object.keyword("length")).cloned().unwrap_or(Value::None))
            }
            ("Column" | "column" | "Table" | "table", "name") => {
                let name = object.args.first().filter(|name| matches!(name, Value::Text(_)));
                name.or_else(|| object.keyword("name")).cloned()
            }
            (super::handed::TABLES, "get" | "keys" | "values" | "items") => None,
            (super::handed::TABLES, name) => Some(self.handed_table(name)),
            ("uuid", "hex") => match object.args.first() {
                Some(Value::Text(text)) => Some(Value::text(text.replace('-', ""))),
                _ => None,
            },
            _ => None,
        }
    }

    /// The members of an enumeration in order; nothing for other values.
    pub(super) fn enum_members(&mut self, value: &Value<'a>) -> Vec<Value<'a>> {
        let Value::Object(object) = value else { return Vec::new() };
        if object.kind != "class Enum" {
            return Vec::new();
        }
        let members = object.keywords.iter().map(|(name, value)| vec![Value::text(name), value.clone()]).collect::<Vec<_>>();
        members.into_iter().map(|args| self.construct("enum member".to_owned(), args, Vec::new())).collect()
    }
}

impl<'a> Class<'a> {
    /// A name of the class or of those it comes from.
    pub(super) fn member(&self, name: &str) -> Option<Value<'a>> {
        let own = self.members.iter().find_map(|(key, value)| (key == name).then(|| value.clone()));
        own.or_else(|| self.bases.iter().find_map(|base| if let Value::Class(base) = base { base.member(name) } else { None }))
    }

    /// Whether a class of this name is among its ancestors, by their last names.
    pub(super) fn descends(&self, name: &str) -> bool {
        self.bases.iter().any(|base| match base {
            Value::Class(base) => base.name == name || base.descends(name),
            Value::Symbol(path) => path.rsplit('.').next() == Some(name),
            _ => false,
        })
    }

    /// Whether it is an expression and no type.
    fn is_clause(&self) -> bool {
        ["FunctionElement", "ColumnElement", "ClauseElement", "GenericFunction", "Executable"]
            .iter()
            .any(|name| self.descends(name))
    }

    /// The type of SQLAlchemy it refines.
    fn built_in_type(&self) -> Option<String> {
        self.bases.iter().find_map(|base| match base {
            Value::Symbol(path) => construct_kind(path).filter(|kind| {
                !matches!(
                    kind.as_str(),
                    "TypeDecorator" | "UserDefinedType" | "TypeEngine" | "DeclarativeBase" | "Table" | "Column"
                )
            }),
            Value::Class(base) => base.built_in_type(),
            _ => None,
        })
    }
}

fn is_enumeration(base: &Value<'_>) -> bool {
    match base {
        Value::Symbol(path) => path.rsplit('.').next().is_some_and(|last| last.ends_with("Enum") || last == "IntFlag"),
        Value::Object(object) => object.kind == "class Enum",
        Value::Class(class) => class.bases.iter().any(is_enumeration),
        _ => false,
    }
}

fn is_plain(decorator: &Decorator) -> bool {
    ["staticmethod", "classmethod", "property", "override", "abstractmethod"].iter().any(|name| named(decorator, name))
}

/// Whether a decorator is a bare name.
pub(super) fn named(decorator: &Decorator, wanted: &str) -> bool {
    match &decorator.expression {
        Expr::Name(name) => name.id.as_str() == wanted,
        Expr::Attribute(attribute) => attribute.attr.as_str() == wanted,
        _ => false,
    }
}

/// Names a statement of a class body binds.
fn assigned(statement: &Stmt) -> Vec<String> {
    match statement {
        Stmt::Assign(assign) => assign.targets.iter().filter_map(bound_name).collect(),
        Stmt::AnnAssign(assign) if assign.value.is_some() => bound_name(&assign.target).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn bound_name(target: &Expr) -> Option<String> {
    if let Expr::Name(name) = target { Some(name.id.to_string()) } else { None }
}

/// `frozen=` and its like: they change nothing about what `__init__` takes.
fn is_frozen(keyword: &ruff_python_ast::Keyword) -> bool {
    keyword.arg.as_ref().is_some_and(|name| matches!(name.as_str(), "frozen" | "eq" | "order" | "repr" | "slots" | "unsafe_hash"))
}

/// The last part of a dotted name.
fn dotted_last(expression: &Expr) -> &str {
    match expression {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => "",
    }
}
