//! Numbers with units and the words of the planner's enums, as people say them.

use planner::effect::{Blocks, Effect, Lock, LockMode, Reversibility};
use planner::finding::Severity;
use planner::graph::EdgeKind;
use planner::matrix::Verdict;
use planner::migration::SourceKind;
use planner::phase::Phase;
use planner::plan::{Batch, Undo, UndoOrigin};
use planner::protocol::RunState;

use crate::locale::{say, separators};

/// `1234567` as `1,234,567`, or as the language of the page writes it.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(separators().0);
        }
        out.push(digit);
    }
    out
}

/// The same of what is held in memory.
#[must_use]
pub fn amount(number: usize) -> String {
    count(number as u64)
}

/// A count with its noun: `1 step`, `2 steps`.
#[must_use]
pub fn plural(number: usize, noun: fn(&str) -> String) -> String {
    noun(&amount(number))
}

/// Tenths below ten, whole numbers above.
fn figure(value: f64) -> String {
    if value < 9.95 {
        let tenths = format!("{value:.1}");
        match tenths.split_once('.') {
            Some((whole, "0")) => whole.to_owned(),
            Some((whole, tenth)) => format!("{whole}{}{tenth}", separators().1),
            None => tenths,
        }
    } else {
        format!("{value:.0}")
    }
}

/// Unit and its size in ms that suit a duration.
fn unit(ms: u64) -> (f64, &'static str) {
    match ms {
        0..100 => (1.0, "ms"),
        100..120_000 => (1_000.0, "s"),
        120_000..7_200_000 => (60_000.0, say::minutes()),
        _ => (3_600_000.0, say::hours()),
    }
}

#[allow(clippy::cast_precision_loss)] // milliseconds and bytes are shown with two figures
fn scaled(value: u64, by: f64) -> String {
    figure(value as f64 / by)
}

/// Milliseconds with a fitting unit: `80 ms`, `0.4 s`, `12 minutes`.
#[must_use]
pub fn duration(ms: u64) -> String {
    let (size, name) = unit(ms);
    format!("{} {name}", scaled(ms, size))
}

/// A range with one unit: `9 to 14 minutes`, `up to 0.3 s`, `5 s`.
#[must_use]
pub fn range((low, high): (u64, u64)) -> String {
    let (size, name) = unit(high);
    let (from, to) = (scaled(low, size), scaled(high, size));
    if from == to {
        format!("{to} {name}")
    } else if from == "0" {
        say::range_up_to(&to, name)
    } else {
        say::range(&from, &to, name)
    }
}

/// Bytes in decimal units: `1.2 GB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", scaled(bytes, 1e3)),
        1_000_000..1_000_000_000 => format!("{} MB", scaled(bytes, 1e6)),
        _ => format!("{} GB", scaled(bytes, 1e9)),
    }
}

/// The sentence of a batched statement: `412 batches of 5,000 rows, 9 to 14 minutes, longest lock 0.4 s, 1.2 GB of WAL`.
#[must_use]
pub fn batch_sentence(batch: &Batch) -> String {
    let batches = match batch.batches {
        Some(batches) => say::batches(&count(batches)),
        None => say::batches_unknown().to_owned(),
    };
    let time = batch.duration_ms.map_or_else(|| say::duration_unknown_table().to_owned(), range);
    let wal = batch.wal_bytes.map_or(String::new(), |wal| say::batch_wal(&bytes(wal)));
    [say::batch_sentence(&batches, &count(u64::from(batch.size)), &time, &range(batch.lock_ms)), wal].concat()
}

/// What is blocked, as a chip says it.
#[must_use]
pub fn blocks(blocks: Blocks) -> &'static str {
    match blocks {
        Blocks::Nothing => say::blocks_nothing(),
        Blocks::SchemaChanges => say::blocks_schema_changes(),
        Blocks::Writes => say::blocks_writes(),
        Blocks::ReadsAndWrites => say::blocks_reads_and_writes(),
        Blocks::Unknown => say::blocks_unknown(),
    }
}

/// Class and data value of what is blocked.
#[must_use]
pub const fn blocks_key(blocks: Blocks) -> &'static str {
    match blocks {
        Blocks::Nothing => "nothing",
        Blocks::SchemaChanges => "schema-changes",
        Blocks::Writes => "writes",
        Blocks::ReadsAndWrites => "reads-and-writes",
        Blocks::Unknown => "unknown",
    }
}

/// The effect of a lock first, its name last: `nobody can read or write users for 2 to 5 s (AccessExclusiveLock)`.
#[must_use]
pub fn lock_sentence(object: &str, mode: LockMode, ms: Option<(u64, u64)>) -> String {
    let time = ms.map_or(String::new(), |ms| say::lock_time(&range(ms)));
    let name = format!("{mode:?}");
    match mode.blocks() {
        Blocks::Nothing => say::lock_nothing(object, &name),
        Blocks::SchemaChanges => say::lock_schema_changes(object, &time, &name),
        Blocks::Writes => say::lock_writes(object, &time, &name),
        Blocks::ReadsAndWrites => say::lock_reads_and_writes(object, &time, &name),
        Blocks::Unknown => say::lock_unknown(object, &name),
    }
}

/// The lock of a statement as a sentence; one on what the same migration made keeps nobody waiting.
#[must_use]
pub fn lock_of(effect: &Effect, lock: &Lock, ms: Option<(u64, u64)>) -> String {
    if effect.unseen.contains(&lock.object) {
        return say::lock_unseen(&lock.object, &format!("{:?}", lock.mode));
    }
    lock_sentence(&lock.object, lock.mode, ms)
}

/// What the way back costs, as a chip says it.
#[must_use]
pub fn way_back(undo: &Undo) -> String {
    if undo.origin == UndoOrigin::None {
        return match undo.reversibility {
            Reversibility::Opaque => say::undo_unknown().to_owned(),
            _ => say::undo_none().to_owned(),
        };
    }
    let cost = match undo.reversibility {
        Reversibility::Lossless => say::undo_lossless(),
        Reversibility::Lossy => say::undo_lossy(),
        Reversibility::None => say::undo_none(),
        Reversibility::Opaque => say::undo_unknown(),
    };
    match undo.origin {
        UndoOrigin::Author => say::undo_author(cost),
        UndoOrigin::Derived | UndoOrigin::None => cost.to_owned(),
    }
}

/// Name of a phase.
#[must_use]
pub const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Expand => "expand",
        Phase::Migrate => "migrate",
        Phase::Contract => "contract",
    }
}

/// Name of a tool.
#[must_use]
pub const fn source(source: SourceKind) -> &'static str {
    match source {
        SourceKind::Flyway => "Flyway",
        SourceKind::Alembic => "Alembic",
    }
}

/// Name of a severity.
#[must_use]
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => say::severity_note(),
        Severity::Warning => say::severity_warning(),
        Severity::Error => say::severity_error(),
    }
}

/// Class of a severity.
#[must_use]
pub const fn severity_key(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// Where an edge comes from.
#[must_use]
pub fn edge_kind(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Declared => say::edge_declared(),
        EdgeKind::Order => say::edge_order(),
        EdgeKind::Object => say::edge_object(),
    }
}

/// Class of an edge.
#[must_use]
pub const fn edge_key(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Declared => "declared",
        EdgeKind::Order => "order",
        EdgeKind::Object => "object",
    }
}

/// The answer of a cell.
#[must_use]
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Works => say::verdict_works(),
        Verdict::Degraded => say::verdict_degraded(),
        Verdict::Unknown => say::verdict_unknown(),
        Verdict::Breaks => say::verdict_breaks(),
    }
}

/// Class of an answer.
#[must_use]
pub const fn verdict_key(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Works => "works",
        Verdict::Degraded => "degraded",
        Verdict::Unknown => "unknown",
        Verdict::Breaks => "breaks",
    }
}

/// Where a run stands.
#[must_use]
pub fn run_state(state: RunState) -> &'static str {
    match state {
        RunState::Pending => say::run_pending(),
        RunState::Running => say::run_running(),
        RunState::Done => say::run_done(),
        RunState::Failed => say::run_failed(),
        RunState::Stopped => say::run_stopped(),
        RunState::Waiting => say::run_waiting(),
    }
}

/// `2026-11-22T21:30:05.123Z` as `2026-11-22 21:30:05 UTC`.
#[must_use]
pub fn moment(at: &str) -> String {
    match (at.get(..10), at.get(11..19)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => at.to_owned(),
    }
}

/// The first twelve characters of a digest.
#[must_use]
pub fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// A sentence that the server says as the command line does, for those who look at the page: options are boxes here, and
/// that nothing was changed is what its title says. None where nothing is left to say.
#[must_use]
pub fn on_page(line: &str) -> Option<String> {
    // The sentence is in English; the box bears its own words.
    let tick = ["tick “", say::accept_loss(), "”"].concat();
    const REFUSED: &str = "It would be refused as it is: something would be lost: it needs --accept-loss";
    if line == REFUSED {
        return Some(say::accept_first(say::accept_loss()));
    }
    let mut told = line.replace("it needs --accept-loss", &tick);
    let knowing = "o on with --accept-loss, knowing what is lost";
    for (option, box_) in [
        (["G", knowing].concat(), [&tick.replacen('t', "T", 1), " to go on"].concat()),
        (["g", knowing].concat(), [&tick, " to go on"].concat()),
    ] {
        told = told.replace(&option, &box_);
    }
    for (option, instead) in [
        ("It would be refused as it is: ", "It cannot begin as it is: "),
        (" (--settle)", ""),
        (" Nothing was changed.", ""),
        ("Nothing was changed: ", ""),
        ("Nothing was changed. ", ""),
        ("Nothing was changed.", ""),
    ] {
        told = told.replace(option, instead);
    }
    // The rest is the command that does what the page's own buttons do.
    let told = match told.split_once("Go on with it: flightplan") {
        Some((told, _)) => format!("{told}Go on with it or give it up under Emergency."),
        None => told,
    };
    let told = told.trim_end();
    // A sentence that has lost its beginning begins with a capital all the same.
    if line.starts_with("Nothing was changed") { capital(told) } else { (!told.is_empty()).then(|| told.to_owned()) }
}

/// The same with a capital; none of nothing.
pub(crate) fn capital(words: &str) -> Option<String> {
    let first = words.chars().next()?;
    Some(first.to_uppercase().chain(words.chars().skip(1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_command_line_says_is_told_as_the_page_does() {
        let told = |line| on_page(line).unwrap_or_default();
        assert_eq!(told("Nothing was changed."), "");
        assert_eq!(
            told("something would be lost: it needs --accept-loss"),
            "something would be lost: tick “I accept that this is lost”"
        );
        let refused = "It would be refused as it is: something would be lost: it needs --accept-loss";
        assert_eq!(told(refused), "It begins once “I accept that this is lost” is ticked.");
        assert_eq!(told("Another process goes through it. Nothing was changed."), "Another process goes through it.");
        assert_eq!(told("Nothing was changed: going back so far loses something."), "Going back so far loses something.");
        let open =
            "Emergency 7 is not over. Nothing was changed. Go on with it: flightplan --env live rollback --emergency; or …";
        assert_eq!(told(open), "Emergency 7 is not over. Go on with it or give it up under Emergency.");
        assert_eq!(told("   - 500 rows now: they are lost."), "   - 500 rows now: they are lost.");
    }

    #[test]
    fn numbers_have_units_and_ranges_one_unit() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(123), "123");
        assert_eq!(range((540_000, 840_000)), "9 to 14 minutes");
        assert_eq!(range((2_000, 5_000)), "2 to 5 s");
        assert_eq!(range((0, 300)), "up to 0.3 s");
        assert_eq!(range((400, 400)), "0.4 s");
        assert_eq!(range((5, 80)), "5 to 80 ms");
        assert_eq!(bytes(1_234_000_000), "1.2 GB");
        assert_eq!(duration(7_200_000), "2 hours");
        assert_eq!(moment("2026-11-22T21:30:05.123Z"), "2026-11-22 21:30:05 UTC");
    }

    #[test]
    fn a_lock_is_told_by_its_effect_first() {
        assert_eq!(
            lock_sentence("users", LockMode::AccessExclusiveLock, Some((2_000, 5_000))),
            "nobody can read or write users for 2 to 5 s (AccessExclusiveLock)"
        );
        assert_eq!(lock_sentence("t", LockMode::ShareLock, None), "nobody can write t (ShareLock)");
        let lock = Lock { object: "t".to_owned(), mode: LockMode::ShareLock, algorithm: None };
        let unseen = Effect { unseen: vec!["t".to_owned()], ..Effect::default() };
        assert_eq!(lock_of(&unseen, &lock, None), "nobody knows t yet, so nobody waits for it (ShareLock)");
        assert_eq!(lock_of(&Effect::default(), &lock, None), "nobody can write t (ShareLock)");
    }

    #[test]
    fn a_batched_statement_is_one_sentence() {
        let batch = Batch {
            table: "users".to_owned(),
            key: vec!["id".to_owned()],
            size: 5_000,
            pause_ms: 100,
            rows: Some(2_060_000),
            batches: Some(412),
            duration_ms: Some((540_000, 840_000)),
            lock_ms: (400, 400),
            wal_bytes: Some(1_200_000_000),
            ..Batch::default()
        };
        assert_eq!(batch_sentence(&batch), "412 batches of 5,000 rows, 9 to 14 minutes, longest lock 0.4 s, 1.2 GB of WAL");
        let unknown = Batch { batches: None, duration_ms: None, wal_bytes: None, ..batch };
        assert_eq!(
            batch_sentence(&unknown),
            "Batches of 5,000 rows, duration unknown without the table's size, longest lock 0.4 s"
        );
    }
}
