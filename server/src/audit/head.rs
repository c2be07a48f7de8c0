//! How far a chain had come, in a file beside the key: a chain that ends earlier was cut off.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::approval::key::{PublicKey, SecretKey};
use crate::audit::checkpoint;
use crate::exit::Outcome;
use crate::store::broken;

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
    /// A signed end.
    #[must_use]
    pub fn sign(chain: &str, sequence: u64, hash: &str, key: &SecretKey) -> Self {
        Self {
            chain: chain.to_owned(),
            sequence,
            hash: hash.to_owned(),
            key: key.public().to_string(),
            signature: key.sign(&checkpoint(chain, sequence, hash)),
        }
    }

    /// Whether it was made with one of these keys.
    #[must_use]
    pub fn is_signed_by(&self, trusted: &[PublicKey]) -> bool {
        let Ok(key) = self.key.parse::<PublicKey>() else { return false };
        trusted.contains(&key) && key.verifies(&checkpoint(&self.chain, self.sequence, &self.hash), &self.signature)
    }

    /// Writes it, unless what stands there is further on: processes that append at once write in any order.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn keep(&self, key: &Path) -> Outcome<()> {
        let path = path(key, &self.chain);
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(&folder)?;
            let lock = File::options().create(true).truncate(false).write(true).open(folder.join(".lock"))?;
            lock.lock()?;
            if read(key, &self.chain).is_some_and(|there| there.sequence >= self.sequence) {
                return Ok(());
            }
            let mut file = tempfile::NamedTempFile::new_in(&folder)?;
            serde_json::to_writer(&mut file, self)?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(|error| broken(&error))
    }
}

/// Where the head of a chain is.
fn path(key: &Path, chain: &str) -> PathBuf {
    key.with_extension("heads").join(format!("{chain}.json"))
}

/// The head of a chain; absent: none was kept on this machine.
#[must_use]
pub fn read(key: &Path, chain: &str) -> Option<Head> {
    // The id comes from the store: it must not name a file elsewhere.
    if chain.is_empty() || !chain.chars().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    serde_json::from_slice(&std::fs::read(path(key, chain)).ok()?).ok()
}
