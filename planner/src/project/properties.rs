//! Java properties as Flyway reads them: `flyway.conf` and the `.conf` file beside a script.
//!
//! Flyway takes backslashes literally, but for one at the line's end, which continues it (`ConfigUtils.java`,
//! `loadConfigurationFromString`).

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
    /// Bytes of the value in the text, continuation lines included.
    pub value_range: Range<usize>,
}

/// Reads properties. Comments begin with `#` or `!`; a key ends at `=`, `:` or white space.
#[must_use]
pub fn read(text: &str) -> Vec<Property> {
    let mut properties = Vec::new();
    let mut offset = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = text.get(offset..).unwrap_or("").split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let start = offset + (line.len() - line.trim_start().len());
        offset += line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', '!']) {
            continue;
        }
        let mut end = start + trimmed.len();
        let mut logical = trimmed.to_owned();
        while logical.ends_with('\\') && lines.peek().is_some_and(|next| continues(next)) {
            logical.pop();
            let Some(next) = lines.next() else { break };
            end = offset + next.trim_end().len();
            offset += next.len();
            logical.push_str(next.trim());
        }
        let cut = logical.find(|c: char| c == '=' || c == ':' || c.is_whitespace()).unwrap_or(logical.len());
        let (key, rest) = logical.split_at(cut);
        let after = rest.trim_start();
        let value = after.strip_prefix(['=', ':']).map_or(after, str::trim_start);
        let value_start = (start + logical.len() - value.len()).min(end);
        properties.push(Property {
            range: start..start + key.len(),
            value_range: value_start..end,
            key: key.to_owned(),
            value: value.to_owned(),
        });
    }
    properties
}

/// Whether a line after a backslash goes on with the value: not an empty one, and not the next setting.
fn continues(next: &str) -> bool {
    let next = next.trim_end_matches(['\n', '\r']);
    let is_setting = next.trim_start().starts_with("flyway.") && next.contains('=');
    !next.is_empty() && !is_setting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_comments_skipped() {
        let text = "# c\n! c\n flyway.url = jdbc:x:y\nflyway.locations=a,\\\n   b\nlone\nc:\\d\\\n";
        let read: Vec<_> = read(text).into_iter().map(|one| (one.key, one.value, one.range.start)).collect();
        let expected = [("flyway.url", "jdbc:x:y", 9), ("flyway.locations", "a,b", 31), ("lone", "", 57), ("c", "\\d\\", 62)];
        let expected: Vec<_> = expected.map(|(key, value, at)| (key.to_owned(), value.to_owned(), at)).into();
        assert_eq!(read, expected);
    }

    #[test]
    fn a_backslash_before_the_next_setting_is_part_of_the_value() {
        let text = "flyway.locations=filesystem:C:\\sql\\\nflyway.table = t\nflyway.user bob\n";
        let values: Vec<_> = read(text).into_iter().map(|one| text.get(one.value_range).map(str::to_owned)).collect();
        assert_eq!(values, ["filesystem:C:\\sql\\", "t", "bob"].map(|value| Some(value.to_owned())));
    }
}
