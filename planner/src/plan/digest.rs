//! Canonical bytes (RFC 8785) and SHA-256: what an approval signs.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::catalog::schema::Schema;

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
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            write_list('{', '}', entries, out, |(key, value), out| {
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write_value(value, out);
            });
        }
        Value::Array(items) => write_list('[', ']', items, out, write_value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
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
    let value = serde_json::to_value(value).unwrap_or(Value::Null);
    sha256_hex(canonical_json(&value).as_bytes())
}

/// Fingerprint of a schema, live or simulated: what drift is measured by.
#[must_use]
pub fn fingerprint(schema: &Schema) -> String {
    digest_of(schema)
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
