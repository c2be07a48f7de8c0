//! Ed25519 keys: what approvers sign with, and what their signatures are checked by.
//!
//! The secret half is a PKCS #8 file in PEM, as `openssl genpkey -algorithm ed25519` writes it; the public half one word,
//! `ed25519:` and 32 bytes in Base64.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand::TryRngCore;
use rand::rngs::OsRng;

use crate::exit::{Failure, Outcome};

const PREFIX: &str = "ed25519:";

/// The public half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Whether `signature` (Base64) was made over `message` by the other half. Malleable and weak ones are none.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &str) -> bool {
        let bytes = STANDARD.decode(signature).ok();
        let signature = bytes.and_then(|bytes| Signature::from_slice(&bytes).ok());
        signature.is_some_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", STANDARD.encode(self.0.as_bytes()))
    }
}

impl FromStr for PublicKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a public key as `flightplan key new` prints it: \"ed25519:\" and 44 characters";
        let bytes = STANDARD.decode(text.trim().strip_prefix(PREFIX).ok_or(wrong)?).map_err(|_| wrong)?;
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| wrong)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| wrong)?;
        // With a key of small order one signature fits many messages.
        if key.is_weak() { Err(wrong) } else { Ok(Self(key)) }
    }
}

/// The secret half. `Debug` does not show it.
pub struct SecretKey(SigningKey);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.public())
    }
}

impl SecretKey {
    /// A new key from the system's own source of randomness.
    ///
    /// # Errors
    /// A system that has none.
    pub fn generate() -> Outcome<Self> {
        let mut seed = [0; 32];
        let filled = OsRng.try_fill_bytes(&mut seed);
        filled.map_err(|error| Failure::failed(format!("The system gives no random bytes: {error}."), ""))?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// Reads a key: a file, or `env:NAME` for the text of one in an environment variable.
    ///
    /// # Errors
    /// A file that is missing, that others can read, or that is no key.
    pub fn read(place: &str) -> Outcome<Self> {
        let cure = "Make a key with `flightplan key new NAME --output FILE`.";
        let text = if let Some(name) = place.strip_prefix("env:") {
            std::env::var(name).map_err(|_| Failure::usage(format!("The environment variable {name} is not set."), cure))?
        } else {
            let path = Path::new(place);
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|error| Failure::usage(format!("{place}: the key cannot be read: {error}."), cure))?;
            private(path)?;
            text
        };
        let key = SigningKey::from_pkcs8_pem(&text);
        key.map(Self).map_err(|_| Failure::usage(format!("{place}: this is no Ed25519 key in PEM (PKCS #8)."), cure))
    }

    /// Writes the key into a file that is not there yet and that nobody else can read.
    ///
    /// # Errors
    /// A file that is there, or that cannot be written.
    pub fn write_new(&self, path: &Path) -> Outcome<()> {
        let broken = |error: &dyn fmt::Display| {
            Failure::usage(
                format!("{}: the key cannot be written: {error}.", path.display()),
                "Name a file that does not exist yet, in a folder that does; an existing key is never written over.",
            )
        };
        let text = self.0.to_pkcs8_pem(LineEnding::LF).map_err(|error| broken(&error))?;
        write_private(path, text.as_bytes()).map_err(|error| broken(&error))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs bytes; the signature in Base64.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(self.0.sign(message).to_bytes())
    }
}

/// Writes a file that is not there yet, mode 0600, and makes sure that it is on the disk.
///
/// # Errors
/// The system's.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Refuses a secret that others on this machine can read.
///
/// # Errors
/// [`crate::exit::Exit::Usage`] with the command that mends it.
pub fn private(path: &Path) -> Outcome<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).map(|file| file.permissions().mode()).unwrap_or_default();
        if mode & 0o077 != 0 {
            return Err(Failure::usage(
                format!("{}: others can read this key (mode {:03o}).", path.display(), mode & 0o777),
                format!("chmod 600 {}", path.display()),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_file_and_checks_what_it_signed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ada.key");
        let key = SecretKey::generate().unwrap();
        key.write_new(&path).unwrap();
        assert!(key.write_new(&path).is_err(), "never written over");
        let again = SecretKey::read(path.to_str().unwrap()).unwrap();
        let public: PublicKey = again.public().to_string().parse().unwrap();
        assert_eq!(public, key.public());
        let signature = again.sign(b"plan");
        assert!(public.verifies(b"plan", &signature));
        assert!(!public.verifies(b"plam", &signature));
        assert!(!SecretKey::generate().unwrap().public().verifies(b"plan", &signature));
    }

    #[test]
    fn what_is_no_key_is_none() {
        for text in ["", "ed25519:", "ed25519:AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
            assert!(text.parse::<PublicKey>().is_err(), "{text}");
        }
        let weak = format!("{PREFIX}{}", STANDARD.encode([0; 32]));
        assert!(weak.parse::<PublicKey>().is_err());
    }
}
