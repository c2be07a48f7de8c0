//! Ed25519 by the browser's own cryptography: a library for it would cost every reader its download.

use std::collections::BTreeMap;

use crate::locale::say;
use js_sys::{Array, Uint8Array};
use planner::audit::export::Export;
use planner::audit::verify::{Keys, Seal};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

/// Before the Base64 of a public key.
const PREFIX: &str = "ed25519:";

const ALGORITHM: &str = "Ed25519";

/// The signatures of a log, judged by one key.
pub(crate) struct Signatures {
    key: String,
    /// By message and signature.
    fits: BTreeMap<(Vec<u8>, String), bool>,
}

impl Signatures {
    /// Judges every signature of an export that is of this key.
    ///
    /// # Errors
    /// A browser that cannot, or a page that it does not trust enough; a key that is none.
    pub(crate) async fn of(export: &Export, key: &str) -> Result<Self, String> {
        let subtle = subtle()?;
        let verifier = import(&subtle, key).await?;
        let rows = export.rows.iter().map(|row| (&row.key, row.checkpoint(), &row.signature));
        let end = export.end.iter().map(|head| (&head.key, head.checkpoint(), &head.signature));
        let mut fits = BTreeMap::new();
        for (_, message, signature) in rows.chain(end).filter(|(own, ..)| own.as_str() == key) {
            let fit = match bytes(signature) {
                Some(bytes) => verifies(&subtle, &verifier, &bytes, &message).await,
                None => false,
            };
            fits.insert((message, signature.clone()), fit);
        }
        Ok(Self { key: key.to_owned(), fits })
    }
}

impl Keys for Signatures {
    fn judge(&self, key: &str, message: &[u8], signature: &str) -> Seal {
        if !is_key(key) {
            return Seal::NoKey;
        }
        if key != self.key {
            return Seal::Foreign;
        }
        match self.fits.get(&(message.to_vec(), signature.to_owned())) {
            Some(true) => Seal::Fits,
            Some(false) | None => Seal::Broken,
        }
    }
}

/// Whether a text is a public key as `flightplan audit key` prints it.
pub(crate) fn is_key(text: &str) -> bool {
    text.strip_prefix(PREFIX).and_then(bytes).is_some_and(|bytes| bytes.len() == 32)
}

/// Base64.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let decoded = gloo::utils::window().atob(text).ok()?;
    // A character a byte.
    decoded.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

fn subtle() -> Result<SubtleCrypto, String> {
    let crypto = gloo::utils::window().crypto().ok().map(|crypto| crypto.subtle());
    let why = say::no_signatures();
    crypto.filter(|subtle| !subtle.is_undefined()).ok_or_else(|| why.to_owned())
}

async fn import(subtle: &SubtleCrypto, key: &str) -> Result<CryptoKey, String> {
    let raw = key.strip_prefix(PREFIX).and_then(bytes).ok_or(say::log_not_signed())?;
    let usages = Array::of1(&"verify".into());
    let raw = Uint8Array::from(raw.as_slice());
    let promise = subtle.import_key_with_str("raw", &raw, ALGORITHM, false, &usages).ok();
    let why = say::no_ed25519();
    let promise = promise.ok_or(why)?;
    JsFuture::from(promise).await.ok().and_then(|key| key.dyn_into().ok()).ok_or_else(|| why.to_owned())
}

async fn verifies(subtle: &SubtleCrypto, key: &CryptoKey, signature: &[u8], message: &[u8]) -> bool {
    match subtle.verify_with_str_and_u8_array_and_u8_array(ALGORITHM, key, signature, message) {
        Ok(promise) => JsFuture::from(promise).await.is_ok_and(|fits| fits.is_truthy()),
        Err(_) => false,
    }
}
