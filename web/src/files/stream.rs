//! Compressing and inflating by the browser's own streams.

use js_sys::{Array, Function, Reflect, Uint8Array, global};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStreamDefaultReader, ReadableWritablePair};

/// Inflates piece by piece, and stops where it becomes larger than it may: an archive of a few kilobytes can say anything. None
/// where the bytes are not what the format asks for.
pub async fn inflate(packed: &[u8], format: &str, most: u64) -> Option<Vec<u8>> {
    through("DecompressionStream", format, packed, most).await
}

/// Compresses.
pub async fn compress(bytes: &[u8], format: &str) -> Option<Vec<u8>> {
    through("CompressionStream", format, bytes, u64::MAX).await
}

async fn through(class: &str, format: &str, bytes: &[u8], most: u64) -> Option<Vec<u8>> {
    let blob = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))).ok()?;
    // By name: the bindings have it behind a flag of the compiler only.
    let class = Reflect::get(&global(), &class.into()).ok()?.dyn_into::<Function>().ok()?;
    let changer = Reflect::construct(&class, &Array::of1(&format.into())).ok()?;
    let changed = blob.stream().pipe_through(changer.unchecked_ref::<ReadableWritablePair>());
    let reader = ReadableStreamDefaultReader::new(&changed).ok()?;
    let mut content = Vec::new();
    loop {
        let piece = JsFuture::from(reader.read()).await.ok()?;
        let get = |name: &str| Reflect::get(&piece, &name.into()).ok();
        if get("done")?.is_truthy() {
            return Some(content);
        }
        let piece = Uint8Array::new(&get("value")?);
        if content.len() as u64 + u64::from(piece.length()) > most {
            // It ends with the stream it reads; nobody waits for that.
            let _ = reader.cancel();
            return None;
        }
        content.extend(piece.to_vec());
    }
}
