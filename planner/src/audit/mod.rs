//! The audit log as it is written and read: every row holds the hash of the row before it and is signed.
//!
//! The hash of a row covers all of it, the chain's id and its number, so a changed, a swapped and a missing row show. The
//! signature of a row is a checkpoint: nobody without the key can write the chain anew. An export ends with one, so that a
//! tail that was cut off shows too.

pub mod export;
pub mod verify;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::plan::canonical::{canonical_json, sha256_hex};

/// What precedes a hashed row, so that a hash is one of nothing else.
const ROW: &str = "flightplan audit 1\n";
/// What precedes a signed hash.
const CHECKPOINT: &str = "flightplan checkpoint 1\n";

/// A row of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Id of the chain: a store has one.
    pub chain: String,
    /// Number, from 1 without gaps.
    pub sequence: u64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// Where.
    pub environment: String,
    /// To what.
    pub subject: String,
    /// Digest of the plan.
    pub digest: String,
    /// Why.
    pub reason: String,
    /// What else there is to know.
    pub detail: String,
    /// Hash of the row before; empty in the first.
    pub previous: String,
    /// Hash of this row.
    pub hash: String,
    /// Public key of the signature.
    pub key: String,
    /// Signature of number and hash, Base64.
    pub signature: String,
}

impl Row {
    /// The hash the row should have: SHA-256 (hex) over everything but hash, key and signature.
    #[must_use]
    pub fn own_hash(&self) -> String {
        self.hash_at(self.sequence)
    }

    /// The hash it would have under another number.
    #[must_use]
    pub fn hash_at(&self, sequence: u64) -> String {
        let mut value = serde_json::to_value(Self { sequence, ..self.clone() }).unwrap_or(Value::Null);
        if let Some(fields) = value.as_object_mut() {
            for field in ["hash", "key", "signature"] {
                fields.remove(field);
            }
        }
        sha256_hex(format!("{ROW}{}", canonical_json(&value)).as_bytes())
    }

    /// What is signed.
    #[must_use]
    pub fn checkpoint(&self) -> Vec<u8> {
        checkpoint(&self.chain, self.sequence, &self.hash)
    }

    /// The fields in which another row differs, with both values.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let (ours, theirs) = (json!(self), json!(other));
        let fields = ours.as_object().into_iter().flatten();
        let differs = fields.filter_map(|(name, value)| {
            let other = theirs.get(name)?;
            (value != other).then(|| format!("{name} is {value}, it was {other}"))
        });
        differs.collect()
    }
}

/// What is signed of the end of a chain.
#[must_use]
pub fn checkpoint(chain: &str, sequence: u64, hash: &str) -> Vec<u8> {
    format!("{CHECKPOINT}{chain}\n{sequence}\n{hash}\n").into_bytes()
}

/// The end of a chain, signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Id of the chain.
    pub chain: String,
    /// Number of its last row.
    pub sequence: u64,
    /// Hash of that row.
    pub hash: String,
    /// Public key of the signature.
    pub key: String,
    /// Signature, Base64: that of the row.
    pub signature: String,
}

impl Head {
    /// What is signed.
    #[must_use]
    pub fn checkpoint(&self) -> Vec<u8> {
        checkpoint(&self.chain, self.sequence, &self.hash)
    }
}
