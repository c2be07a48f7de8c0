//! What of the migrations nobody can know, and which queries it may concern.

use crate::sort::Gather;
use std::collections::BTreeSet;

use super::{Reason, Verdict};
use crate::migration::Migration;
use crate::statement::operation::Operation;

/// Something nobody can know.
pub(super) struct Opaque<'a> {
    /// Place of its migration.
    pub(super) migration: usize,
    /// Its place among the reasons, once it has one.
    pub(super) place: Option<u32>,
    id: String,
    reason: &'a str,
    file: &'a str,
    line: u32,
    /// The words of the statement in lower case, where they tell all it can touch.
    words: Option<BTreeSet<String>>,
}

impl Opaque<'_> {
    /// Whether it may concern what has one of these names, in lower case.
    pub(super) fn concerns(&self, names: &BTreeSet<String>) -> bool {
        self.words.as_ref().is_none_or(|words| !words.is_disjoint(names))
    }

    pub(super) fn reason(&self) -> Reason {
        let sentence = format!("What {} does is not known: {}.", self.id, self.reason.trim_end_matches('.'));
        Reason {
            file: Some(self.file.to_owned()),
            line: Some(self.line),
            ..Reason::new(self.id.clone(), sentence, Verdict::Unknown)
        }
    }
}

/// In the order of the migrations.
pub(super) fn all<'a>(migrations: &[&'a Migration]) -> Vec<Opaque<'a>> {
    let mut all = Vec::new();
    for (at, migration) in migrations.iter().enumerate() {
        let mut add = |reason: &'a str, span: &'a crate::span::Span, words| {
            let (id, file) = (migration.id.to_string(), span.file.as_str());
            all.push(Opaque { migration: at, place: None, id, reason, file, line: span.line, words });
        };
        for statement in &migration.up.statements {
            for operation in &statement.operations {
                let (Operation::Opaque { reason } | Operation::Call { reason, .. }) = operation else { continue };
                add(reason, &statement.span, words(&statement.sql));
            }
        }
        for part in &migration.up.opaque {
            add(&part.reason, &part.span, None);
        }
    }
    all
}

/// The words of an opaque statement where they name all it can touch: nothing is put together at run time, nothing cascades,
/// and no routine is called.
fn words(sql: &str) -> Option<BTreeSet<String>> {
    let lower = sql.to_lowercase();
    let dynamic = ["execute", "cascade", "call", "perform", "format", "do "].iter().any(|word| lower.contains(word));
    let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    (!dynamic).then(|| words.map(str::to_owned).gather())
}
