//! How far a chain had come, in a file beside the key: a chain that ends earlier was cut off.

use std::fs::File;
use std::path::{Path, PathBuf};

use planner::audit::{Head, checkpoint};

use crate::approval::key::SecretKey;
use crate::exit::Outcome;
use crate::store::broken;

/// A signed end.
#[must_use]
pub fn sign(chain: &str, sequence: u64, hash: &str, key: &SecretKey) -> Head {
    Head {
        chain: chain.to_owned(),
        sequence,
        hash: hash.to_owned(),
        key: key.public().to_string(),
        signature: key.sign(&checkpoint(chain, sequence, hash)),
    }
}

/// Writes it, unless what stands there is further on: processes that append at once write in any order.
///
/// # Errors
/// A file that cannot be written.
pub fn keep(head: &Head, key: &Path) -> Outcome<()> {
    let path = path(key, &head.chain);
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(&folder)?;
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join(".lock"))?;
        lock.lock()?;
        if read(key, &head.chain).is_some_and(|there| there.sequence >= head.sequence) {
            return Ok(());
        }
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        serde_json::to_writer(&mut file, head)?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(|error| broken(&error))
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
