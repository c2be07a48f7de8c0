//! Tokens of a provider and the keys they are signed with. The checking is jsonwebtoken's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// Seconds that the clocks may differ by.
#[cfg(feature = "oidc")]
const LEEWAY_S: u64 = 30;

/// Who a token says made it; absent: it is no token of a provider.
pub(super) fn issuer(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else { return None };
    let bytes = URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

/// Why a token is not taken.
#[cfg_attr(not(feature = "oidc"), allow(dead_code, reason = "without the feature no key is looked for"))]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It is signed with a key that is not in the list: the list may be old.
    Key,
    /// Anything else.
    Other(String),
}

/// The claims of a token that a key of the list signed, made by the issuer for the audience, and good now.
#[cfg(feature = "oidc")]
pub(super) fn verify(token: &str, keys: &Value, issuer: &str, audience: &str) -> Result<Map<String, Value>, Doubt> {
    use jsonwebtoken::jwk::{JwkSet, KeyAlgorithm};
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

    let other = |error: jsonwebtoken::errors::Error| Doubt::Other(error.to_string());
    let header = decode_header(token).map_err(other)?;
    // A shared secret is nothing a provider hands out in its list of keys.
    if matches!(header.alg, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) {
        return Err(Doubt::Other(format!("it is signed by {:?}", header.alg)));
    }
    let keys: JwkSet = serde_json::from_value(keys.clone()).map_err(|error| Doubt::Other(format!("the keys: {error}")))?;
    let mut fitting = keys.keys.iter().filter(|key| header.kid.is_none() || key.common.key_id == header.kid).filter(|key| {
        let named = key.common.key_algorithm.as_ref().map(KeyAlgorithm::to_string);
        named.is_none_or(|named| named == format!("{:?}", header.alg))
    });
    let key = fitting.next().ok_or(Doubt::Key)?;
    let mut rules = Validation::new(header.alg);
    rules.leeway = LEEWAY_S;
    rules.validate_nbf = true;
    rules.set_audience(&[audience]);
    rules.set_issuer(&[issuer]);
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    let key = DecodingKey::from_jwk(key).map_err(other)?;
    decode::<Map<String, Value>>(token, &key, &rules).map(|token| token.claims).map_err(other)
}

/// Nothing can be checked; [`super::settings::read`] refuses before.
#[cfg(not(feature = "oidc"))]
pub(super) fn verify(_token: &str, _keys: &Value, _issuer: &str, _audience: &str) -> Result<Map<String, Value>, Doubt> {
    Err(Doubt::Other("built without the feature oidc".to_owned()))
}
