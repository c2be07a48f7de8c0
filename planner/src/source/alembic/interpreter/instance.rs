//! Instances of the project's own classes: fields, methods, `super()`.

use std::cell::RefCell;
use std::rc::Rc;

use ruff_text_size::TextRange;

use super::value::{Arguments, Class, Function, Instance, Scope, Value};
use super::{Evaluated, Halt, Interpreter};

/// Names under which a method's scope holds what `super()` needs.
pub(super) const OWNER: &str = "__class__";
pub(super) const SELF: &str = "__self__";

impl<'a> Interpreter<'a, '_> {
    /// `Class(…)` by its `__init__`.
    pub(super) fn new_instance(&mut self, class: &Rc<Class<'a>>, arguments: Arguments<'a>, range: TextRange) -> Evaluated<'a> {
        if !class.is_plain() {
            return Ok(Value::unknown(format!("`{}` is a class whose instances the planner does not run", class.name)));
        }
        let made = Value::Instance(Rc::new(Instance { class: class.clone(), fields: RefCell::default() }));
        match class.owned("__init__") {
            Some((owner, Value::Function(function))) => {
                self.call_method_of(&owner, &function, made.clone(), arguments, range)?;
            }
            Some(_) => return Ok(Value::unknown(format!("`{}` has an `__init__` that is not followed", class.name))),
            None if class.fields.is_some() => {
                return Ok(Self::data(class, arguments).unwrap_or_else(|| {
                    Value::unknown(format!("what the dataclass `{}` does with its arguments is not followed", class.name))
                }));
            }
            None if !arguments.positional.is_empty() || !arguments.keywords.is_empty() => {
                return Ok(Value::unknown(format!("what `{}` does with its arguments is not followed", class.name)));
            }
            None => {}
        }
        Ok(made)
    }

    /// An instance of a dataclass: a field for each argument, the others as their class says.
    fn data(class: &Rc<Class<'a>>, arguments: Arguments<'a>) -> Option<Value<'a>> {
        let names = class.fields.as_ref()?;
        if class.owned("__post_init__").is_some() || arguments.positional.len() > names.len() {
            return None;
        }
        let mut keywords = arguments.keywords;
        let mut positional = arguments.positional.into_iter();
        let mut fields = Vec::new();
        for name in names {
            let given = positional.next().or_else(|| {
                let at = keywords.iter().position(|(key, _)| key == name)?;
                Some(keywords.remove(at).1)
            });
            // `field(…)` says more than a default.
            let plain = |value: &Value<'a>| !matches!(value, Value::Object(_) | Value::Unknown(_) | Value::Symbol(_));
            fields.push((name.clone(), given.or_else(|| class.member(name).filter(plain))?));
        }
        let made = Instance { class: class.clone(), fields: RefCell::new(fields) };
        keywords.is_empty().then(|| Value::Instance(Rc::new(made)))
    }

    /// Runs `__init__` of a type of the project: what it hands on to SQLAlchemy, and the fields it sets.
    pub(super) fn initialised(
        &mut self,
        class: &Rc<Class<'a>>,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Result<Option<(Arguments<'a>, Rc<Instance<'a>>)>, Halt> {
        let unknown = |value: &Value<'a>| matches!(value, Value::Unknown(_));
        let unclear = arguments.positional.iter().any(unknown) || arguments.keywords.iter().any(|(_, value)| unknown(value));
        let (Some((owner, Value::Function(function))), false) = (class.owned("__init__"), unclear) else { return Ok(None) };
        let instance = Rc::new(Instance { class: class.clone(), fields: RefCell::default() });
        let own = Value::Instance(instance.clone());
        let outer = (self.base_arguments.take(), std::mem::replace(&mut self.recording, false));
        let ran = self.call_method_of(&owner, &function, own, arguments, range);
        let handed = std::mem::replace(&mut self.base_arguments, outer.0);
        self.recording = outer.1;
        match ran {
            Ok(Value::Unknown(_)) | Err(Halt::Raise(..)) => Ok(None),
            Ok(_) => Ok(handed.map(|handed| (handed, instance))),
            Err(end) => Err(end),
        }
    }

    fn call_method_of(
        &mut self,
        owner: &Rc<Class<'a>>,
        function: &Rc<Function<'a>>,
        own: Value<'a>,
        mut arguments: Arguments<'a>,
        range: TextRange,
    ) -> Evaluated<'a> {
        arguments.positional.insert(0, own.clone());
        self.method_of = Some((owner.clone(), own));
        self.call_function(function, arguments, range)
    }

    /// Hands what `super()` needs to the scope of a method.
    pub(super) fn own_method(&mut self, scope: &Rc<Scope<'a>>) {
        if let Some((owner, own)) = self.method_of.take() {
            Self::assign_name(OWNER, Value::Class(owner), scope);
            Self::assign_name(SELF, own, scope);
        }
    }

    /// `super()`.
    pub(super) fn parent(&mut self, scope: &Rc<Scope<'a>>) -> Value<'a> {
        let held = |name: &str| scope.names.borrow().get(name).cloned();
        match (held(OWNER), held(SELF)) {
            (Some(owner @ Value::Class(_)), Some(own)) => self.construct("super".to_owned(), vec![owner, own], Vec::new()),
            _ => Value::unknown("`super()` outside a method"),
        }
    }

    /// A field, or a method bound to its instance.
    pub(super) fn instance_attribute(&mut self, instance: &Rc<Instance<'a>>, name: &str) -> Value<'a> {
        if let Some((_, value)) = instance.fields.borrow().iter().find(|(key, _)| key == name) {
            return value.clone();
        }
        match instance.class.owned(name) {
            Some((owner, Value::Object(wrapped))) if wrapped.kind == "property" => {
                let Some(Value::Function(function)) = wrapped.args.first() else {
                    return Value::unknown("a property is not followed");
                };
                let own = Value::Instance(instance.clone());
                self.method_of = Some((owner, own.clone()));
                self.quietly(function, vec![own], TextRange::default())
                    .unwrap_or_else(|_| Value::unknown(format!("the property `{name}` is not followed")))
            }
            _ => self.member_of(instance, name),
        }
    }

    fn member_of(&self, instance: &Rc<Instance<'a>>, name: &str) -> Value<'a> {
        match instance.class.member(name) {
            Some(Value::Function(_) | Value::Object(_)) | None => {
                Value::Method(Rc::new((Value::Instance(instance.clone()), name.to_owned())))
            }
            Some(value) => value,
        }
    }

    /// A method of an instance, or of what `super()` gives.
    pub(super) fn instance_method(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Evaluated<'a> {
        let (found, own) = match receiver {
            Value::Instance(instance) => (instance.class.owned(name), receiver.clone()),
            Value::Object(object) => match object.args.as_slice() {
                [Value::Class(class), own] => (class.owned_above(name), own.clone()),
                _ => (None, Value::None),
            },
            _ => (None, Value::None),
        };
        match found {
            Some((owner, Value::Function(function))) => self.call_method_of(&owner, &function, own, arguments, range),
            Some((_, Value::Object(wrapped))) if wrapped.kind == "static" => match wrapped.args.first() {
                Some(Value::Function(function)) => self.call_function(function, arguments, range),
                _ => Ok(Value::unknown("a static method is not followed")),
            },
            Some((_, Value::Class(class))) => self.instance(&class, arguments, range),
            // `TypeDecorator.load_dialect_impl` gives `self.impl_instance`.
            None if name == "load_dialect_impl" && above_is_decorator(receiver) => {
                Ok(self.enum_attribute(&own, "impl_instance").unwrap_or_else(|| Value::unknown("the type is not known")))
            }
            // `object` has an `__init__` that does nothing; what one of SQLAlchemy's gets is asked for.
            None if name == "__init__" => {
                self.base_arguments = Some(arguments);
                Ok(Value::None)
            }
            _ => {
                self.opaque(range, format!("what `{name}` of {} does is not known", own.noun()));
                Ok(Value::unknown(format!("`{name}` gave it")))
            }
        }
    }
}

/// Whether what `super()` gives comes from nothing but SQLAlchemy's `TypeDecorator`.
fn above_is_decorator(parent: &Value<'_>) -> bool {
    let Value::Object(parent) = parent else { return false };
    matches!(parent.args.first(), Some(Value::Class(class)) if class.only_decorates())
}

impl<'a> Class<'a> {
    fn only_decorates(&self) -> bool {
        !self.bases.is_empty()
            && self.bases.iter().all(|base| match base {
                Value::Class(base) => base.only_decorates(),
                Value::Symbol(path) => path.starts_with("sqlalchemy") && path.ends_with(".TypeDecorator"),
                _ => false,
            })
    }

    /// A name with the class that has it.
    pub(super) fn owned(self: &Rc<Self>, name: &str) -> Option<(Rc<Self>, Value<'a>)> {
        match self.members.iter().find(|(key, _)| key == name) {
            Some((_, value)) => Some((self.clone(), value.clone())),
            None => self.owned_above(name),
        }
    }

    fn owned_above(&self, name: &str) -> Option<(Rc<Self>, Value<'a>)> {
        self.bases.iter().find_map(|base| if let Value::Class(base) = base { base.owned(name) } else { None })
    }

    /// Whether nothing but the project's own code makes its instances.
    fn is_plain(&self) -> bool {
        self.bases.iter().all(|base| match base {
            Value::Class(base) => base.is_plain(),
            Value::Symbol(path) => matches!(path.as_ref(), "abc.ABC" | "builtins.object" | "typing.Protocol"),
            Value::Inert => true,
            _ => false,
        })
    }
}
