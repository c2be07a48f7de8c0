//! The legacy encodings from the tables of `encoding_rs`.

use encoding_rs::{DecoderResult, Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

/// Decodes by the label of an encoding; the error is the offset of the first byte that does not fit. None where the label
/// is unknown or stands for no legacy encoding.
pub(super) fn decode(bytes: &[u8], label: &str) -> Option<Result<String, usize>> {
    let encoding = Encoding::for_label(label.as_bytes())?;
    if [UTF_8, UTF_16BE, UTF_16LE, REPLACEMENT].contains(&encoding) {
        return None;
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(0);
    let mut text = String::with_capacity(room);
    Some(match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(text),
        (DecoderResult::Malformed(wrong, behind), read) => Err(read.saturating_sub(usize::from(wrong) + usize::from(behind))),
        (DecoderResult::OutputFull, read) => Err(read),
    })
}
