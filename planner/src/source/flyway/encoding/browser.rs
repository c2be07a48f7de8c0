//! The legacy encodings from the browser's own tables. Held against the native ones by the browser tests.

use web_sys::{TextDecodeOptions, TextDecoder, TextDecoderOptions};

/// Decodes by the label of an encoding; the error is the offset of the first byte that does not fit. None where the label
/// is unknown or stands for no legacy encoding.
pub(super) fn decode(bytes: &[u8], label: &str) -> Option<Result<String, usize>> {
    let decoder = decoder(label)?;
    if decoder.encoding().starts_with("utf-") {
        return None;
    }
    Some(decoder.decode_with_u8_array(bytes).map_err(|_| misfit(bytes, label)))
}

/// A decoder that stops at what does not fit. The browser knows no decoder for the labels of the standard's "replacement".
fn decoder(label: &str) -> Option<TextDecoder> {
    let options = TextDecoderOptions::new();
    options.set_fatal(true);
    TextDecoder::new_with_label_and_options(label, &options).ok()
}

/// The browser does not say where it stopped. Streaming, a beginning fails exactly if it holds the misfit; the character
/// that does not fit begins where the last beginning that is whole ends.
fn misfit(bytes: &[u8], label: &str) -> usize {
    let streamed = TextDecodeOptions::new();
    streamed.set_stream(true);
    let decodes = |end: usize, options: &TextDecodeOptions| {
        let beginning = bytes.get(..end).unwrap_or(bytes);
        decoder(label).is_none_or(|decoder| decoder.decode_with_u8_array_and_options(beginning, options).is_ok())
    };
    let (mut good, mut bad) = (0, bytes.len() + 1);
    while good + 1 < bad {
        let middle = good.midpoint(bad);
        if middle <= bytes.len() && decodes(middle, &streamed) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    let whole = TextDecodeOptions::new();
    (0..=good).rev().find(|end| decodes(*end, &whole)).unwrap_or(0)
}
