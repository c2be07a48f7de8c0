//! What makes two plans two, field by field, over their JSON: a field that a plan gets one day is compared without being
//! named here.

use std::collections::BTreeSet;
use std::sync::Arc;

use planner::finding::Finding;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Two plans beside each other. The worker leaves findings as they are, the page reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison<F = Arc<Finding>> {
    /// What the plan in hand is held against, in words.
    pub label: String,
    /// That plan.
    pub other: Side,
    /// The plan in hand.
    pub hand: Side,
    /// What differs of the plans as a whole.
    pub frame: Vec<Change>,
    /// Steps that only the plan in hand has.
    pub added: Vec<StepDifference>,
    /// Steps that only the other one has.
    pub removed: Vec<StepDifference>,
    /// Steps that both have, and that differ.
    pub changed: Vec<StepDifference>,
    /// Findings that only the plan in hand has.
    pub came: Vec<F>,
    /// Findings that only the other one has.
    pub went: Vec<F>,
}

impl<F> Comparison<F> {
    /// Whether nothing differs, whatever the digests say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frame.is_empty()
            && self.added.is_empty()
            && self.removed.is_empty()
            && self.changed.is_empty()
            && self.came.is_empty()
            && self.went.is_empty()
    }
}

/// What a plan is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Its digest.
    pub digest: String,
    /// Its environment.
    pub environment: String,
    /// Its steps.
    pub steps: usize,
}

/// A step in one of the plans, or in both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepDifference {
    /// Its id.
    pub id: String,
    /// What it does, in words.
    pub description: String,
    /// What differs, where both plans have it.
    pub changes: Vec<Change>,
}

/// A field that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Where: the names on the way to it.
    pub field: String,
    /// It is SQL.
    pub sql: bool,
    /// In the other plan; none: it is not there.
    pub old: Option<String>,
    /// In the plan in hand; none: it is not there.
    pub new: Option<String>,
}

/// Keys of a plan that are told by themselves, or stand in a file's margin.
const APART: [&str; 7] = ["digest", "format", "steps", "findings", "author", "valid_until", "risk"];
/// Keys of a step that follow from its place and its name.
const OF_PLACE: [&str; 2] = ["id", "number"];

/// Holds the plan in hand against another one.
///
/// # Errors
/// Why the other one is no plan.
pub fn compare(label: &str, other: &Value, hand: &Value) -> Result<Comparison<Value>, String> {
    if !other["steps"].is_array() || !other["digest"].is_string() {
        return Err("this is no plan: it has no steps and no digest".to_owned());
    }
    let mut found = Comparison { label: label.to_owned(), other: side(other), hand: side(hand), ..Comparison::default() };
    for key in keys(other, hand).iter().filter(|key| !APART.contains(&key.as_str())) {
        walk(&words(key), key, &other[key.as_str()], &hand[key.as_str()], &mut found.frame);
    }
    let (old, new) = (list(other, "steps"), list(hand, "steps"));
    let named = |steps: &[Value], id: &Value| steps.iter().find(|step| step["id"] == *id).cloned();
    found.added = new.iter().filter(|step| named(old, &step["id"]).is_none()).map(name).collect();
    found.removed = old.iter().filter(|step| named(new, &step["id"]).is_none()).map(name).collect();
    for step in new {
        if let Some(before) = named(old, &step["id"]) {
            let changes = of_step(&before, step);
            if !changes.is_empty() {
                found.changed.push(StepDifference { changes, ..name(step) });
            }
        }
    }
    order(old, new, &mut found.frame);
    let (old, new) = (list(other, "findings"), list(hand, "findings"));
    found.came = only(new, old);
    found.went = only(old, new);
    Ok(found)
}

fn side(plan: &Value) -> Side {
    Side { digest: text(&plan["digest"]), environment: text(&plan["environment"]), steps: list(plan, "steps").len() }
}

fn name(step: &Value) -> StepDifference {
    StepDifference { id: text(&step["id"]), description: text(&step["description"]), changes: Vec::new() }
}

fn list<'a>(plan: &'a Value, key: &str) -> &'a [Value] {
    plan[key].as_array().map_or(&[], Vec::as_slice)
}

fn of_step(old: &Value, new: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    for key in keys(old, new).iter().filter(|key| !OF_PLACE.contains(&key.as_str())) {
        walk(&words(key), key, &old[key.as_str()], &new[key.as_str()], &mut changes);
    }
    changes
}

/// Steps that both have, where they come in another order.
fn order(old: &[Value], new: &[Value], out: &mut Vec<Change>) {
    let common = |steps: &[Value], others: &[Value]| {
        let both = steps.iter().filter(|step| others.iter().any(|other| other["id"] == step["id"]));
        both.map(|step| text(&step["id"])).collect::<Vec<_>>().join(", ")
    };
    let (before, after) = (common(old, new), common(new, old));
    if before != after {
        out.push(Change { field: "order of the steps".to_owned(), sql: false, old: Some(before), new: Some(after) });
    }
}

fn only(these: &[Value], those: &[Value]) -> Vec<Value> {
    these.iter().filter(|finding| !those.contains(finding)).cloned().collect()
}

/// The keys of both objects, in order.
fn keys(old: &Value, new: &Value) -> BTreeSet<String> {
    [old, new].into_iter().filter_map(Value::as_object).flat_map(|map| map.keys().cloned()).collect()
}

/// `lock_timeout_ms` as `lock timeout ms`.
fn words(key: &str) -> String {
    key.replace('_', " ")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Goes down to what differs. Absent and null are the same.
fn walk(field: &str, key: &str, old: &Value, new: &Value, out: &mut Vec<Change>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(_), Value::Object(_)) => {
            for key in &keys(old, new) {
                walk(&format!("{field}, {}", words(key)), key, &old[key.as_str()], &new[key.as_str()], out);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.iter().chain(after).all(|item| item["id"].is_string()) => {
            let ids = before.iter().chain(after.iter().filter(|item| before.iter().all(|one| one["id"] != item["id"])));
            for id in ids.map(|item| &item["id"]) {
                let of = |items: &[Value]| items.iter().find(|item| item["id"] == *id).cloned().unwrap_or_default();
                walk(&text(id), key, &of(before), &of(after), out);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (at, (before, after)) in before.iter().zip(after).enumerate() {
                walk(&format!("{field} {}", at + 1), key, before, after, out);
            }
        }
        _ => {
            let shown = |value: &Value| (!value.is_null()).then(|| text(value));
            let sql = key.ends_with("sql") || key == "statements" && old.is_string() && new.is_string();
            out.push(Change { field: field.to_owned(), sql, old: shown(old), new: shown(new) });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn step(id: &str, number: u32, sql: &str) -> Value {
        let statement = json!({"id": format!("{id}:1"), "sql": sql, "effect": {"lock_ms": null}});
        json!({"id": id, "number": number, "description": id, "lock_timeout_ms": 5000, "statements": [statement]})
    }

    fn plan(digest: &str, steps: &[Value], findings: &Value) -> Value {
        json!({"format": 1, "digest": digest, "environment": "live", "to": "3", "steps": steps, "findings": findings})
    }

    fn finding(message: &str) -> Value {
        json!({"rule": "r", "severity": "warning", "message": message, "effect": "", "workaround": ""})
    }

    #[test]
    fn steps_come_go_and_change_field_by_field() {
        let old = plan("a", &[step("V1", 1, "SELECT 1"), step("V2", 2, "SELECT 2")], &json!([finding("old"), finding("both")]));
        let mut edited = step("V2", 1, "SELECT 3");
        edited["lock_timeout_ms"] = json!(100);
        edited["gate"] = json!({"name": "green"});
        let new = plan("b", &[edited, step("V3", 2, "SELECT 4")], &json!([finding("both"), finding("new")]));
        let found = compare("before", &old, &new).unwrap_or_default();
        assert_eq!((found.other.digest.as_str(), found.hand.digest.as_str()), ("a", "b"));
        assert_eq!(found.added.iter().map(|step| step.id.as_str()).collect::<Vec<_>>(), ["V3"]);
        assert_eq!(found.removed.iter().map(|step| step.id.as_str()).collect::<Vec<_>>(), ["V1"]);
        let changes: Vec<_> = found.changed.iter().flat_map(|step| &step.changes).collect();
        let told: Vec<_> = changes.iter().map(|change| (change.field.as_str(), change.new.as_deref())).collect();
        let gate = r#"{"name":"green"}"#;
        assert_eq!(told, [("gate", Some(gate)), ("lock timeout ms", Some("100")), ("V2:1, sql", Some("SELECT 3"))]);
        assert_eq!(changes.iter().map(|change| change.sql).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!(changes.first().and_then(|change| change.old.clone()), None, "it had no gate");
        assert_eq!(found.came.iter().map(|one| &one["message"]).collect::<Vec<_>>(), ["new"]);
        assert_eq!(found.went.iter().map(|one| &one["message"]).collect::<Vec<_>>(), ["old"]);
        assert!(found.frame.is_empty() && !found.is_empty(), "{:?}", found.frame);
    }

    #[test]
    fn a_plan_is_like_itself_whatever_stands_in_the_margin_of_its_file() {
        let hand = plan("a", &[step("V1", 1, "SELECT 1")], &json!([]));
        let mut file = hand.clone();
        file["author"] = json!("ada");
        file["risk"] = json!({"class": "additive"});
        file["rollout"] = Value::Null;
        assert!(compare("file", &file, &hand).unwrap_or_default().is_empty());
    }

    #[test]
    fn another_order_is_told() {
        let (one, two) = (step("V1", 1, ""), step("V2", 2, ""));
        let found = compare("o", &plan("a", &[one.clone(), two.clone()], &json!([])), &plan("b", &[two, one], &json!([])));
        let frame = found.unwrap_or_default().frame;
        assert_eq!(frame.iter().map(|change| change.new.as_deref()).collect::<Vec<_>>(), [Some("V2, V1")]);
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        for value in [json!([]), json!({}), json!({"steps": []}), json!("x")] {
            assert!(compare("o", &value, &json!({})).is_err(), "{value}");
        }
    }
}
