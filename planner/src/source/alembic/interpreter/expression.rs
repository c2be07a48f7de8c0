//! Expressions.

use std::rc::Rc;

use ruff_python_ast::{BoolOp, Comprehension, DictItem, Expr, ExprCall, ExprDict, ExprLambda, ExprSubscript, Number, UnaryOp};
use ruff_text_size::Ranged;

use super::value::{Arguments, Body, Function, Scope, Value};
use super::{Evaluated, Halt, Interpreter, LONGEST};

impl<'a> Interpreter<'a, '_> {
    pub(super) fn evaluate(&mut self, expression: &'a Expr, scope: &Rc<Scope<'a>>) -> Evaluated<'a> {
        self.step(expression.range())?;
        self.depth += 1;
        let value = self.evaluate_inner(expression, scope);
        self.depth -= 1;
        value
    }

    fn evaluate_inner(&mut self, expression: &'a Expr, scope: &Rc<Scope<'a>>) -> Evaluated<'a> {
        Ok(match expression {
            Expr::StringLiteral(literal) => Value::text(literal.value.to_str()),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(int) => int.as_i64().map_or_else(|| Value::unknown("the number is too large"), Value::Int),
                Number::Float(float) => Value::Float(*float),
                Number::Complex { .. } => Value::unknown("complex numbers are not followed"),
            },
            Expr::BooleanLiteral(literal) => Value::Bool(literal.value),
            Expr::NoneLiteral(_) => Value::None,
            Expr::Name(name) => {
                let value = self.lookup(name.id.as_str(), scope);
                self.imported(value)
            }
            Expr::Attribute(attribute) => {
                let value = self.evaluate(&attribute.value, scope)?;
                self.attribute(value, attribute.attr.as_str())
            }
            Expr::Call(call) => return self.call_expression(call, scope),
            Expr::FString(string) => return self.f_string(string, scope),
            Expr::BinOp(binary) => {
                let left = self.evaluate(&binary.left, scope)?;
                let right = self.evaluate(&binary.right, scope)?;
                self.binary(left, binary.op, right)
            }
            Expr::BoolOp(logical) => return self.logical(logical.op, &logical.values, scope),
            Expr::UnaryOp(unary) => {
                let operand = self.evaluate(&unary.operand, scope)?;
                self.unary(unary.op, operand)
            }
            Expr::Compare(compare) => return self.compare(compare, scope),
            Expr::If(conditional) => {
                let test = self.evaluate(&conditional.test, scope)?;
                match test.truth() {
                    Ok(true) => return self.evaluate(&conditional.body, scope),
                    Ok(false) => return self.evaluate(&conditional.orelse, scope),
                    Err(reason) => Value::Unknown(reason),
                }
            }
            Expr::List(list) => match self.elements(&list.elts, scope)? {
                Ok(items) => Value::list(items),
                Err(reason) => Value::Unknown(reason),
            },
            Expr::Tuple(tuple) => match self.elements(&tuple.elts, scope)? {
                Ok(items) => Value::tuple(items),
                Err(reason) => Value::Unknown(reason),
            },
            Expr::Set(set) => match self.elements(&set.elts, scope)? {
                Ok(items) => self.set(items),
                Err(reason) => Value::Unknown(reason),
            },
            Expr::Dict(dict) => return self.dictionary(dict, scope),
            Expr::ListComp(comp) => return self.comprehension(&comp.elt, None, &comp.generators, scope),
            Expr::Generator(comp) => return self.comprehension(&comp.elt, None, &comp.generators, scope),
            Expr::SetComp(comp) => match self.comprehension(&comp.elt, None, &comp.generators, scope)? {
                Value::List(items) => {
                    let items = items.borrow().clone();
                    self.set(items)
                }
                other => other,
            },
            Expr::DictComp(comp) => match &comp.key {
                Some(key) => return self.comprehension(&comp.value, Some(key), &comp.generators, scope),
                None => Value::unknown("the comprehension spreads a mapping"),
            },
            Expr::Lambda(lambda) => self.lambda(lambda, scope),
            Expr::Named(named) => {
                let value = self.evaluate(&named.value, scope)?;
                self.assign(&named.target, value.clone(), scope)?;
                value
            }
            Expr::Subscript(subscript) => return self.subscript(subscript, scope),
            Expr::Yield(inner) => {
                let value = match &inner.value {
                    Some(value) => self.evaluate(value, scope)?,
                    None => Value::None,
                };
                return self.yielded(value);
            }
            Expr::Starred(starred) => return self.evaluate(&starred.value, scope),
            _ => Value::unknown(format!("`{}` is not followed", self.source(expression.range()))),
        })
    }

    pub(super) fn set(&self, items: Vec<Value<'a>>) -> Value<'a> {
        Value::set(items, &self.modules.set_walked)
    }

    /// What walked through a set went in an order that Python may not take.
    pub(super) fn note_sets(&mut self) {
        if self.modules.set_walked.take() {
            self.assume("Python walks its sets in the order in which they are written".to_owned());
        }
    }

    fn lambda(&mut self, lambda: &'a ExprLambda, scope: &Rc<Scope<'a>>) -> Value<'a> {
        let outer = (!Rc::ptr_eq(scope, &self.module.scope)).then(|| scope.clone());
        Value::Function(Rc::new(Function {
            name: "lambda",
            parameters: lambda.parameters.as_deref(),
            body: Body::Expression(&lambda.body),
            scope: outer,
            module: self.module.clone(),
            decorated: false,
            manages: false,
        }))
    }

    fn logical(&mut self, op: BoolOp, values: &'a [Expr], scope: &Rc<Scope<'a>>) -> Evaluated<'a> {
        let mut last = Value::None;
        let mut unknown: Option<Rc<str>> = None;
        for value in values {
            last = self.evaluate(value, scope)?;
            match (last.truth(), op) {
                // `unknown and False` is false, `unknown or True` is true, whatever the unknown is.
                (Ok(false), BoolOp::And) | (Ok(true), BoolOp::Or) => {
                    return Ok(if unknown.is_some() { Value::Bool(op == BoolOp::Or) } else { last });
                }
                (Ok(_), _) => {}
                (Err(reason), _) => unknown = Some(unknown.unwrap_or(reason)),
            }
        }
        Ok(unknown.map_or(last, Value::Unknown))
    }

    fn unary(&mut self, op: UnaryOp, operand: Value<'a>) -> Value<'a> {
        match (op, operand) {
            (UnaryOp::Not, operand) => operand.truth().map_or_else(Value::Unknown, |truth| Value::Bool(!truth)),
            (UnaryOp::USub, Value::Int(int)) => int.checked_neg().map_or_else(|| Value::unknown("overflow"), Value::Int),
            (UnaryOp::USub, Value::Float(float)) => Value::Float(-float),
            (UnaryOp::UAdd, value @ (Value::Int(_) | Value::Float(_))) => value,
            (op, value @ Value::Object(_)) => self.construct(format!("unary {}", op.as_str()), vec![value], Vec::new()),
            (_, Value::Unknown(reason)) => Value::Unknown(reason),
            (op, value) => Value::unknown(format!("`{}` on {} is not followed", op.as_str(), value.noun())),
        }
    }

    /// The items of a display; `*x` is spread.
    fn elements(&mut self, items: &'a [Expr], scope: &Rc<Scope<'a>>) -> Result<Result<Vec<Value<'a>>, Rc<str>>, Halt> {
        let mut values = Vec::new();
        for item in items {
            if let Expr::Starred(starred) = item {
                match self.evaluate(&starred.value, scope)?.items() {
                    Ok(spread) => values.extend(spread),
                    Err(reason) => return Ok(Err(reason)),
                }
            } else {
                values.push(self.evaluate(item, scope)?);
            }
            if values.len() > LONGEST / 64 {
                return Err(Halt::Exhausted(item.range()));
            }
        }
        Ok(Ok(values))
    }

    fn dictionary(&mut self, dict: &'a ExprDict, scope: &Rc<Scope<'a>>) -> Evaluated<'a> {
        let mut items: Vec<(Value<'a>, Value<'a>)> = Vec::new();
        for DictItem { key, value } in &dict.items {
            let value = self.evaluate(value, scope)?;
            let Some(key) = key else {
                let Value::Dict(spread) = value else { return Ok(Value::unknown("what `**` spreads is not known")) };
                for (key, value) in spread.borrow().iter() {
                    put(&mut items, key.clone(), value.clone());
                }
                continue;
            };
            let key = self.evaluate(key, scope)?;
            put(&mut items, key, value);
        }
        Ok(Value::dict(items))
    }

    /// List, set, generator and (with a key) dictionary comprehensions.
    fn comprehension(
        &mut self,
        element: &'a Expr,
        key: Option<&'a Expr>,
        generators: &'a [Comprehension],
        scope: &Rc<Scope<'a>>,
    ) -> Evaluated<'a> {
        let inner = self.scope(Some(scope.clone()));
        let mut pairs = Vec::new();
        if let Some(reason) = self.generate(element, key, generators, &inner, &mut pairs)? {
            return Ok(Value::Unknown(reason));
        }
        if key.is_none() {
            return Ok(Value::list(pairs.into_iter().map(|(_, value)| value).collect()));
        }
        let mut items = Vec::new();
        for (key, value) in pairs {
            put(&mut items, key, value);
        }
        Ok(Value::dict(items))
    }

    fn generate(
        &mut self,
        element: &'a Expr,
        key: Option<&'a Expr>,
        generators: &'a [Comprehension],
        scope: &Rc<Scope<'a>>,
        out: &mut Vec<(Value<'a>, Value<'a>)>,
    ) -> Result<Option<Rc<str>>, Halt> {
        let Some((first, rest)) = generators.split_first() else {
            let made = match key {
                Some(key) => self.evaluate(key, scope)?,
                None => Value::None,
            };
            out.push((made, self.evaluate(element, scope)?));
            return Ok(None);
        };
        let items = match self.evaluate(&first.iter, scope)?.items() {
            Ok(items) => items,
            Err(reason) => return Ok(Some(reason)),
        };
        'items: for item in items {
            self.step(first.range())?;
            self.assign(&first.target, item, scope)?;
            for condition in &first.ifs {
                match self.evaluate(condition, scope)?.truth() {
                    Ok(true) => {}
                    Ok(false) => continue 'items,
                    Err(reason) => return Ok(Some(reason)),
                }
            }
            if let Some(reason) = self.generate(element, key, rest, scope, out)? {
                return Ok(Some(reason));
            }
        }
        Ok(None)
    }

    fn subscript(&mut self, subscript: &'a ExprSubscript, scope: &Rc<Scope<'a>>) -> Evaluated<'a> {
        let container = self.evaluate(&subscript.value, scope)?;
        if let Expr::Slice(slice) = &*subscript.slice {
            let mut bounds = [Value::None, Value::None, Value::None];
            for (bound, part) in bounds.iter_mut().zip([&slice.lower, &slice.upper, &slice.step]) {
                if let Some(part) = part {
                    *bound = self.evaluate(part, scope)?;
                }
            }
            return Ok(super::operator::slice(&container, &bounds));
        }
        let key = self.evaluate(&subscript.slice, scope)?;
        Ok(match (&container, &key) {
            (Value::Method(method), Value::Text(_)) if super::method::is_columns(method) => {
                let table = method.0.clone();
                self.construct("column".to_owned(), vec![key.clone()], vec![("table".to_owned(), table)])
            }
            (Value::Method(method), Value::Text(_)) if matches!((&method.0, method.1.as_str()), (Value::Object(held), "tables") if held.kind == "MetaData") =>
            {
                let reflected = vec![("autoload_with".to_owned(), Value::Connection)];
                let table = self.construct("Table".to_owned(), vec![key.clone()], reflected);
                self.with_reflected_columns(table)
            }
            (Value::Symbol(path), Value::Text(key)) if path.as_ref() == super::handed::OPTIONS => self.option(key),
            // An entry of something imported has a name of its own: `flask.current_app.config.KEY`.
            (Value::Symbol(path), Value::Text(key)) if !path.starts_with("builtins") && !path.ends_with(')') => {
                let named = super::symbol::symbol(&format!("{path}.{key}"));
                match self.imported(named) {
                    Value::Symbol(path) => Value::unknown(format!("`{path}` is not known{}", super::constant::cure(&path))),
                    given => given,
                }
            }
            (Value::Object(held), Value::Text(name)) if held.kind == super::handed::TABLES => self.handed_table(name),
            (Value::Object(_), key) if !matches!(key, Value::Unknown(_)) => {
                self.construct("[]".to_owned(), vec![container, key.clone()], Vec::new())
            }
            _ => super::operator::item(&container, &key),
        })
    }

    fn call_expression(&mut self, call: &'a ExprCall, scope: &Rc<Scope<'a>>) -> Evaluated<'a> {
        let callee = self.evaluate(&call.func, scope)?;
        let mut arguments = Arguments::default();
        for argument in &call.arguments.args {
            if let Expr::Starred(starred) = argument {
                match self.evaluate(&starred.value, scope)?.items() {
                    Ok(items) => arguments.positional.extend(items),
                    Err(reason) => arguments.unknown = Some(reason),
                }
            } else {
                let value = self.evaluate(argument, scope)?;
                arguments.positional.push(value);
            }
        }
        for keyword in &call.arguments.keywords {
            let value = self.evaluate(&keyword.value, scope)?;
            match (&keyword.arg, value) {
                (Some(name), value) => arguments.keywords.push((name.to_string(), value)),
                (None, Value::Dict(items)) => {
                    for (key, value) in items.borrow().iter() {
                        match key {
                            Value::Text(key) => arguments.keywords.push((key.to_string(), value.clone())),
                            _ => arguments.unknown = Some(Rc::from("what `**` spreads is not known")),
                        }
                    }
                }
                (None, _) => arguments.unknown = Some(Rc::from("what `**` spreads is not known")),
            }
        }
        self.call(&callee, arguments, call.range(), &call.func, scope)
    }

    pub(super) fn construct(&mut self, kind: String, args: Vec<Value<'a>>, keywords: Vec<(String, Value<'a>)>) -> Value<'a> {
        self.made += 1;
        Value::object(kind, args, keywords, self.made)
    }
}

/// Sets a key of a dictionary, keeping the place of one that is there.
pub(super) fn put<'a>(items: &mut Vec<(Value<'a>, Value<'a>)>, key: Value<'a>, value: Value<'a>) {
    match items.iter_mut().find(|(known, _)| known.equals(&key) == Some(true)) {
        Some(item) => item.1 = value,
        None => items.push((key, value)),
    }
}
