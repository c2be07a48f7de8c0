//! Bytes of a migration file to text, in the encodings Java knows by name.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Why a file could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DecodeError {
    /// The bytes do not fit the encoding; the offset of the first wrong one.
    Invalid(usize),
    /// An encoding this planner does not know.
    Unsupported,
}

/// Decodes a file; a UTF-8 file is not copied. `encoding` is a Java charset name, without case.
pub(super) fn decode<'a>(bytes: &'a [u8], encoding: &str) -> Result<Cow<'a, str>, DecodeError> {
    let name = encoding.trim().to_ascii_lowercase().replace('_', "-");
    match name.as_str() {
        "utf-8" | "utf8" => utf8(bytes),
        // The web's tables take these two for windows-1252; Java does not.
        "us-ascii" | "ascii" | "646" | "iso646-us" => match bytes.iter().position(|byte| !byte.is_ascii()) {
            Some(at) => Err(DecodeError::Invalid(at)),
            None => utf8(bytes),
        },
        "iso-8859-1" | "iso8859-1" | "latin1" | "l1" | "8859-1" => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        // Java's UTF-16 reads the mark, and without one the big end first.
        "utf-16" | "unicode" => match bytes {
            [0xff, 0xfe, rest @ ..] => other(rest, UTF_16LE, 2),
            [0xfe, 0xff, rest @ ..] => other(rest, UTF_16BE, 2),
            _ => other(bytes, UTF_16BE, 0),
        },
        "utf-16be" | "unicodebigunmarked" => other(bytes, UTF_16BE, 0),
        "utf-16le" | "unicodelittleunmarked" => other(bytes, UTF_16LE, 0),
        _ => match known(&name) {
            Some(encoding) => other(bytes, encoding, 0),
            None => Err(DecodeError::Unsupported),
        },
    }
}

/// The encoding that the bytes are, judged by their byte order mark, or by every second one being zero.
pub(super) fn likely(bytes: &[u8]) -> Option<&'static str> {
    let zeros = |first: usize| bytes.iter().skip(first).step_by(2).take(64).all(|byte| *byte == 0);
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [_, _, _, _, ..] if zeros(1) => Some("UTF-16LE"),
        [_, _, _, _, ..] if zeros(0) => Some("UTF-16BE"),
        _ => None,
    }
}

/// `Cp1251` and `x-windows-949` are Java's words for what others call `windows-1251` and `windows-949`.
fn known(name: &str) -> Option<&'static Encoding> {
    let name = name.strip_prefix("x-").filter(|rest| rest.starts_with("windows-")).unwrap_or(name);
    let java = match name {
        "cp866" => "ibm866",
        "macroman" | "x-macroman" => "macintosh",
        "ms932" | "cp932" | "windows-31j" => "shift_jis",
        "ms936" | "cp936" => "gbk",
        "ms949" | "cp949" => "euc-kr",
        "ms950" | "cp950" => "big5",
        other => other,
    };
    Encoding::for_label(java.as_bytes()).filter(|encoding| *encoding != UTF_8)
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| DecodeError::Invalid(error.valid_up_to()))
}

/// `skipped` bytes of a mark stand before `bytes`.
fn other(bytes: &[u8], encoding: &'static Encoding, skipped: usize) -> Result<Cow<'static, str>, DecodeError> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(0);
    let mut text = String::with_capacity(room);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(Cow::Owned(text)),
        (DecoderResult::Malformed(wrong, behind), read) => {
            Err(DecodeError::Invalid(skipped + read.saturating_sub(usize::from(wrong) + usize::from(behind))))
        }
        (DecoderResult::OutputFull, read) => Err(DecodeError::Invalid(skipped + read)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], encoding: &str) -> Result<String, DecodeError> {
        decode(bytes, encoding).map(Cow::into_owned)
    }

    #[test]
    fn each_encoding_reads_its_own_bytes() {
        for (bytes, encoding, text) in [
            (b"\xe9\x80".as_slice(), "ISO-8859-1", "é\u{80}"),
            (b"\xe9\x80", "windows-1252", "é€"),
            (b"\xe9\x80", "Cp1252", "é€"),
            (b"\xa4", "ISO8859_15", "€"),
            (b"\xd4", "windows-1251", "Ф"),
            (b"\x82\xa0", "Shift_JIS", "あ"),
            (b"\xd6\xd0", "GBK", "中"),
            ("é€".as_bytes(), "utf-8", "é€"),
            (b"\xff\xfea\0\xac\x20", "UTF-16", "a€"),
            (b"\xfe\xff\0a", "UTF-16", "a"),
            (b"\0a", "UTF-16", "a"),
            (b"a\0", "UTF-16LE", "a"),
            (b"\xff\xfea\0", "utf-16le", "\u{feff}a"),
        ] {
            assert_eq!(read(bytes, encoding).as_deref(), Ok(text), "{encoding}");
        }
    }

    #[test]
    fn a_wrong_byte_is_named_by_its_offset() {
        assert_eq!(read(b"ab\xe9", "UTF-8"), Err(DecodeError::Invalid(2)));
        assert_eq!(read(b"a\x80", "US-ASCII"), Err(DecodeError::Invalid(1)));
        assert_eq!(read(b"\xfe\xff\0a\xd8\0\0b", "UTF-16"), Err(DecodeError::Invalid(4)));
        assert_eq!(read(b"", "EBCDIC"), Err(DecodeError::Unsupported));
    }

    #[test]
    fn utf_16_is_recognised() {
        assert_eq!(likely(b"\xff\xfes\0"), Some("UTF-16"));
        assert_eq!(likely(b"s\0e\0"), Some("UTF-16LE"));
        assert_eq!(likely(b"select"), None);
    }
}
