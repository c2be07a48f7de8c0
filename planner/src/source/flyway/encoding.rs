//! Bytes of a migration file to text, in the encodings Java knows by name.
//!
//! The tables of the legacy encodings are those of the WHATWG Encoding Standard: `encoding_rs` brings them natively, and
//! the browser, which has them itself, need not download them.

use std::borrow::Cow;

#[cfg_attr(target_arch = "wasm32", path = "encoding/browser.rs")]
#[cfg_attr(not(target_arch = "wasm32"), path = "encoding/table.rs")]
mod legacy;

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
            [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes, 2),
            [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes, 2),
            _ => utf16(bytes, u16::from_be_bytes, 0),
        },
        "utf-16be" | "unicodebigunmarked" => utf16(bytes, u16::from_be_bytes, 0),
        "utf-16le" | "unicodelittleunmarked" => utf16(bytes, u16::from_le_bytes, 0),
        _ => match legacy::decode(bytes, label(&name)) {
            Some(read) => read.map(Cow::Owned).map_err(DecodeError::Invalid),
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

/// The web's word for a Java charset: `Cp1251` and `x-windows-949` are what others call `windows-1251` and `windows-949`.
fn label(name: &str) -> &str {
    let name = name.strip_prefix("x-").filter(|rest| rest.starts_with("windows-")).unwrap_or(name);
    match name {
        "cp866" => "ibm866",
        "macroman" | "x-macroman" => "macintosh",
        "ms932" | "cp932" | "windows-31j" => "shift_jis",
        "ms936" | "cp936" => "gbk",
        "ms949" | "cp949" => "euc-kr",
        "ms950" | "cp950" => "big5",
        other => other,
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| DecodeError::Invalid(error.valid_up_to()))
}

/// `skipped` bytes of a mark stand before `bytes`.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, skipped: usize) -> Result<Cow<'static, str>, DecodeError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    let mut at = skipped;
    for read in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let read = read.map_err(|_| DecodeError::Invalid(at))?;
        at += 2 * read.len_utf16();
        text.push(read);
    }
    if rest.is_empty() { Ok(Cow::Owned(text)) } else { Err(DecodeError::Invalid(at)) }
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
        assert_eq!(read(b"\0a\0", "UTF-16BE"), Err(DecodeError::Invalid(2)));
        assert_eq!(read(b"a\x82\xa0\x82 ", "Shift_JIS"), Err(DecodeError::Invalid(3)));
        assert_eq!(read(b"a\x82", "Shift_JIS"), Err(DecodeError::Invalid(1)));
        assert_eq!(read(b"\x81\x30\x81 ", "GB18030"), Err(DecodeError::Invalid(0)));
        for unknown in ["EBCDIC", "unicode-1-1-utf-8", "hz-gb-2312"] {
            assert_eq!(read(b"a", unknown), Err(DecodeError::Unsupported), "{unknown}");
        }
    }

    #[test]
    fn utf_16_is_recognised() {
        assert_eq!(likely(b"\xff\xfes\0"), Some("UTF-16"));
        assert_eq!(likely(b"s\0e\0"), Some("UTF-16LE"));
        assert_eq!(likely(b"select"), None);
    }
}
