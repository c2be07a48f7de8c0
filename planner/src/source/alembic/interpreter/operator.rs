//! Operators, comparisons, items and slices.

use std::rc::Rc;

use ruff_python_ast::{CmpOp, ExprCompare, Operator};

use super::super::render::About;
use super::expression::put;
use super::format::percent;
use super::method::among;
use super::value::{Object, Scope, Value};
use super::{Evaluated, Interpreter, LONGEST};

impl<'a> Interpreter<'a, '_> {
    pub(super) fn binary(&mut self, left: Value<'a>, op: Operator, right: Value<'a>) -> Value<'a> {
        match (&left, op, &right) {
            (Value::Unknown(reason), ..) | (.., Value::Unknown(reason)) => Value::Unknown(reason.clone()),
            (Value::Text(a), Operator::Add, Value::Text(b)) => joined(a, b),
            (Value::Text(text), Operator::Mod, values) => percent(text, values),
            (Value::Text(text), Operator::Mult, Value::Int(times)) | (Value::Int(times), Operator::Mult, Value::Text(text)) => {
                let times = usize::try_from(*times).unwrap_or(0);
                if text.len().saturating_mul(times) > LONGEST { too_long() } else { Value::text(text.repeat(times)) }
            }
            (Value::List(a), Operator::Add, Value::List(b)) => {
                let items: Vec<_> = a.borrow().iter().chain(b.borrow().iter()).cloned().collect();
                if items.len() > LONGEST / 64 { too_long() } else { Value::list(items) }
            }
            (Value::Tuple(a), Operator::Add, Value::Tuple(b)) => {
                let items: Vec<_> = a.iter().chain(b.iter()).cloned().collect();
                if items.len() > LONGEST / 64 { too_long() } else { Value::tuple(items) }
            }
            (Value::Set(a), Operator::BitOr, Value::Set(b)) => a.of(a.items.iter().chain(&b.items).cloned().collect()),
            (Value::Set(a), Operator::BitAnd, Value::Set(b)) => among(a, &b.items, true),
            (Value::Set(a), Operator::Sub, Value::Set(b)) => among(a, &b.items, false),
            (Value::Dict(a), Operator::BitOr, Value::Dict(b)) => {
                let mut items = a.borrow().clone();
                for (key, value) in b.borrow().iter() {
                    put(&mut items, key.clone(), value.clone());
                }
                Value::dict(items)
            }
            (Value::Int(a), op, Value::Int(b)) if op != Operator::Div => integers(*a, op, *b),
            (Value::Int(_) | Value::Float(_), op, Value::Int(_) | Value::Float(_)) => fractions(&left, op, &right),
            (Value::Object(_), ..) | (.., Value::Object(_)) => {
                self.construct(op.as_str().to_owned(), vec![left, right], Vec::new())
            }
            _ => Value::unknown(format!("`{}` of {} and {} is not followed", op.as_str(), left.noun(), right.noun())),
        }
    }

    /// `+=` and its like; a list is changed in place.
    pub(super) fn augmented(&mut self, before: Value<'a>, op: Operator, added: Value<'a>) -> Value<'a> {
        if let (Value::List(items), Operator::Add) = (&before, op) {
            let more = added.items().unwrap_or_else(|reason| vec![Value::Unknown(reason)]);
            if items.borrow().len() + more.len() > LONGEST / 64 || !more.iter().all(Value::is_bounded) {
                return too_long();
            }
            items.borrow_mut().extend(more);
            return before;
        }
        self.binary(before, op, added)
    }

    pub(super) fn compare(&mut self, compare: &'a ExprCompare, scope: &Rc<Scope<'a>>) -> Evaluated<'a> {
        let mut left = self.evaluate(&compare.left, scope)?;
        let mut result = Value::Bool(true);
        for (op, right) in compare.ops.iter().zip(&compare.comparators) {
            let right = self.evaluate(right, scope)?;
            result = self.compared(&left, *op, &right);
            match result.truth() {
                Ok(true) => {}
                _ => return Ok(result),
            }
            left = right;
        }
        Ok(result)
    }

    fn compared(&mut self, left: &Value<'a>, op: CmpOp, right: &Value<'a>) -> Value<'a> {
        if matches!(op, CmpOp::Is | CmpOp::IsNot) {
            return match identical(left, right) {
                Some(same) => Value::Bool(same == (op == CmpOp::Is)),
                None => not_compared(left, right),
            };
        }
        if matches!(op, CmpOp::In | CmpOp::NotIn) {
            if let Some(more) = left.goes_on() {
                let among = right.members().unwrap_or_else(|reason| vec![Value::Unknown(reason)]);
                return self.perhaps(more, &among, op == CmpOp::NotIn);
            }
            if let (Some(known), Value::Text(name), Ok(items)) = (contains_known(right, left), left, right.members()) {
                let more = items.iter().find_map(Value::goes_on).and_then(|more| more.args.first());
                let doubt = match (more, known) {
                    // What is listed of a table's parts no part that was not followed names.
                    (Some(_), true) => None,
                    (Some(Value::Text(table)), false) => self.renderer.doubt_about(table, About::Part(name)),
                    (_, true) => self.renderer.doubt_about(name, About::Gone),
                    (_, false) => self.renderer.doubt_about(name, About::Made),
                };
                if let Some(doubt) = doubt {
                    return Value::unknown(format!("whether `{name}` is among the names: {doubt}"));
                }
            }
            return match contains_known(right, left).or_else(|| contains(right, left)) {
                Some(found) => Value::Bool(found == (op == CmpOp::In)),
                None => not_compared(left, right),
            };
        }
        if matches!(op, CmpOp::Eq | CmpOp::NotEq)
            && let Some((more, other)) = left.goes_on().map(|more| (more, right)).or(right.goes_on().map(|more| (more, left)))
        {
            return self.perhaps(more, std::slice::from_ref(other), op == CmpOp::NotEq);
        }
        if matches!(left, Value::Object(_)) || matches!(right, Value::Object(_)) {
            return self.construct(op.as_str().to_owned(), vec![left.clone(), right.clone()], Vec::new());
        }
        let result = match op {
            CmpOp::Eq => left.equals(right),
            CmpOp::NotEq => left.equals(right).map(|equal| !equal),
            _ => order(left, right).map(|ordering| match op {
                CmpOp::Lt => ordering.is_lt(),
                CmpOp::LtE => ordering.is_le(),
                CmpOp::Gt => ordering.is_gt(),
                _ => ordering.is_ge(),
            }),
        };
        result.map_or_else(|| not_compared(left, right), Value::Bool)
    }

    /// Whether what parts that were not followed may have made is one of these: not if they do not name it.
    fn perhaps(&self, more: &Object<'a>, among: &[Value<'a>], otherwise: bool) -> Value<'a> {
        let Some(Value::Text(table)) = more.args.first() else { return Value::unknown("which tables there are is not known") };
        let named = |text: &Value<'a>| match text {
            Value::Text(text) => self.renderer.doubt_about(table, About::Part(text)).is_some(),
            _ => true,
        };
        let possible = |value: &Value<'a>| match value {
            // Of several columns it takes them all.
            Value::List(_) | Value::Tuple(_) | Value::Set(_) => value.members().is_ok_and(|parts| parts.iter().all(named)),
            one => named(one),
        };
        match among.iter().any(possible) {
            true => Value::unknown(format!("a part before that was not followed speaks of `{table}` and of this")),
            false => Value::Bool(otherwise),
        }
    }

    /// `container[key] = value`; false where it could not be done.
    pub(super) fn set_item(&mut self, container: &Value<'a>, key: Value<'a>, value: Value<'a>) -> bool {
        if !value.is_bounded() {
            return false;
        }
        match (container, &key) {
            (Value::Dict(_), Value::Unknown(_)) => false,
            (Value::Dict(items), _) => {
                put(&mut items.borrow_mut(), key, value);
                true
            }
            (Value::List(items), Value::Int(at)) => {
                let mut items = items.borrow_mut();
                let at = index(*at, items.len());
                match at.and_then(|at| items.get_mut(at)) {
                    Some(slot) => {
                        *slot = value;
                        true
                    }
                    None => false,
                }
            }
            _ => false,
        }
    }
}

fn joined<'a>(a: &str, b: &str) -> Value<'a> {
    if a.len() + b.len() > LONGEST { too_long() } else { Value::text(format!("{a}{b}")) }
}

fn too_long<'a>() -> Value<'a> {
    Value::unknown("the value grows too large to follow")
}

/// Arithmetic with fractions, in the same doubles that Python counts in.
fn fractions<'a>(left: &Value<'a>, op: Operator, right: &Value<'a>) -> Value<'a> {
    let number = |value: &Value<'a>| match value {
        Value::Float(float) => Some(*float),
        // Larger ones are no doubles any more.
        Value::Int(int) => i32::try_from(*int).ok().map(f64::from),
        _ => None,
    };
    let result = match (number(left), op, number(right)) {
        (Some(a), Operator::Add, Some(b)) => Some(a + b),
        (Some(a), Operator::Sub, Some(b)) => Some(a - b),
        (Some(a), Operator::Mult, Some(b)) => Some(a * b),
        (Some(a), Operator::Div, Some(b)) => Some(a / b),
        _ => None,
    };
    // Python raises where the others give no number, and writes very large and very small ones in another way.
    match result.filter(|result| *result == 0.0 || (1e-4..1e15).contains(&result.abs())) {
        Some(result) => Value::Float(result),
        None => Value::unknown(format!("`{}` of {} and {} is not followed", op.as_str(), left.noun(), right.noun())),
    }
}

fn integers<'a>(a: i64, op: Operator, b: i64) -> Value<'a> {
    let result = match op {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mult => a.checked_mul(b),
        Operator::FloorDiv => a.checked_div_euclid(b).filter(|_| b > 0),
        Operator::Mod => a.checked_rem_euclid(b).filter(|_| b > 0),
        Operator::Pow => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        Operator::BitOr => Some(a | b),
        Operator::BitAnd => Some(a & b),
        _ => None,
    };
    result.map_or_else(|| Value::unknown(format!("`{a} {} {b}` is not followed", op.as_str())), Value::Int)
}

/// `is`: only where it cannot differ from equality, as with None, True and False.
fn identical(left: &Value<'_>, right: &Value<'_>) -> Option<bool> {
    match (left, right) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => None,
        _ if left.goes_on().is_some() || right.goes_on().is_some() => None,
        (Value::None, Value::None) => Some(true),
        (Value::None, Value::Symbol(_)) | (Value::Symbol(_), Value::None) => None,
        (Value::None, _) | (_, Value::None) => Some(false),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        _ => None,
    }
}

fn contains<'a>(container: &Value<'a>, wanted: &Value<'a>) -> Option<bool> {
    if let (Value::Text(text), Value::Text(wanted)) = (container, wanted) {
        return Some(text.contains(wanted.as_ref()));
    }
    let items = container.members().ok()?;
    let mut unsure = false;
    for item in &items {
        match item.equals(wanted) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unsure = true,
        }
    }
    if unsure || matches!(wanted, Value::Unknown(_)) { None } else { Some(false) }
}

/// Whether a list that may go on holds a text, as far as its known items tell; nothing for other lists.
fn contains_known<'a>(container: &Value<'a>, wanted: &Value<'a>) -> Option<bool> {
    let items = container.members().ok()?;
    let goes_on = |item: &&Value<'_>| item.goes_on().is_some();
    if !items.iter().any(|item| goes_on(&item)) {
        return None;
    }
    let mut found = false;
    for item in items.iter().filter(|item| !goes_on(item)) {
        found |= item.equals(wanted)?;
    }
    Some(found)
}

pub(super) fn order(left: &Value<'_>, right: &Value<'_>) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Tuple(a), Value::Tuple(b)) => {
            for (a, b) in a.iter().zip(b.iter()) {
                match order(a, b)? {
                    std::cmp::Ordering::Equal => {}
                    other => return Some(other),
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        _ => None,
    }
}

fn not_compared<'a>(left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
    match (left, right) {
        (Value::Unknown(reason), _) | (_, Value::Unknown(reason)) => Value::Unknown(reason.clone()),
        _ => Value::unknown(format!("how {} compares to {} is not known", left.noun(), right.noun())),
    }
}

/// Python's index from either end.
fn index(at: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    usize::try_from(if at < 0 { at + length } else { at }).ok()
}

/// `container[key]`.
pub(super) fn item<'a>(container: &Value<'a>, key: &Value<'a>) -> Value<'a> {
    let found = match (container, key) {
        (Value::Unknown(reason), _) | (_, Value::Unknown(reason)) => return Value::Unknown(reason.clone()),
        (Value::List(items), Value::Int(at)) => {
            let items = items.borrow();
            index(*at, items.len()).and_then(|at| items.get(at).cloned())
        }
        (Value::Tuple(items), Value::Int(at)) => index(*at, items.len()).and_then(|at| items.get(at).cloned()),
        (Value::Text(text), Value::Int(at)) => {
            let chars: Vec<char> = text.chars().collect();
            index(*at, chars.len()).and_then(|at| chars.get(at).map(|c| Value::text(c.to_string())))
        }
        (Value::Dict(items), key) => look_up(&items.borrow(), key),
        _ => None,
    };
    found.unwrap_or_else(|| Value::unknown(format!("{} has no such item", container.noun())))
}

/// A dictionary's value; nothing where the key is missing or an unknown key could be the one.
pub(super) fn look_up<'a>(items: &[(Value<'a>, Value<'a>)], key: &Value<'a>) -> Option<Value<'a>> {
    if items.iter().any(|(known, _)| matches!(known, Value::Unknown(_))) {
        return Some(Value::unknown("a key of the dictionary is not known"));
    }
    let found = items.iter().find(|(known, _)| known.equals(key) == Some(true)).map(|(_, value)| value.clone());
    let goes_on = || items.iter().any(|(known, _)| known.goes_on().is_some());
    found.or_else(|| goes_on().then(|| Value::unknown("parts that were not followed may have made it")))
}

/// `container[lower:upper:step]`.
pub(super) fn slice<'a>(container: &Value<'a>, bounds: &[Value<'a>; 3]) -> Value<'a> {
    let items = match container {
        Value::Text(_) | Value::List(_) | Value::Tuple(_) => container.items().unwrap_or_default(),
        Value::Unknown(reason) => return Value::Unknown(reason.clone()),
        other => return Value::unknown(format!("a slice of {} is not followed", other.noun())),
    };
    let bound = |value: &Value<'a>, none: usize| match value {
        Value::None => Some(none),
        Value::Int(at) => {
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            let at = if *at < 0 { (*at + length).max(0) } else { (*at).min(length) };
            usize::try_from(at).ok()
        }
        _ => None,
    };
    let reversed = matches!(bounds, [Value::None, Value::None, Value::Int(-1)]);
    let kept: Vec<Value<'a>> = if reversed {
        items.iter().rev().cloned().collect()
    } else {
        let (Some(lower), Some(upper), Value::None) = (bound(&bounds[0], 0), bound(&bounds[1], items.len()), &bounds[2]) else {
            return Value::unknown("the slice is not followed");
        };
        items.get(lower..upper.max(lower)).unwrap_or_default().to_vec()
    };
    match container {
        Value::Text(_) => {
            let text: String = kept.iter().filter_map(|c| if let Value::Text(c) = c { Some(c.as_ref()) } else { None }).collect();
            Value::text(text)
        }
        Value::Tuple(_) => Value::tuple(kept),
        _ => Value::list(kept),
    }
}
