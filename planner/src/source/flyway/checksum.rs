//! Flyway's checksum: the CRC-32 of the lines of a file, without their ends.
//!
//! Source: `ChecksumCalculator` of 9.16.2; facts verified against it are in the tests below.

/// The checksum of a file's text, as the signed number Flyway stores. Line ends (`\n`, `\r`, `\r\n`), blank
/// lines, a final line end and one leading byte order mark do not count.
#[must_use]
pub fn checksum(text: &str) -> i32 {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut crc = crc32fast::Hasher::new();
    for line in text.split(['\n', '\r']) {
        crc.update(line.as_bytes());
    }
    i32::from_ne_bytes(crc.finalize().to_ne_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_blank_lines_and_a_mark_do_not_count() {
        for text in [
            "select 1;\nselect 2;\n",
            "select 1;\r\nselect 2;\r\n",
            "select 1;\rselect 2;",
            "select 1;\nselect 2;",
            "\u{feff}select 1;\n\n\nselect 2;\n\n",
            "select 1;select 2;",
        ] {
            assert_eq!(checksum(text), -593_479_011, "{text:?}");
        }
        assert_eq!(checksum(""), 0);
    }

    #[test]
    fn blanks_and_other_separators_count() {
        let plain = checksum("select 1;select 2;");
        for text in ["select 1; \nselect 2;", "select 1;\u{85}select 2;", "select 1;\u{2028}select 2;", "select 1;\u{c}select 2;"]
        {
            assert_ne!(checksum(text), plain, "{text:?}");
        }
        assert_ne!(checksum("\u{feff}\u{feff}a"), checksum("a"), "only one mark is stripped");
    }
}
