//! A project, what is asked of it, and its plan's name in the address of a link.
//!
//! What a link holds is a line of JSON (name, request, paths and sizes) and behind it the bytes of all files; compressed as
//! gzip, whose checksum tells a link that was cut off or changed on its way, in the letters of base64 that every address takes.

use planner::Request;
use planner::project::Project;
use serde::{Deserialize, Serialize};

use crate::locale::say;
use crate::message::unpack;

/// The most letters of a link: browsers take more, chats and trackers cut them off.
pub const MOST: usize = 32_000;
/// The most bytes that a link may hold, unpacked.
pub const MOST_UNPACKED: u64 = super::MAX_FILE;

const VERSION: u32 = 1;
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What a link holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linked {
    /// The name of the project, for people.
    pub name: String,
    /// The project; where a plan file was opened, that file alone.
    pub project: Project,
    /// What is asked of the planner.
    pub request: Request,
    /// It is a plan file.
    pub opened: bool,
}

#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    name: String,
    #[serde(default)]
    opened: bool,
    request: Request,
    files: Vec<(String, usize)>,
}

/// The bytes of a link, not compressed yet: of all files in the order of their paths and sizes.
#[must_use]
pub fn pack(name: String, request: &Request, opened: bool, files: Vec<(String, usize)>, content: &[u8]) -> Vec<u8> {
    let head = Head { version: VERSION, name, opened, request: request.clone(), files };
    let mut bytes = crate::message::encode(&head);
    bytes.push(b'\n');
    bytes.extend(content);
    bytes
}

/// Reads them.
///
/// # Errors
/// Why they are none, for people.
pub fn read(bytes: &[u8]) -> Result<Linked, String> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or(say::link_no_plan())?;
    let (head, files) = bytes.split_at(end);
    let head: Head = crate::message::decode(head).map_err(|why| say::link_version_why(&why))?;
    if head.version != VERSION {
        return Err(say::link_version().to_owned());
    }
    let project = unpack(head.files, files.get(1..).unwrap_or_default())?;
    Ok(Linked { name: head.name, project, request: head.request, opened: head.opened })
}

/// Bytes in letters.
#[must_use]
pub fn to_letters(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let all = chunk.iter().fold(0_u32, |all, byte| (all << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let letter = (all >> (18 - 6 * place)) & 63;
            out.extend(LETTERS.get(letter as usize).map(|letter| char::from(*letter)));
        }
    }
    out
}

/// Letters in bytes; none where one of them is no letter of ours.
#[must_use]
pub fn from_letters(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    for chunk in text.as_bytes().chunks(4) {
        let mut all = 0_u32;
        for letter in chunk {
            let value = LETTERS.iter().position(|known| known == letter)?;
            all = (all << 6) | u32::try_from(value).ok()?;
        }
        let bytes = (all << (6 * (4 - chunk.len()))).to_be_bytes();
        out.extend(bytes.get(1..chunk.len())?);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use planner::project::ProjectFile;

    use super::*;

    fn linked() -> Linked {
        let file = |path: &str, content: &[u8]| ProjectFile { path: path.to_owned(), content: content.to_vec() };
        let files = vec![file("sql/V1__a.sql", b"SELECT 1;\n"), file("sql/V2__b.sql", b"\xff\n\x00")];
        let request = Request { environment: Some("live".to_owned()), ..Request::default() };
        Linked { name: "shop\n".to_owned(), project: Project { files }, request, opened: false }
    }

    fn packed() -> Vec<u8> {
        let Linked { name, project, request, opened } = linked();
        let files = project.files.iter().map(|file| (file.path.clone(), file.content.len())).collect();
        pack(name, &request, opened, files, &project.files.into_iter().flat_map(|file| file.content).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_packed_is_read_again() {
        let packed = packed();
        assert_eq!(read(&packed), Ok(linked()));
        for length in 0..packed.len() {
            let cut = packed.get(..length).unwrap_or_default();
            assert!(read(cut).is_err(), "cut off at {length}");
        }
    }

    #[test]
    fn letters_hold_any_bytes() {
        for length in 0..70_usize {
            let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at * 37 % 251).unwrap_or_default()).collect();
            let letters = to_letters(&bytes);
            assert!(letters.bytes().all(|letter| LETTERS.contains(&letter)), "{letters}");
            assert_eq!(from_letters(&letters), Some(bytes));
        }
        assert_eq!(to_letters(b"\xff\xef"), "_-8");
        for wrong in ["a b", "%20", "é", "A"] {
            assert_eq!(from_letters(wrong), if wrong == "A" { Some(Vec::new()) } else { None }, "{wrong}");
        }
    }

    #[test]
    fn a_link_of_another_version_is_refused() {
        let text = String::from_utf8_lossy(&packed()).replacen("\"version\":1", "\"version\":2", 1);
        assert_eq!(read(text.as_bytes()), Err("another version of Flightplan made it".to_owned()));
    }
}
