//! The digest of a plan: what an approval signs.

use sha2::{Digest, Sha256};

use super::canonical::{Fields, canonical, digest_of, hex, sha256_hex, write_list};
use super::{Batch, HistoryEntry, Plan, PlannedCallback, PlannedStatement, Step, Undo};
use crate::catalog::schema::Schema;
use crate::effect::Lock;
use crate::finding::Finding;
use crate::statement::reading::{Machine, collect};

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
        let mut ready: Vec<String> = Vec::new();
        // While one window goes into the hash, which takes them in order, the next one is written.
        for window in items.chunks(Self::WINDOW).chain([&[][..]]) {
            let hashed = std::mem::take(&mut ready);
            machine.both(
                &mut || {
                    for text in &hashed {
                        self.hash.update(between);
                        self.hash.update(text);
                        between = ",";
                    }
                },
                &mut || ready.extend(collect(machine, window.len(), |at| window.get(at).map(text)).flatten()),
            );
        }
        self.hash.update("]");
    }

    fn end(mut self) -> String {
        self.hash.update("}");
        hex(&self.hash.finalize())
    }
}

fn finding_text(finding: &Finding) -> String {
    let mut out = String::with_capacity(1024);
    let mut fields = Fields::new(&mut out);
    let span = finding.span.as_ref();
    if finding.blocking {
        fields.flag("blocking", true);
    }
    if let Some(span) = span {
        fields.number("column", span.column);
    }
    fields.text("effect", &finding.effect);
    if let Some(span) = span {
        fields.number("end", span.end);
        fields.number("end_column", span.end_column);
        fields.number("end_line", span.end_line);
        fields.text("file", &span.file);
    }
    if let Some(fix) = &finding.fix {
        fields.value("fix", fix);
    }
    if let Some(span) = span {
        fields.number("line", span.line);
    }
    fields.text("message", &finding.message);
    if let Some(migration) = &finding.migration {
        fields.text("migration", &migration.0);
    }
    fields.text("rule", &finding.rule);
    fields.word("severity", &finding.severity);
    if let Some(span) = span {
        fields.number("start", span.start);
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
    match &step.gate {
        Some(gate) => fields.value("gate", gate),
        None => fields.null("gate"),
    }
    match &step.history {
        Some(history) => write_history(history, fields.named("history")),
        None => fields.null("history"),
    }
    fields.text("id", &step.id);
    fields.number("lock_timeout_ms", step.lock_timeout_ms);
    fields.text("migration", &step.migration.0);
    fields.number("number", step.number);
    fields.word("phase", &step.phase);
    fields.word("source", &step.source);
    fields.number("statement_timeout_ms", step.statement_timeout_ms);
    write_list('[', ']', &step.statements, fields.named("statements"), write_statement);
    fields.word("transaction", &step.transaction);
    write_undo(&step.undo, fields.named("undo"));
    fields.end();
    out
}

fn write_history(history: &HistoryEntry, out: &mut String) {
    let mut fields = Fields::new(out);
    match history {
        HistoryEntry::Flyway { version, description, kind, script, checksum } => {
            match checksum {
                Some(checksum) => fields.number("checksum", *checksum),
                None => fields.null("checksum"),
            }
            fields.text("description", description);
            fields.text("kind", kind);
            fields.text("script", script);
            fields.text("tool", "flyway");
            fields.optional("version", version.as_deref());
        }
        HistoryEntry::Forget { version, description } => {
            fields.text("description", description);
            fields.text("tool", "forget");
            fields.optional("version", version.as_deref());
        }
        HistoryEntry::Alembic { delete, insert } => {
            fields.texts("delete", delete);
            fields.texts("insert", insert);
            fields.text("tool", "alembic");
        }
    }
    fields.end();
}

fn write_undo(undo: &Undo, out: &mut String) {
    let mut fields = Fields::new(out);
    fields.text("note", &undo.note);
    fields.word("origin", &undo.origin);
    if let Some(python) = &undo.python {
        fields.value("python", python);
    }
    fields.word("reversibility", &undo.reversibility);
    fields.texts("statements", &undo.statements);
    fields.end();
}

fn write_lock(lock: &Lock, out: &mut String) {
    let mut fields = Fields::new(out);
    if let Some(algorithm) = &lock.algorithm {
        fields.word("algorithm", algorithm);
    }
    fields.word("mode", &lock.mode);
    fields.text("object", &lock.object);
    fields.end();
}

fn write_callback(callback: &PlannedCallback, out: &mut String) {
    let mut fields = Fields::new(out);
    fields.value("description", &callback.description);
    fields.value("event", &callback.event);
    fields.value("file", &callback.file);
    write_list('[', ']', &callback.statements, fields.named("statements"), write_statement);
    fields.value("transactional", &callback.transactional);
    fields.end();
}

fn write_statement(statement: &PlannedStatement, out: &mut String) {
    let effect = &statement.effect;
    let copied = statement.copy_data.as_ref().map(|data| sha256_hex(data.as_bytes()));
    let mut fields = Fields::new(out);
    match &statement.batch {
        Some(batch) => write_batch(batch, fields.named("batch")),
        None => fields.null("batch"),
    }
    fields.optional("copy_data", copied.as_deref());
    fields.optional("error", effect.error.as_deref());
    fields.text("file", &statement.file);
    fields.text("id", &statement.id);
    fields.number("line", statement.line);
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
    fields.flag("ends", batch.ends);
    fields.text("first_batch_sql", &batch.first_batch_sql);
    fields.text("first_bound_sql", &batch.first_bound_sql);
    fields.texts("key", &batch.key);
    fields.text("last_sql", &batch.last_sql);
    fields.number("most", batch.most);
    fields.text("only_sql", &batch.only_sql);
    fields.number("pause_ms", batch.pause_ms);
    fields.value("pre_image", &batch.pre_image);
    fields.optional("range_sql", batch.range_sql.as_deref());
    fields.number("size", batch.size);
    fields.optional("span_sql", batch.span_sql.as_deref());
    fields.text("table", &batch.table);
    fields.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::{Algorithm, LockMode};

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
    fn rows_of_the_history_are_written_as_their_canonical_json() {
        let text = |text: &str| text.to_owned();
        let row = |version: Option<&str>, checksum| HistoryEntry::Flyway {
            version: version.map(str::to_owned),
            description: text("a \"b\""),
            kind: text("SQL"),
            script: text("V1__a.sql"),
            checksum,
        };
        let forget = HistoryEntry::Forget { version: Some(text("1")), description: text("é") };
        let alembic = HistoryEntry::Alembic { delete: vec![text("a")], insert: vec![text("b"), text("c")] };
        for entry in [row(Some("1"), Some(i32::MIN)), row(None, None), forget, alembic] {
            let mut out = String::new();
            write_history(&entry, &mut out);
            assert_eq!(out, canonical(&entry));
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
}
