//! Secrets that the server gives out: 32 random bytes, kept as their hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use planner::plan::canonical::sha256_hex;
use rand::TryRngCore;
use rand::rngs::OsRng;

use crate::exit::{Failure, Outcome};

/// What a token begins with, so that scanners of repositories find one.
const TOKEN: &str = "fpt_";

/// A new secret, as text for addresses and headers.
///
/// # Errors
/// A system without random bytes.
pub fn new() -> Outcome<String> {
    let mut bytes = [0; 32];
    let filled = OsRng.try_fill_bytes(&mut bytes);
    filled.map_err(|error| Failure::failed(format!("The system gives no random bytes: {error}."), ""))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A new API token: its id, and the text that is shown once.
///
/// # Errors
/// As [`new`].
pub fn token() -> Outcome<(String, String)> {
    let id = sha256_hex(new()?.as_bytes()).chars().take(12).collect::<String>();
    let text = format!("{TOKEN}{id}_{}", new()?);
    Ok((id, text))
}

/// What is kept of a secret. It is random and long, so one round is enough.
#[must_use]
pub fn hash(secret: &str) -> String {
    sha256_hex(secret.as_bytes())
}

/// Whether two texts are the same, in a time that does not tell where they differ.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
