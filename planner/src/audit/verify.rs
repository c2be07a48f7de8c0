//! Whether an audit log is as it was written: each row by itself, each after the one before, and none missing at the end.

use std::collections::BTreeMap;

use super::{Head, Row};

/// What a signature is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// A trusted key made it over this message.
    Fits,
    /// It is of a trusted key, and not over this message.
    Broken,
    /// It is of another key.
    Foreign,
    /// What should be a key is none.
    NoKey,
}

/// Who knows the keys of a log.
pub trait Keys {
    /// Judges a signature (Base64) over a message by the key that it names.
    fn judge(&self, key: &str, message: &[u8], signature: &str) -> Seal;
}

/// What is wrong with a log, a sentence each, in the order of its rows. Empty: nothing is.
#[must_use]
pub fn verify(rows: &[Row], keys: &dyn Keys, head: Option<&Head>) -> Vec<String> {
    let mut wrong = Vec::new();
    let chain = rows.first().map(|row| row.chain.as_str()).unwrap_or_default();
    let mut before: Option<&Row> = None;
    for (index, row) in rows.iter().enumerate() {
        let expected = u64::try_from(index).unwrap_or(u64::MAX) + 1;
        if let Some(sentence) = place(before, row, expected) {
            wrong.push(sentence);
        }
        if row.chain != chain {
            wrong.push(format!("Row {} is of another log ({}, not {chain}).", row.sequence, row.chain));
        }
        wrong.extend(content(rows, row));
        wrong.extend(signature(row, keys));
        before = Some(row);
    }
    if let Some(head) = head {
        wrong.extend(end(rows, head, keys));
    }
    wrong
}

/// Whether a row stands where it belongs.
fn place(before: Option<&Row>, row: &Row, expected: u64) -> Option<String> {
    let last = before.map_or(0, |row| row.sequence);
    if row.sequence != last + 1 {
        let number = row.sequence;
        return Some(if number > last + 2 {
            format!("Rows {} to {} are missing: {number} follows {last}.", last + 1, number - 1)
        } else if number > last {
            format!("Row {} is missing: {number} follows {last}.", last + 1)
        } else {
            format!("Row {number} stands behind row {last}: they were swapped.")
        });
    }
    let previous = before.map_or("", |row| row.hash.as_str());
    (row.previous != previous).then(|| {
        let what = if expected == 1 { "is not the first of its log".to_owned() } else { format!("does not follow row {last}") };
        format!("Row {} {what}: it was written behind {}, not {}.", row.sequence, named(&row.previous), named(previous))
    })
}

fn named(hash: &str) -> &str {
    if hash.is_empty() { "nothing" } else { hash }
}

/// Whether a row is what its hash was made of.
fn content(rows: &[Row], row: &Row) -> Option<String> {
    let own = row.own_hash();
    if own == row.hash {
        return None;
    }
    // Under another number it may be a row that belongs there.
    let from = rows.iter().find(|other| other.sequence != row.sequence && row.hash_at(other.sequence) == row.hash);
    Some(match from {
        Some(other) => format!("Row {} is row {} in truth: they were swapped.", row.sequence, other.sequence),
        None => format!(
            "Row {} was changed: it was {} ({} of {} by {} at {}), which gives {own}.",
            row.sequence,
            named(&row.hash),
            row.action,
            if row.subject.is_empty() { "nothing" } else { &row.subject },
            row.actor,
            row.at
        ),
    })
}

fn signature(row: &Row, keys: &dyn Keys) -> Option<String> {
    let Row { sequence, key, .. } = row;
    match keys.judge(key, &row.checkpoint(), &row.signature) {
        Seal::Fits => None,
        Seal::NoKey => Some(format!("Row {sequence} is not signed.")),
        Seal::Foreign => Some(format!("Row {sequence} is signed with {key}, which is not the key of this log.")),
        Seal::Broken => Some(format!("The signature of row {sequence} does not fit it.")),
    }
}

/// Whether the log goes as far as it once did.
fn end(rows: &[Row], head: &Head, keys: &dyn Keys) -> Option<String> {
    if keys.judge(&head.key, &head.checkpoint(), &head.signature) != Seal::Fits {
        return Some("The checkpoint of the end is not signed with the key of this log.".to_owned());
    }
    let last = rows.last().map_or(0, |row| row.sequence);
    if last < head.sequence {
        return Some(format!("The end is cut off: the log had come to row {}, and ends with row {last}.", head.sequence));
    }
    let there = rows.iter().find(|row| row.sequence == head.sequence)?;
    (there.hash != head.hash)
        .then(|| format!("Row {} is another than the checkpoint holds ({}, not {}).", head.sequence, there.hash, head.hash))
}

/// Where two copies of one log differ, a sentence each.
#[must_use]
pub fn compare(now: &[Row], then: &[Row]) -> Vec<String> {
    let now: BTreeMap<u64, &Row> = now.iter().map(|row| (row.sequence, row)).collect();
    let mut wrong = Vec::new();
    for row in then {
        match now.get(&row.sequence) {
            None => wrong.push(format!("Row {} of the export is not in the store.", row.sequence)),
            Some(here) => {
                let fields = here.differences(row);
                if !fields.is_empty() {
                    wrong.push(format!("Row {} differs from the export: {}.", row.sequence, fields.join("; ")));
                }
            }
        }
    }
    wrong
}
