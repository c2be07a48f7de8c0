//! The file of a memory: records one behind the other, read as a whole and replaced as a whole.
//!
//! ```text
//! flightplan readings 1\n
//! key (32 bytes) · length (4, little endian) · CRC-32 of key and record (4) · record (JSON) · …
//! ```
//!
//! A new file takes the old one's place at once (rename), so of two runs at a time the last one's stays, whole.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// First line of the file.
const MAGIC: &[u8] = b"flightplan readings 1\n";
/// A larger file than this is not read, bytes.
const MOST: u64 = 512 << 20;
/// Records that this run did not use stay up to this size, bytes: another environment may ask for them.
const UNUSED: usize = 16 << 20;
/// Files that no run has written for so long go: their projects may be gone.
const FORGOTTEN: Duration = Duration::from_secs(90 * 24 * 3600);

/// SHA-256 of what a record was made from.
pub(super) type Key = [u8; 32];

/// The records of a file.
#[derive(Debug, Default)]
pub(super) struct Pack {
    bytes: Vec<u8>,
    /// Where each record stands, its head included.
    places: HashMap<Key, Range<usize>>,
}

/// Bytes before a record.
const HEAD: usize = 40;

impl Pack {
    /// Reads a file; what is behind the first thing that makes no sense is left out.
    pub(super) fn load(path: &Path) -> Self {
        let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let bytes = if size <= MOST { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
        if !bytes.starts_with(MAGIC) {
            return Self::default();
        }
        let mut places = HashMap::new();
        let mut at = MAGIC.len();
        while let Some((key, length, _)) = head(&bytes, at) {
            let end = at.saturating_add(HEAD).saturating_add(length);
            if end > bytes.len() {
                break;
            }
            places.insert(key, at..end);
            at = end;
        }
        Self { bytes, places }
    }

    /// The record of a key, if it is as it was written.
    pub(super) fn get(&self, key: &Key) -> Option<&[u8]> {
        let place = self.places.get(key)?;
        let (_, _, sum) = head(&self.bytes, place.start)?;
        let record = self.bytes.get(place.start + HEAD..place.end)?;
        (checksum(key, record) == sum).then_some(record)
    }

    /// Replaces the file: what was used, and of the rest as much as may stay. `None`: as it stands in this pack.
    pub(super) fn store(&self, path: &Path, used: &BTreeMap<Key, Option<Vec<u8>>>) -> std::io::Result<()> {
        let Some(folder) = path.parent() else { return Ok(()) };
        create_private(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let mut out = std::io::BufWriter::with_capacity(1 << 20, file.as_file_mut());
        out.write_all(MAGIC)?;
        for (key, record) in used {
            match (record, self.places.get(key)) {
                (Some(record), _) => {
                    let Ok(length) = u32::try_from(record.len()) else { continue };
                    out.write_all(key)?;
                    out.write_all(&length.to_le_bytes())?;
                    out.write_all(&checksum(key, record).to_le_bytes())?;
                    out.write_all(record)?;
                }
                (None, Some(place)) => out.write_all(self.bytes.get(place.clone()).unwrap_or_default())?,
                (None, None) => {}
            }
        }
        let mut room = UNUSED;
        for (_, place) in self.places.iter().filter(|(key, _)| !used.contains_key(*key)) {
            if place.len() <= room {
                room -= place.len();
                out.write_all(self.bytes.get(place.clone()).unwrap_or_default())?;
            }
        }
        out.flush()?;
        drop(out);
        file.persist(path)?;
        forget(folder);
        Ok(())
    }
}

/// Key, length and checksum of the record that begins here.
fn head(bytes: &[u8], at: usize) -> Option<(Key, usize, u32)> {
    let head = bytes.get(at..at.checked_add(HEAD)?)?;
    let (key, rest) = head.split_first_chunk::<32>()?;
    let (length, sum) = rest.split_first_chunk::<4>()?;
    let sum = sum.first_chunk::<4>()?;
    Some((*key, usize::try_from(u32::from_le_bytes(*length)).ok()?, u32::from_le_bytes(*sum)))
}

fn checksum(key: &Key, record: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(key);
    sum.update(record);
    sum.finalize()
}

/// What migrations hold is for this user only.
fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Removes the files of a folder that have grown old.
fn forget(folder: &Path) {
    let old = |entry: &std::fs::DirEntry| {
        let written = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        written.and_then(|written| SystemTime::now().duration_since(written).ok()).is_some_and(|age| age > FORGOTTEN)
    };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten().filter(old) {
        let _ = std::fs::remove_file(entry.path());
    }
}
