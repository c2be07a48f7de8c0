//! Canonical bytes (RFC 8785) and SHA-256.

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::sort::Sort;

/// Canonical JSON of RFC 8785. Numbers in our shapes are integers, which print the same everywhere.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, &mut out);
    out
}

pub(super) fn write_value(value: &Value, out: &mut String) {
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
pub(super) fn write_text(text: &str, out: &mut String) {
    // All of it is looked at, so that many bytes are at once.
    if text.bytes().fold(false, |found, byte| found | (byte < b' ') | (byte == b'"') | (byte == b'\\')) {
        out.push_str(&Value::from(text).to_string());
        return;
    }
    out.push('"');
    out.push_str(text);
    out.push('"');
}

pub(super) fn write_list<T>(
    open: char,
    close: char,
    items: impl IntoIterator<Item = T>,
    out: &mut String,
    write: impl Fn(T, &mut String),
) {
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

pub(super) fn hex(bytes: &[u8]) -> String {
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

pub(super) fn canonical(value: &impl Serialize) -> String {
    canonical_json(&serde_json::to_value(value).unwrap_or(Value::Null))
}

/// The fields of an object, written as they come, in the order of their names: steps are nearly all of a plan, and a tree of
/// values made of each first costs several times the text.
pub(super) struct Fields<'a> {
    out: &'a mut String,
    last: &'static str,
}

impl<'a> Fields<'a> {
    pub(super) fn new(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, last: "" }
    }

    pub(super) fn named(&mut self, name: &'static str) -> &mut String {
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

    pub(super) fn text(&mut self, name: &'static str, text: &str) {
        write_text(text, self.named(name));
    }

    pub(super) fn optional(&mut self, name: &'static str, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text),
            None => self.null(name),
        }
    }

    pub(super) fn null(&mut self, name: &'static str) {
        self.named(name).push_str("null");
    }

    pub(super) fn flag(&mut self, name: &'static str, flag: bool) {
        self.named(name).push_str(if flag { "true" } else { "false" });
    }

    pub(super) fn number(&mut self, name: &'static str, number: impl itoa::Integer) {
        self.named(name).push_str(itoa::Buffer::new().format(number));
    }

    /// A value whose JSON is one word.
    pub(super) fn word(&mut self, name: &'static str, word: &impl Serialize) {
        self.named(name).push_str(&serde_json::to_string(word).unwrap_or_default());
    }

    pub(super) fn texts(&mut self, name: &'static str, texts: &[String]) {
        write_list('[', ']', texts, self.named(name), |text, out| write_text(text, out));
    }

    pub(super) fn value(&mut self, name: &'static str, value: &impl Serialize) {
        write_value(&serde_json::to_value(value).unwrap_or(Value::Null), self.named(name));
    }

    pub(super) fn end(self) {
        self.out.push('}');
    }
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
