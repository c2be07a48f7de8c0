//! The directory of a zip archive. The browser inflates what it lists; nothing is written anywhere, so a path that leads out
//! of the archive could do no harm, and is left out all the same.

use crate::locale::say;
use std::ops::Range;

/// The largest archive that is read, bytes.
pub const MAX_ARCHIVE: u64 = super::MAX_TOTAL;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path, with `/` between the parts.
    pub path: String,
    /// Where its bytes are in the archive.
    pub packed: Range<usize>,
    /// They are deflated, not as they are.
    pub deflated: bool,
    /// What it says its size is, bytes. It may lie.
    pub size: u64,
}

const END: &[u8] = b"PK\x05\x06";
const LISTED: &[u8] = b"PK\x01\x02";
const FILE: &[u8] = b"PK\x03\x04";
/// Length of what ends an archive, without its comment.
const END_LENGTH: usize = 22;
/// The longest comment.
const COMMENT: usize = 65_535;

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<usize> {
    let part = bytes.get(at..at.checked_add(N)?)?;
    Some(part.iter().rev().fold(0, |value, byte| (value << 8) | usize::from(*byte)))
}

fn has(bytes: &[u8], at: usize, mark: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(mark))
}

/// The files of an archive, and why others are left out.
///
/// # Errors
/// Why it is no archive that can be read.
pub fn entries(bytes: &[u8]) -> Result<(Vec<Entry>, Vec<String>), &'static str> {
    let latest = bytes.len().checked_sub(END_LENGTH).ok_or(say::zip_none())?;
    let end = (latest.saturating_sub(COMMENT)..=latest).rev().find(|at| has(bytes, *at, END)).ok_or(say::zip_none())?;
    let cut = say::zip_archive_cut();
    let count = number::<2>(bytes, end + 10).ok_or(cut)?;
    let mut at = number::<4>(bytes, end + 16).ok_or(cut)?;
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    for _ in 0..count {
        if !has(bytes, at, LISTED) {
            return Err(cut);
        }
        let (entry, next) = listed(bytes, at).ok_or(cut)?;
        at = next;
        match entry {
            Ok(Some(entry)) => found.push(entry),
            Ok(None) => {}
            Err(reason) => left_out.push(reason),
        }
    }
    Ok((found, left_out))
}

/// One line of the directory, and where the next begins; no entry for a folder.
fn listed(bytes: &[u8], at: usize) -> Option<(Result<Option<Entry>, String>, usize)> {
    let [name_length, extra, comment] = [28, 30, 32].map(|field| number::<2>(bytes, at + field));
    let (name_end, method) = (at + 46 + name_length?, number::<2>(bytes, at + 10)?);
    let path = String::from_utf8_lossy(bytes.get(at + 46..name_end)?).replace('\\', "/");
    let next = name_end + extra? + comment?;
    let encrypted = number::<2>(bytes, at + 8)? & 1 == 1;
    let (packed, size) = (number::<4>(bytes, at + 20)?, number::<4>(bytes, at + 24)?);
    let local = number::<4>(bytes, at + 42)?;
    if path.ends_with('/') {
        return Some((Ok(None), next));
    }
    let refused = |why: &str| Some((Err([&path, ": ", why].concat()), next));
    if leads_out(&path) {
        return refused(say::zip_leads_out());
    }
    if encrypted {
        return refused(say::zip_encrypted());
    }
    if !matches!(method, 0 | 8) {
        return refused(say::zip_method());
    }
    if !has(bytes, local, FILE) {
        return refused(say::zip_misplaced());
    }
    let begin = local + 30 + number::<2>(bytes, local + 26)? + number::<2>(bytes, local + 28)?;
    match begin.checked_add(packed).filter(|end| *end <= bytes.len()) {
        Some(end) => Some((Ok(Some(Entry { path, packed: begin..end, deflated: method == 8, size: size as u64 })), next)),
        None => refused(say::zip_cut()),
    }
}

/// Absolute, with a drive, or up and out.
fn leads_out(path: &str) -> bool {
    path.starts_with('/') || path.split('/').any(|part| part == ".." || part.contains(':')) || path.contains('\0')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::cast_possible_truncation)]
mod tests {
    use super::*;

    /// An archive of stored files, byte by byte.
    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for (path, content) in files {
            let (at, length, name) = (out.len() as u32, content.len() as u32, path.len() as u16);
            out.extend_from_slice(FILE);
            out.extend_from_slice(&[0; 14]);
            [length, length].iter().for_each(|it| out.extend_from_slice(&it.to_le_bytes()));
            out.extend_from_slice(&name.to_le_bytes());
            out.extend_from_slice(&[0; 2]);
            out.extend_from_slice(path.as_bytes());
            out.extend_from_slice(content);
            directory.extend_from_slice(LISTED);
            directory.extend_from_slice(&[0; 16]);
            [length, length].iter().for_each(|it| directory.extend_from_slice(&it.to_le_bytes()));
            directory.extend_from_slice(&name.to_le_bytes());
            directory.extend_from_slice(&[0; 12]);
            directory.extend_from_slice(&at.to_le_bytes());
            directory.extend_from_slice(path.as_bytes());
        }
        let (at, size) = (out.len() as u32, directory.len() as u32);
        out.extend(directory);
        out.extend_from_slice(END);
        out.extend_from_slice(&[0; 4]);
        [files.len() as u16, files.len() as u16].iter().for_each(|it| out.extend_from_slice(&it.to_le_bytes()));
        [size, at].iter().for_each(|it| out.extend_from_slice(&it.to_le_bytes()));
        out.extend_from_slice(&[0; 2]);
        out
    }

    #[test]
    fn files_are_found_and_paths_that_lead_out_are_not_taken() {
        let bytes = archive(&[
            ("sql/V1__a.sql", b"SELECT 1;"),
            ("sql/", b""),
            ("../../etc/V2__b.sql", b"x"),
            ("/etc/V3__c.sql", b"x"),
            ("..\\V4__d.sql", b"x"),
            ("C:\\V5__e.sql", b"x"),
        ]);
        let (found, left_out) = entries(&bytes).unwrap();
        let read: Vec<_> = found.iter().map(|entry| (entry.path.as_str(), &bytes[entry.packed.clone()])).collect();
        assert_eq!(read, [("sql/V1__a.sql", b"SELECT 1;".as_slice())]);
        assert_eq!(left_out.len(), 4);
        assert!(left_out.iter().all(|why| why.ends_with(say::zip_leads_out())), "{left_out:?}");
    }

    #[test]
    fn no_bytes_make_it_fall_over() {
        let whole = archive(&[("a.sql", b"SELECT 1;"), ("b.sql", b"SELECT 2;")]);
        for end in 0..whole.len() {
            let _ = entries(&whole[..end]);
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut changed = whole.clone();
                changed[at] = value;
                let _ = entries(&changed);
            }
        }
    }
}
