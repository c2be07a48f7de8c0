//! Whether a statement did what was predicted.

use std::collections::BTreeSet;

use planner::effect::Effect;

use crate::observe::{self, MODES, Seen, predicted};
use crate::walk::Ran;

/// The outcome of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As predicted.
    Equal,
    /// Nothing certain was predicted; why.
    Opaque(String),
    /// Refused for a reason that is no matter of the schema; the server's words.
    Refused(String),
    /// Not as predicted.
    Wrong { what: String, expected: String, observed: String },
}

/// Refusals that follow from the schema alone, and so must be foreseen: PostgreSQL's SQLSTATE, MySQL's numbers.
const FORESEEN: &[&str] = &[
    "42P01", "42P07", "42701", "42703", "2BP01", "42710", "42704", "3F000", "42P06", "42P16", "42830", "42809", "1050", "1051",
    "1054", "1060", "1061", "1064", "1068", "1072", "1091", "1115", "1146", "1273", "1305", "1911",
];

/// First words of statements that change rows.
const ROWS: &[&str] = &["INSERT", "REPLACE", "UPDATE", "DELETE", "WITH", "MERGE", "COPY"];

/// First words of statements that run queries.
const QUERIES: &[&str] = &["SELECT", "DO", "CALL", "EXECUTE", "EXPLAIN", "ANALYZE", "VALUES", "TABLE"];

/// Compares. `opaque` is true behind an opaque statement, `concerned` where the statement names what one has changed.
pub(crate) fn statement(
    effect: &Effect,
    refused: Option<String>,
    ran: &Ran,
    sql: &str,
    opaque: bool,
    concerned: bool,
) -> Verdict {
    let wrong = |what: &str, expected: String, observed: String| match concerned {
        true => Verdict::Opaque("names an object that an opaque statement has changed".to_owned()),
        false => Verdict::Wrong { what: what.to_owned(), expected, observed },
    };
    if let Some(error) = &ran.error {
        let words = observe::sentence(error);
        let code = error.code.as_deref().unwrap_or_default();
        return match refused {
            Some(expected) if same_refusal(&expected, &words, code) => Verdict::Equal,
            // Refused either way; what this installation lacks comes first.
            Some(_) if words.starts_with("collation ") || code == "42883" => Verdict::Refused(format!("{words} ({code})")),
            Some(expected) => wrong("refusal", expected, format!("{words} ({code})")),
            None if opaque || effect.opaque.is_some() => Verdict::Opaque(format!("refused behind an opaque statement: {words}")),
            None if FORESEEN.contains(&code) => wrong("refusal", "accepted".to_owned(), format!("{words} ({code})")),
            None => Verdict::Refused(format!("{words} ({code})")),
        };
    }
    if let Some(expected) = refused {
        return wrong("refusal", expected, "accepted".to_owned());
    }
    if let Some(reason) = &effect.opaque {
        return Verdict::Opaque(reason.clone());
    }
    let transactional = |yes: bool| if yes { "inside a transaction" } else { "outside a transaction" }.to_owned();
    let Some(seen) = &ran.seen else {
        return match ran.transactional == effect.transactional {
            true => Verdict::Equal,
            false => wrong("transaction", transactional(effect.transactional), transactional(ran.transactional)),
        };
    };
    let mut predicted = predicted(effect);
    predicted.rewrites.retain(|table| !seen.hidden.contains(table));
    let shown = |texts: &BTreeSet<String>| if texts.is_empty() { "none".to_owned() } else { join(texts) };
    // What is taken for granted errs on the side of harm, and is told: there no more may happen than was predicted.
    if !effect.assumptions.is_empty() && at_most(&seen.locks, &predicted.locks) && seen.rewrites.is_subset(&predicted.rewrites) {
        return Verdict::Equal;
    }
    if !ran_locks(seen, &predicted, sql) {
        return wrong("locks", shown(&predicted.locks), shown(&seen.locks));
    }
    // Rows that are changed are written; that is no rewrite.
    if seen.rewrites != predicted.rewrites && ROWS.contains(&first_word(sql).as_str()) && predicted.rewrites.is_empty() {
        return Verdict::Equal;
    }
    // MariaDB makes a truncated table anew, which writes no row.
    let emptied = first_word(sql) == "TRUNCATE" && predicted.rewrites.is_empty();
    if predicted.rewrites != seen.rewrites && !emptied {
        return wrong("rewrites", shown(&predicted.rewrites), shown(&seen.rewrites));
    }
    // Without rows a server may tell of no scan. How a query finds its rows is no property of the statement.
    let by_rows = ROWS.contains(&first_word(sql).as_str()) || QUERIES.contains(&first_word(sql).as_str());
    if !by_rows && (!seen.scans.is_subset(&predicted.scans) || (seen.whole && seen.scans != predicted.scans)) {
        return wrong("scans", shown(&predicted.scans), shown(&seen.scans));
    }
    Verdict::Equal
}

fn join(texts: &BTreeSet<String>) -> String {
    texts.iter().cloned().collect::<Vec<_>>().join(", ")
}

/// Whether each lock that was seen was predicted on that object, in that mode or a stronger one.
fn at_most(seen: &BTreeSet<String>, predicted: &BTreeSet<String>) -> bool {
    let strength = |mode: &str| MODES.iter().position(|known| *known == mode);
    seen.iter().all(|lock| {
        let Some((object, mode)) = lock.rsplit_once(' ') else { return false };
        let others = predicted.iter().filter_map(|other| other.rsplit_once(' '));
        others.filter(|(other, _)| *other == object).any(|(_, stronger)| strength(stronger) >= strength(mode))
    })
}

/// Equal locks. A change of rows locks the parents of the rows it touches: where no row has one, the weak lock that was
/// predicted for them is not seen.
fn ran_locks(seen: &Seen, predicted: &Seen, sql: &str) -> bool {
    if seen.locks == predicted.locks {
        return true;
    }
    let word = first_word(sql);
    ROWS.contains(&word.as_str())
        && seen.locks.is_subset(&predicted.locks)
        && predicted
            .locks
            .difference(&seen.locks)
            .all(|lock| lock.ends_with(" RowShareLock") || lock.ends_with(" RowExclusiveLock"))
}

/// The first word behind comments, in upper case.
fn first_word(sql: &str) -> String {
    let mut rest = sql.trim_start();
    loop {
        rest = match (rest.strip_prefix("--"), rest.strip_prefix("/*")) {
            (Some(comment), _) => comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start(),
            (None, Some(comment)) => comment.split_once("*/").map_or("", |(_, rest)| rest).trim_start(),
            (None, None) => break,
        };
    }
    rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_uppercase()
}

/// PostgreSQL's words must be the predicted ones. MariaDB's name the database, and tell of a missing parent as an error of
/// its storage engine, so there the refusal counts.
fn same_refusal(expected: &str, words: &str, code: &str) -> bool {
    // PostgreSQL reads expressions, which say a missing column without its table, before the columns that are set.
    let bare = |text: &str| text.find(" of relation ").map_or(text.to_owned(), |at| format!("{} does not exist", &text[..at]));
    expected == words
        || (code == "42703" && bare(expected) == words)
        || code.parse::<u32>().is_ok_and(|number| (1000..5000).contains(&number))
}

/// The relation (or other object) that a difference is about.
pub(crate) fn subject(object: &str) -> String {
    let object =
        object.strip_prefix("column ").map_or(object, |column| column.rsplit_once('.').map_or(column, |(table, _)| table));
    let object = object.split_once(" of ").map_or(object, |(_, rest)| rest);
    let object = object.split_once(": ").map_or(object, |(subject, _)| subject);
    object.rsplit(' ').next().unwrap_or(object).trim_end_matches(':').to_owned()
}
