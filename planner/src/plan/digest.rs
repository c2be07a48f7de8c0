//! Canonical bytes (RFC 8785) and SHA-256: what an approval signs.

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Plan, PlannedCallback, PlannedStatement, Step};
use crate::catalog::schema::Schema;
use crate::sort::Sort;
use crate::statement::reading::{Machine, collect};

/// Canonical JSON of RFC 8785. Numbers in our shapes are integers, which print the same everywhere.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, &mut out);
    out
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.order_by(|(a, _), (b, _)| order(a, b));
            write_list('{', '}', entries, out, |(key, value), out| {
                write_text(key, out);
                out.push(':');
                write_value(value, out);
            });
        }
        Value::Array(items) => write_list('[', ']', items, out, write_value),
        Value::String(text) => write_text(text, out),
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

/// RFC 8785 orders keys by UTF-16, which for ASCII is the order of bytes.
fn order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// Most texts have nothing to escape.
fn write_text(text: &str, out: &mut String) {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        out.push_str(&Value::from(text).to_string());
        return;
    }
    out.push('"');
    out.push_str(text);
    out.push('"');
}

fn write_list<T>(open: char, close: char, items: impl IntoIterator<Item = T>, out: &mut String, write: impl Fn(T, &mut String)) {
    out.push(open);
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

/// SHA-256 of bytes as lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// SHA-256 over the canonical JSON of a value. A value that is not representable (no shape of ours) hashes as null.
#[must_use]
pub fn digest_of(value: &impl Serialize) -> String {
    sha256_hex(canonical(value).as_bytes())
}

fn canonical(value: &impl Serialize) -> String {
    canonical_json(&serde_json::to_value(value).unwrap_or(Value::Null))
}

/// Fingerprint of a schema, live or simulated: what drift is measured by.
#[must_use]
pub fn fingerprint(schema: &Schema) -> String {
    digest_of(schema)
}

/// Digest of a plan: SHA-256 over everything that decides what will run, in canonical JSON.
///
/// In: format, project, environment, target (dialect, server version, identity, fingerprint), from and to, approvals,
/// the releases it is for, the version of the rule set, the findings, and of each step its id, number, migration, tool, phase, transaction
/// mode, timeouts, gate, history entry, way back and statements (id, SQL, file, line, COPY data, locks, rewrites, scans,
/// refusals, and the whole batch policy with its SQL); whether all of it is one transaction; and the callbacks around it with
/// their events and statements.
///
/// Out: what is measured and only informs (durations, row counts, log bytes, the totals) and words derived from the
/// statements, so that an approved plan does not go stale because a row was inserted. A measurement that changes *how*
/// something runs (in batches or whole) changes the steps, and so the digest.
#[must_use]
pub fn plan_digest(plan: &Plan, rules: u32, machine: &dyn Machine) -> String {
    let steps = collect(machine, plan.steps.len(), |at| plan.steps.get(at).map(|step| canonical_json(&step_value(step))));
    let findings = collect(machine, plan.findings.len(), |at| plan.findings.get(at).map(canonical));
    let callbacks: Vec<Value> = plan.callbacks.iter().map(callback_value).collect();
    let mut fields = vec![
        ("format", canonical(&plan.format)),
        ("project", canonical(&plan.project)),
        ("environment", canonical(&plan.environment)),
        ("target", canonical(&plan.target)),
        ("from", canonical(&plan.from)),
        ("to", canonical(&plan.to)),
        ("approvals", canonical(&plan.approvals)),
        ("rules", canonical(&rules)),
        ("findings", list(&findings)),
        ("group", canonical(&plan.group)),
        ("rollout", canonical(&plan.rollout)),
        ("steps", list(&steps)),
        ("callbacks", canonical(&callbacks)),
    ];
    fields.order_by_key(|(name, _)| *name);
    let mut whole = String::new();
    write_list('{', '}', fields, &mut whole, |(name, text), out| {
        write_text(name, out);
        out.push(':');
        out.push_str(&text);
    });
    sha256_hex(whole.as_bytes())
}

/// A list of canonical texts.
fn list(items: &[Option<String>]) -> String {
    let mut out = String::new();
    write_list('[', ']', items.iter().flatten(), &mut out, |item, out| out.push_str(item));
    out
}

/// Adds fields without the copy that `json!` makes of what it is given: the steps are nearly all of a plan.
fn with<const N: usize>(mut value: Value, fields: [(&str, Value); N]) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.extend(fields.map(|(name, field)| (name.to_owned(), field)));
    }
    value
}

fn step_value(step: &Step) -> Value {
    let statements: Vec<Value> = step.statements.iter().map(statement_value).collect();
    let value = json!({
        "id": step.id,
        "number": step.number,
        "migration": step.migration,
        "source": step.source,
        "phase": step.phase,
        "transaction": step.transaction,
        "lock_timeout_ms": step.lock_timeout_ms,
        "statement_timeout_ms": step.statement_timeout_ms,
        "gate": step.gate,
        "history": step.history,
        "undo": step.undo,
    });
    let value = with(value, [("statements", Value::Array(statements))]);
    match &step.fallback {
        Some(fallback) => with(value, [("fallback", json!(fallback))]),
        None => value,
    }
}

fn callback_value(callback: &PlannedCallback) -> Value {
    let statements: Vec<Value> = callback.statements.iter().map(statement_value).collect();
    json!({
        "event": callback.event,
        "description": callback.description,
        "file": callback.file,
        "transactional": callback.transactional,
        "statements": statements,
    })
}

fn statement_value(statement: &PlannedStatement) -> Value {
    let batch = statement.batch.as_ref().map(|batch| {
        json!({
            "table": batch.table,
            "key": batch.key,
            "size": batch.size,
            "most": batch.most,
            "pause_ms": batch.pause_ms,
            "brakes": batch.brakes,
            "ends": batch.ends,
            "count_sql": batch.count_sql,
            "check_sql": batch.check_sql,
            "bound_sql": batch.bound_sql,
            "first_bound_sql": batch.first_bound_sql,
            "range_sql": batch.range_sql,
            "span_sql": batch.span_sql,
            "batch_sql": batch.batch_sql,
            "first_batch_sql": batch.first_batch_sql,
            "last_sql": batch.last_sql,
            "only_sql": batch.only_sql,
            "pre_image": batch.pre_image,
        })
    });
    json!({
        "id": statement.id,
        "sql": statement.sql,
        "file": statement.file,
        "line": statement.line,
        "copy_data": statement.copy_data.as_ref().map(|data| sha256_hex(data.as_bytes())),
        "locks": statement.effect.locks,
        "rewrites": statement.effect.rewrites,
        "scans": statement.effect.scans,
        "error": statement.effect.error,
        "opaque": statement.effect.opaque,
        "batch": batch,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_sorts_keys_and_drops_white_space() {
        let value: Value = serde_json::json!({"b": [1, true, null], "a": {"é": "\u{8}\"", "a": 1}});
        assert_eq!(canonical_json(&value), r#"{"a":{"a":1,"é":"\b\""},"b":[1,true,null]}"#);
    }

    #[test]
    fn the_digest_does_not_depend_on_key_order() {
        let a: Value = serde_json::json!({"x": 1, "y": 2});
        let b: Value = serde_json::json!({"y": 2, "x": 1});
        assert_eq!(digest_of(&a), digest_of(&b));
    }
}
