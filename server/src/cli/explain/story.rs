//! What `explain` tells a person: locks, who waits for them and for how long, why, and the safe form.

use planner::Report;
use planner::effect::{Algorithm, Blocks, Effect, Lock, Reversibility};
use planner::plan::PlannedStatement;

/// One statement.
pub(super) fn text(report: &Report, statement: &PlannedStatement) -> String {
    let effect = &statement.effect;
    let mut text = format!("{}:{}: {}\n", statement.file, statement.line, statement.summary);
    for line in statement.sql.lines() {
        text.push_str(&format!("  | {line}\n"));
    }
    let mut say = |what: &str, line: &str| text.push_str(&format!("  {what:<9} {line}\n"));
    for lock in &effect.locks {
        say("lock", &of_lock(lock));
    }
    for (what, list) in [("rewrites", &effect.rewrites), ("scans", &effect.scans), ("builds", &effect.builds)] {
        if !list.is_empty() {
            say(what, &list.join(", "));
        }
    }
    say("waits", &waits(effect));
    if !effect.transactional {
        say("runs", "outside a transaction");
    }
    if let Some(error) = &effect.error {
        say("refused", error);
    }
    if let Some(reason) = &effect.opaque {
        say("unknown", reason);
    }
    for sentence in &effect.assumptions {
        say("assumed", sentence);
    }
    say("undo", undo(effect.undo));
    let about = report.findings.iter().filter(|finding| {
        let span = finding.span.as_ref();
        span.is_some_and(|span| span.file == statement.file && span.line == statement.line)
    });
    for finding in about {
        say("why", &format!("[{}] {} {}", finding.rule, finding.message, finding.effect));
        if !finding.workaround.is_empty() {
            say("safe", &finding.workaround);
        }
    }
    text.push('\n');
    text
}

/// The object, the mode in the server's words, and what others can still do meanwhile.
fn of_lock(lock: &Lock) -> String {
    let mode = match (lock.mode.mysql_word(), lock.algorithm) {
        (Some(word), Some(algorithm)) => format!("ALGORITHM={}, LOCK={word}", algorithm.name()),
        (Some(word), None) => format!("metadata lock, {word}"),
        (None, _) => format!("{:?}", lock.mode),
    };
    let meanwhile = match (lock.mode.blocks(), lock.algorithm) {
        (Blocks::Nothing, Some(Algorithm::Instant)) => "only for a moment, once no transaction uses it",
        (Blocks::Nothing, Some(_)) => "others read and write on, but for a moment at its start and end",
        (Blocks::Nothing, None) => "others read and write on",
        (Blocks::SchemaChanges, _) => "others read and write on; schema changes, VACUUM and ANALYZE wait",
        (Blocks::Writes, _) => "others read on, writers wait",
        (Blocks::ReadsAndWrites, _) => "everyone else waits, readers too",
        (Blocks::Unknown, _) => "nobody knows",
    };
    format!("{}  {mode}: {meanwhile}", lock.object)
}

fn waits(effect: &Effect) -> String {
    let who = match effect.blocks {
        Blocks::Nothing => return "nobody".to_owned(),
        Blocks::SchemaChanges => "other schema changes",
        Blocks::Writes => "everyone who writes",
        Blocks::ReadsAndWrites => "everyone who reads or writes",
        Blocks::Unknown => return "possibly anyone".to_owned(),
    };
    let until = if effect.transactional { "until the transaction ends" } else { "until it is done" };
    let work = match effect.lock_ms {
        Some((low, high)) => format!("; the work takes about {low} to {high} ms by the statistics"),
        None if effect.rewrites.is_empty() && effect.scans.is_empty() => String::new(),
        None => "; how long it works grows with the table".to_owned(),
    };
    format!("{who}, {until}{work}")
}

const fn undo(undo: Reversibility) -> &'static str {
    match undo {
        Reversibility::Lossless => "brings everything back",
        Reversibility::Lossy => "brings the schema back, not all rows or values",
        Reversibility::None => "there is no way back",
        Reversibility::Opaque => "unknown",
    }
}
