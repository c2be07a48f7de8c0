//! The data lines behind `COPY … FROM STDIN;`.

use std::ops::Range;

use super::SplitError;

/// The data and the offset behind the `\.` line. `behind` is the offset behind the semicolon of the
/// `COPY` that begins at `copy`.
pub(super) fn data(text: &str, copy: usize, behind: usize) -> Result<(Range<usize>, usize), SplitError> {
    let rest = text.get(behind..).unwrap_or("");
    let mut lines = rest.split_inclusive('\n');
    let first = lines.next().unwrap_or("");
    let tail = first.trim();
    if !(tail.is_empty() || tail.starts_with("--")) {
        return Err(SplitError::new(
            "copy-data-misplaced",
            behind,
            "text behind COPY … FROM STDIN on the same line",
            "Begin the data on the line after the semicolon.",
        ));
    }
    let start = behind + first.len();
    let mut here = start;
    for line in lines {
        if line.trim() == "\\." {
            return Ok((start..here, here + line.len()));
        }
        here += line.len();
    }
    Err(SplitError::new(
        "unterminated-copy",
        copy,
        "COPY … FROM STDIN without a \\. line behind its data",
        "Write \\. on a line of its own behind the last data line.",
    ))
}
