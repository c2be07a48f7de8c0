//! Canonical bytes (RFC 8785) and SHA-256: what an approval signs.

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Batch, Plan, PlannedCallback, PlannedStatement, Step, Undo};
use crate::catalog::schema::Schema;
use crate::effect::Lock;
use crate::finding::Finding;
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
    // All of it is looked at, so that many bytes are at once.
    if text.bytes().fold(false, |found, byte| found | (byte < b' ') | (byte == b'"') | (byte == b'\\')) {
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
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(64), |mut hex, byte| {
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
    let mut callbacks = String::new();
    write_list('[', ']', &plan.callbacks, &mut callbacks, write_callback);
    let mut whole = Whole::default();
    whole.field("approvals", &canonical(&plan.approvals));
    whole.field("callbacks", &callbacks);
    whole.field("environment", &canonical(&plan.environment));
    whole.list("findings", machine, &plan.findings, |finding| finding_text(finding));
    whole.field("format", &canonical(&plan.format));
    whole.field("from", &canonical(&plan.from));
    whole.field("group", &canonical(&plan.group));
    whole.field("project", &canonical(&plan.project));
    whole.field("rollout", &canonical(&plan.rollout));
    whole.field("rules", &canonical(&rules));
    whole.list("steps", machine, &plan.steps, step_text);
    whole.field("target", &canonical(&plan.target));
    whole.field("to", &canonical(&plan.to));
    whole.end()
}

/// The canonical text of a plan on its way into the hash, its fields in the order of their names. It is many times what the
/// plan takes in memory, so it is never there as a whole.
#[derive(Default)]
struct Whole {
    hash: Sha256,
    last: &'static str,
}

impl Whole {
    /// Items of a list whose texts are there at a time.
    const WINDOW: usize = 512;

    fn name(&mut self, name: &'static str) {
        debug_assert!(self.last < name, "{name} stands behind {}", self.last);
        self.hash.update(if self.last.is_empty() { "{\"" } else { ",\"" });
        self.hash.update(name);
        self.hash.update("\":");
        self.last = name;
    }

    fn field(&mut self, name: &'static str, text: &str) {
        self.name(name);
        self.hash.update(text);
    }

    fn list<T: Sync>(&mut self, name: &'static str, machine: &dyn Machine, items: &[T], text: fn(&T) -> String) {
        self.name(name);
        self.hash.update("[");
        let mut between = "";
        for window in items.chunks(Self::WINDOW) {
            for text in collect(machine, window.len(), |at| window.get(at).map(text)).flatten() {
                self.hash.update(between);
                self.hash.update(text);
                between = ",";
            }
        }
        self.hash.update("]");
    }

    fn end(mut self) -> String {
        self.hash.update("}");
        hex(&self.hash.finalize())
    }
}

/// The fields of an object, written as they come, in the order of their names: steps are nearly all of a plan, and a tree of
/// values made of each first costs several times the text.
struct Fields<'a> {
    out: &'a mut String,
    last: &'static str,
}

impl<'a> Fields<'a> {
    fn new(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, last: "" }
    }

    fn named(&mut self, name: &'static str) -> &mut String {
        debug_assert!(self.last < name, "{name} stands behind {}", self.last);
        if !self.last.is_empty() {
            self.out.push(',');
        }
        self.last = name;
        for part in ["\"", name, "\":"] {
            self.out.push_str(part);
        }
        self.out
    }

    fn text(&mut self, name: &'static str, text: &str) {
        write_text(text, self.named(name));
    }

    fn optional(&mut self, name: &'static str, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text),
            None => self.named(name).push_str("null"),
        }
    }

    fn number(&mut self, name: &'static str, number: u64) {
        self.named(name).push_str(&number.to_string());
    }

    fn texts(&mut self, name: &'static str, texts: &[String]) {
        write_list('[', ']', texts, self.named(name), |text, out| write_text(text, out));
    }

    fn value(&mut self, name: &'static str, value: &impl Serialize) {
        write_value(&serde_json::to_value(value).unwrap_or(Value::Null), self.named(name));
    }

    fn statements(&mut self, statements: &[PlannedStatement]) {
        write_list('[', ']', statements, self.named("statements"), write_statement);
    }

    fn end(self) {
        self.out.push('}');
    }
}

fn finding_text(finding: &Finding) -> String {
    let mut out = String::with_capacity(1024);
    let mut fields = Fields::new(&mut out);
    let span = finding.span.as_ref();
    if finding.blocking {
        fields.value("blocking", &true);
    }
    if let Some(span) = span {
        fields.number("column", span.column.into());
    }
    fields.text("effect", &finding.effect);
    if let Some(span) = span {
        fields.number("end", span.end.into());
        fields.number("end_column", span.end_column.into());
        fields.number("end_line", span.end_line.into());
        fields.text("file", &span.file);
    }
    if let Some(fix) = &finding.fix {
        fields.value("fix", fix);
    }
    if let Some(span) = span {
        fields.number("line", span.line.into());
    }
    fields.text("message", &finding.message);
    if let Some(migration) = &finding.migration {
        fields.text("migration", &migration.0);
    }
    fields.text("rule", &finding.rule);
    fields.value("severity", &finding.severity);
    if let Some(span) = span {
        fields.number("start", span.start.into());
    }
    fields.text("workaround", &finding.workaround);
    fields.end();
    out
}

fn step_text(step: &Step) -> String {
    let mut out = String::with_capacity(2048);
    let mut fields = Fields::new(&mut out);
    if let Some(fallback) = &step.fallback {
        fields.value("fallback", fallback);
    }
    fields.value("gate", &step.gate);
    fields.value("history", &step.history);
    fields.text("id", &step.id);
    fields.number("lock_timeout_ms", step.lock_timeout_ms);
    fields.text("migration", &step.migration.0);
    fields.number("number", step.number.into());
    fields.value("phase", &step.phase);
    fields.value("source", &step.source);
    fields.number("statement_timeout_ms", step.statement_timeout_ms);
    fields.statements(&step.statements);
    fields.value("transaction", &step.transaction);
    write_undo(&step.undo, fields.named("undo"));
    fields.end();
    out
}

fn write_undo(undo: &Undo, out: &mut String) {
    let mut fields = Fields::new(out);
    fields.text("note", &undo.note);
    fields.value("origin", &undo.origin);
    if let Some(python) = &undo.python {
        fields.value("python", python);
    }
    fields.value("reversibility", &undo.reversibility);
    fields.texts("statements", &undo.statements);
    fields.end();
}

fn write_lock(lock: &Lock, out: &mut String) {
    let mut fields = Fields::new(out);
    if let Some(algorithm) = &lock.algorithm {
        fields.value("algorithm", algorithm);
    }
    fields.value("mode", &lock.mode);
    fields.text("object", &lock.object);
    fields.end();
}

fn write_callback(callback: &PlannedCallback, out: &mut String) {
    let mut fields = Fields::new(out);
    fields.value("description", &callback.description);
    fields.value("event", &callback.event);
    fields.value("file", &callback.file);
    fields.statements(&callback.statements);
    fields.value("transactional", &callback.transactional);
    fields.end();
}

fn write_statement(statement: &PlannedStatement, out: &mut String) {
    let effect = &statement.effect;
    let copied = statement.copy_data.as_ref().map(|data| sha256_hex(data.as_bytes()));
    let mut fields = Fields::new(out);
    match &statement.batch {
        Some(batch) => write_batch(batch, fields.named("batch")),
        None => fields.named("batch").push_str("null"),
    }
    fields.optional("copy_data", copied.as_deref());
    fields.optional("error", effect.error.as_deref());
    fields.text("file", &statement.file);
    fields.text("id", &statement.id);
    fields.number("line", statement.line.into());
    write_list('[', ']', &effect.locks, fields.named("locks"), write_lock);
    fields.optional("opaque", effect.opaque.as_deref());
    fields.texts("rewrites", &effect.rewrites);
    fields.texts("scans", &effect.scans);
    fields.text("sql", &statement.sql);
    fields.end();
}

fn write_batch(batch: &Batch, out: &mut String) {
    let mut fields = Fields::new(out);
    fields.text("batch_sql", &batch.batch_sql);
    fields.text("bound_sql", &batch.bound_sql);
    fields.value("brakes", &batch.brakes);
    fields.optional("check_sql", batch.check_sql.as_deref());
    fields.text("count_sql", &batch.count_sql);
    fields.value("ends", &batch.ends);
    fields.text("first_batch_sql", &batch.first_batch_sql);
    fields.text("first_bound_sql", &batch.first_bound_sql);
    fields.texts("key", &batch.key);
    fields.text("last_sql", &batch.last_sql);
    fields.number("most", batch.most.into());
    fields.text("only_sql", &batch.only_sql);
    fields.number("pause_ms", batch.pause_ms.into());
    fields.value("pre_image", &batch.pre_image);
    fields.optional("range_sql", batch.range_sql.as_deref());
    fields.number("size", batch.size.into());
    fields.optional("span_sql", batch.span_sql.as_deref());
    fields.text("table", &batch.table);
    fields.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::{Algorithm, LockMode};

    #[test]
    fn canonical_json_sorts_keys_and_drops_white_space() {
        let value: Value = serde_json::json!({"b": [1, true, null], "a": {"é": "\u{8}\"", "a": 1}});
        assert_eq!(canonical_json(&value), r#"{"a":{"a":1,"é":"\b\""},"b":[1,true,null]}"#);
    }

    #[test]
    fn a_finding_is_written_as_its_canonical_json() {
        let span = crate::span::Span {
            file: "a \"b\".sql".to_owned(),
            start: 1,
            end: 2,
            line: 3,
            column: 4,
            end_line: 5,
            end_column: 6,
        };
        let bare = Finding { rule: "r".to_owned(), message: "m\n".to_owned(), ..Finding::broken("x", None, "y", "z") };
        let fix = crate::finding::Fix { title: "t".to_owned(), edits: Vec::new() };
        let full = Finding { span: Some(span), migration: Some("V1".into()), fix: Some(fix), blocking: true, ..bare.clone() };
        for finding in [Finding { blocking: false, ..bare }, full] {
            assert_eq!(finding_text(&finding), canonical(&finding));
        }
    }

    #[test]
    fn locks_and_ways_back_are_written_as_their_canonical_json() {
        let written = |write: &dyn Fn(&mut String)| {
            let mut out = String::new();
            write(&mut out);
            out
        };
        let bare = Lock { object: "a\"b".to_owned(), mode: LockMode::LockNone, algorithm: None };
        for lock in [bare.clone(), Lock { algorithm: Some(Algorithm::Instant), ..bare }] {
            assert_eq!(written(&|out| write_lock(&lock, out)), canonical(&lock));
        }
        let bare = Undo { note: "n\n".to_owned(), statements: vec!["a".to_owned(), "b".to_owned()], ..Undo::default() };
        for undo in [bare.clone(), Undo { python: Some(crate::plan::PythonFile::default()), ..bare }] {
            assert_eq!(written(&|out| write_undo(&undo, out)), canonical(&undo));
        }
    }

    #[test]
    fn the_digest_does_not_depend_on_key_order() {
        let a: Value = serde_json::json!({"x": 1, "y": 2});
        let b: Value = serde_json::json!({"y": 2, "x": 1});
        assert_eq!(digest_of(&a), digest_of(&b));
    }
}
