//! Java properties as Flyway reads them: `flyway.conf` and the `.conf` file beside a script.
//!
//! Flyway takes backslashes literally, but for one at the line's end, which continues it.

use std::ops::Range;

/// One `key = value` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The key, trimmed.
    pub key: String,
    /// The value, trimmed, continuation lines joined.
    pub value: String,
    /// Bytes of the key in the text.
    pub range: Range<usize>,
}

/// Reads properties. Comments begin with `#` or `!`; a line without `=` or `:` is a key without a value.
#[must_use]
pub fn read(text: &str) -> Vec<Property> {
    let mut properties = Vec::new();
    let mut offset = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = text.get(offset..).unwrap_or("").split_inclusive('\n');
    while let Some(line) = lines.next() {
        let start = offset + (line.len() - line.trim_start().len());
        offset += line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = trimmed.to_owned();
        while logical.ends_with('\\') {
            logical.pop();
            let Some(next) = lines.next() else { break };
            offset += next.len();
            logical.push_str(next.trim());
        }
        let cut = logical.find(['=', ':']).unwrap_or(logical.len());
        let key = logical.get(..cut).unwrap_or("").trim().to_owned();
        let value = logical.get(cut + 1..).unwrap_or("").trim().to_owned();
        properties.push(Property { range: start..start + key.len(), key, value });
    }
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_comments_skipped() {
        let text = "# c\n! c\n flyway.url = jdbc:x:y\nflyway.locations=a,\\\n   b\nlone\nc:\\d\\\n";
        let read: Vec<_> = read(text).into_iter().map(|one| (one.key, one.value, one.range.start)).collect();
        let expected = [("flyway.url", "jdbc:x:y", 9), ("flyway.locations", "a,b", 31), ("lone", "", 57), ("c", "\\d", 62)];
        let expected: Vec<_> = expected.map(|(key, value, at)| (key.to_owned(), value.to_owned(), at)).into();
        assert_eq!(read, expected);
    }
}
