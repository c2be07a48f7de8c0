//! Positions in source files. Not a diagnostic: see [`crate::finding`].

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A half-open byte range of one file, with the lines and columns a person counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// Path of the file, as in [`crate::project::ProjectFile::path`].
    pub file: String,
    /// Byte offset of the first byte.
    pub start: u32,
    /// Byte offset behind the last byte.
    pub end: u32,
    /// Line of the first byte, counted from 1.
    pub line: u32,
    /// Column of the first byte in Unicode scalar values, counted from 1.
    pub column: u32,
    /// Line of the last byte, counted from 1.
    pub end_line: u32,
    /// Column behind the last byte in Unicode scalar values, counted from 1.
    pub end_column: u32,
}

impl Span {
    /// Locates a byte range in `text`. A range outside the text or inside a character is moved to
    /// the nearest character border before it.
    #[must_use]
    pub fn of(file: &str, text: &str, range: Range<usize>) -> Self {
        LineIndex::new(text).span(file, text, range)
    }

    /// The whole file, for findings that concern no particular line.
    #[must_use]
    pub fn file(file: &str) -> Self {
        Self { file: file.to_owned(), line: 1, column: 1, end_line: 1, end_column: 1, ..Self::default() }
    }
}

/// Byte offsets of the line starts of one text, so that many spans cost one pass.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
    /// Characters that begin before each block of the text; empty where a character is a byte everywhere.
    characters: Vec<usize>,
}

/// Bytes of a block, so that a column in a long line costs no walk along the line.
const BLOCK: usize = 256;

impl LineIndex {
    /// Indexes `text`. Lines end at `\n`, `\r\n` or a lone `\r`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let ends_line = match byte {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            if ends_line {
                starts.push(at + 1);
            }
        }
        let mut characters = Vec::new();
        if !text.is_ascii() {
            let mut before = 0;
            for block in bytes.chunks(BLOCK) {
                characters.push(before);
                before += begun(block);
            }
        }
        Self { starts, characters }
    }

    /// Characters that begin before a byte.
    fn characters_before(&self, text: &str, offset: usize) -> usize {
        let block = offset / BLOCK;
        let Some(before) = self.characters.get(block).or(self.characters.last()) else { return offset };
        let from = block.min(self.characters.len() - 1) * BLOCK;
        before + text.as_bytes().get(from..offset).map_or(0, begun)
    }

    /// Line and column of a byte offset, both counted from 1.
    #[must_use]
    pub fn position(&self, text: &str, offset: usize) -> (u32, u32) {
        let offset = char_border(text, offset);
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let column = self.characters_before(text, offset) - self.characters_before(text, start);
        (count(line + 1), count(column + 1))
    }

    /// The span of a byte range; see [`Span::of`].
    #[must_use]
    pub fn span(&self, file: &str, text: &str, range: Range<usize>) -> Span {
        let start = char_border(text, range.start);
        let end = char_border(text, range.end.max(range.start));
        let (line, column) = self.position(text, start);
        let (end_line, end_column) = self.position(text, end);
        Span { file: file.to_owned(), start: count(start), end: count(end), line, column, end_line, end_column }
    }
}

/// Characters that begin in these bytes.
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

fn char_border(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_every_line_end() {
        let text = "a\nb\r\nc\rdé";
        let index = LineIndex::new(text);
        let positions: Vec<_> = [0, 2, 5, 7, 10].iter().map(|at| index.position(text, *at)).collect();
        assert_eq!(positions, [(1, 1), (2, 1), (3, 1), (4, 1), (4, 3)]);
    }

    #[test]
    fn a_range_outside_the_text_is_moved_inside() {
        let span = Span::of("f", "é", 1..99);
        assert_eq!((span.start, span.end), (0, 2));
    }
}
