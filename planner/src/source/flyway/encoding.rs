//! Bytes of a migration file to text, in the encodings Flyway projects use.

/// Why a file could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DecodeError {
    /// The bytes do not fit the encoding; the offset of the first wrong one.
    Invalid(usize),
    /// An encoding this planner does not know.
    Unsupported,
}

/// Windows-1252 from 0x80 to 0x9f (WHATWG index; the five free places are C1 controls).
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”',
    '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Decodes a file. `encoding` is a Java charset name, without case.
pub(super) fn decode(bytes: &[u8], encoding: &str) -> Result<String, DecodeError> {
    match encoding.to_ascii_lowercase().replace('_', "-").as_str() {
        "utf-8" | "utf8" => {
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| DecodeError::Invalid(error.valid_up_to()))
        }
        "us-ascii" | "ascii" => match bytes.iter().position(|byte| !byte.is_ascii()) {
            Some(at) => Err(DecodeError::Invalid(at)),
            None => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        },
        "iso-8859-1" | "latin1" | "iso8859-1" => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        "windows-1252" | "cp1252" => Ok(bytes.iter().map(|byte| windows_1252(*byte)).collect()),
        _ => Err(DecodeError::Unsupported),
    }
}

fn windows_1252(byte: u8) -> char {
    byte.checked_sub(0x80).and_then(|at| WINDOWS_1252.get(usize::from(at))).copied().unwrap_or_else(|| char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_reads_its_own_bytes() {
        assert_eq!(decode(b"\xe9\x80", "ISO-8859-1").as_deref(), Ok("é\u{80}"));
        assert_eq!(decode(b"\xe9\x80", "windows-1252").as_deref(), Ok("é€"));
        assert_eq!(decode("é€".as_bytes(), "utf-8").as_deref(), Ok("é€"));
        assert_eq!(decode(b"ab\xe9", "UTF-8"), Err(DecodeError::Invalid(2)));
        assert_eq!(decode(b"a\x80", "US-ASCII"), Err(DecodeError::Invalid(1)));
        assert_eq!(decode(b"", "EBCDIC"), Err(DecodeError::Unsupported));
    }
}
