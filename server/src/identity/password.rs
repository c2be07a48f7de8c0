//! Passwords: hashed with Argon2id, compared in a time that does not tell whether the user exists.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::exit::{Failure, Outcome};

/// Fewer characters than this are too few.
const SHORTEST: usize = 12;
/// More bytes than this are no password: hashing them would only cost time.
const LONGEST: usize = 1024;

/// Hashes a password that is long enough.
///
/// # Errors
/// One that is not; the message never repeats it.
pub fn hash(password: &str) -> Outcome<String> {
    if password.chars().count() < SHORTEST || password.len() > LONGEST {
        let message = format!("A password has {SHORTEST} characters or more, and {LONGEST} bytes at most.");
        return Err(Failure::usage(message, "A few words in a row are easy to keep in mind."));
    }
    hashed(password).ok_or_else(|| Failure::failed("The password cannot be hashed: the system gives no random bytes.", ""))
}

fn hashed(password: &str) -> Option<String> {
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes()).ok()?;
    Some(hash.to_string())
}

/// Whether it is the password of this hash. Without one the same work is done, and the answer is no.
#[must_use]
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let nobody = NOBODY.get_or_init(|| hashed("nobody's password").unwrap_or_default());
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(nobody)) else { return false };
    let short = password.len() <= LONGEST;
    let fits = Argon2::default().verify_password(if short { password.as_bytes() } else { b"" }, &parsed).is_ok();
    fits && short && hash.is_some()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_fits() {
        let hash = hash("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$") && !hash.contains("horse"));
        assert!(verify("correct horse battery", Some(&hash)));
        assert!(!verify("correct horse batterx", Some(&hash)));
        assert!(!verify("nobody's password", None), "nobody has none");
        assert!(super::hash("short").is_err());
    }
}
