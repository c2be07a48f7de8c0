//! The keys that a log may be signed with.

use planner::audit::verify::{Keys, Seal};
use planner::audit::{self, Head, Row};

use crate::approval::key::PublicKey;

/// Keys of this machine, or that a person named.
#[derive(Clone, Copy, Debug)]
pub struct Trusted<'a>(pub &'a [PublicKey]);

impl Keys for Trusted<'_> {
    fn judge(&self, key: &str, message: &[u8], signature: &str) -> Seal {
        let Ok(key) = key.parse::<PublicKey>() else { return Seal::NoKey };
        match (self.0.contains(&key), key.verifies(message, signature)) {
            (false, _) => Seal::Foreign,
            (true, true) => Seal::Fits,
            (true, false) => Seal::Broken,
        }
    }
}

/// What is wrong with a log, a sentence each: see [`audit::verify::verify`].
#[must_use]
pub fn verify(rows: &[Row], trusted: &[PublicKey], head: Option<&Head>) -> Vec<String> {
    audit::verify::verify(rows, &Trusted(trusted), head)
}
